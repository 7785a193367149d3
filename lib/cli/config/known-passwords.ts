import path from 'node:path'
import { whatIsWrongWith } from '../../login/passwords/known'
import { textOf } from '../../terms/errors'
import type { Home } from '../../wiring/home'
import { readLoginSettings } from '../../wiring/login'
import { error, type Finding, ok } from './finding'

/** The file of passwords that everybody knows, when there is one. Throws `SettingsError`. */
export async function checkKnownPasswords(home: Home): Promise<readonly Finding[]> {
  const { knownPasswords: file } = readLoginSettings(home)
  if (file === '') return []
  try {
    const wrong = await whatIsWrongWith(path.resolve(home.folder, file))
    return [wrong === undefined ? ok(file, 'can be searched for passwords') : error(file, wrong)]
  } catch (failure) {
    return [error(file, `cannot be read: ${textOf(failure)}`)]
  }
}

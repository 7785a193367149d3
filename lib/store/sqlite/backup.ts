import path from 'node:path'
import { copyDatabase } from '../../engine/sqlite/upkeep/copy'
import { isUnavailable, textOf } from '../../terms/errors'
import { StoreUnavailable } from '../store'
import type { Mail } from './mail'

/** One moment of the store as a file of the same name. */
export async function backup({ file }: Mail, folder: string): Promise<void> {
  try {
    await copyDatabase(file, path.resolve(folder, path.basename(file)))
  } catch (error) {
    throw isUnavailable(error) ? new StoreUnavailable(`not copied: ${textOf(error)}`) : error
  }
}

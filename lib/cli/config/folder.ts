import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs'
import path from 'node:path'
import { sizeText } from '../../terms/sizes'
import { dataFolder, type Home } from '../../wiring/home'
import { error, type Finding, ok, warning } from './finding'

const GIGABYTE = 1024 ** 3

/** Where the mail lies: whether who runs this can write there, who can read it, and how much room there is. */
export function checkFolder(home: Home): readonly Finding[] {
  const folder = dataFolder(home)
  if (!existsSync(folder)) {
    const above = path.dirname(folder)
    return [warning(folder, `is not there yet: made at the first start, in ${above}`)]
  }
  const findings: Finding[] = []
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch {
    findings.push(error(folder, 'cannot be read and written by the user who runs this command'))
  }
  const { mode } = statSync(folder)
  if ((mode & 0o077) !== 0)
    findings.push(warning(folder, `other users of this machine may look into it: chmod 700 ${folder}`))
  const { bavail, bsize } = statfsSync(folder)
  const free = bavail * bsize
  if (free < GIGABYTE) findings.push(warning(folder, `only ${sizeText(free)} are free on its disk`))
  return findings.length > 0 ? findings : [ok(folder, `${sizeText(free)} free`)]
}

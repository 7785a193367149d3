import { execFileSync } from 'node:child_process'
import { accessSync, chownSync, constants, existsSync, mkdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { Option } from 'commander'
import { silentLog } from '../terms/ports'
import { dataFolder, type Home, homeAt } from '../wiring/home'

export const homeOption = (): Option =>
  new Option('--home <dir>', 'the Haraka home')
    .env('HARAKA')
    .default(existsSync('./config/plugins') ? '.' : './demo-home', 'this folder, else ./demo-home')

const idOf = (user: string, which: '-u' | '-g'): number =>
  Number(execFileSync('id', [which, user], { encoding: 'utf8' }).trim())

/** The first folder for mail belongs to who Haraka runs as: smtp.ini user. */
function makeFolder(folder: string, smtp: unknown): void {
  const main = typeof smtp === 'object' && smtp !== null ? Reflect.get(smtp, 'main') : undefined
  const user = typeof main === 'object' && main !== null ? Reflect.get(main, 'user') : undefined
  if (typeof user !== 'string' || user === '') return
  const [uid, gid] = [idOf(user, '-u'), idOf(user, '-g')]
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chownSync(folder, uid, gid)
}

/** Files made by root could not be opened by Haraka any more: become the owner of the mail store first. */
function becomeOwner(folder: string, smtp: unknown): void {
  if (process.getuid?.() !== 0) return
  if (!existsSync(folder)) makeFolder(folder, smtp)
  if (!existsSync(folder)) return
  const { uid, gid } = statSync(folder)
  if (uid === 0) return
  process.setgid?.(gid)
  process.setuid?.(uid)
}

/** A Haraka home as the CLI sees it: same files, same defaults as the plugins. */
export function openHome(where: string): Home {
  const folder = path.resolve(where)
  const plugins = path.join(folder, 'config', 'plugins')
  try {
    accessSync(plugins, constants.R_OK)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EACCES')
      throw new Error(`${plugins}: this user may not read it`)
    throw new Error(`${folder} is not a Haraka home: config/plugins is missing (use --home DIR)`)
  }
  const home = homeAt(folder, silentLog)
  becomeOwner(dataFolder(home), home.ini('smtp'))
  return home
}

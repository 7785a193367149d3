import path from 'node:path'
import config from 'haraka-config'
import { packageRoot } from '../package-root'
import { storeSettings } from '../store/settings'
import type { Log } from '../terms/ports'
import type { Ini } from '../terms/settings'

/** A Haraka home: its folder and its .ini files by name (without `.ini`), defaults of the package included. */
export interface Home {
  /** absolute */
  readonly folder: string
  ini(name: string): Ini
  readonly log: Log
}

/** A home as programs outside Haraka see it: same files, same defaults. */
export function homeAt(folder: string, log: Log): Home {
  const files = config.module_config(packageRoot, folder)
  return { folder, log, ini: (name) => files.get(`${name}.ini`) as Ini } // haraka-config gives sections of text
}

/** Where everything that must last lies. */
export const dataFolder = (home: Home): string =>
  path.resolve(home.folder, storeSettings(home.ini('mailbox_store')).path)

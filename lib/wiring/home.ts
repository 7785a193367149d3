import { hostname } from 'node:os'
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
  /** the name of this mail server: config/me */
  hostName(): string
  readonly log: Log
}

/** @param config Haraka's, or one that reads as it does */
export function hostNameOf(config: { get(name: string): unknown }): string {
  const me = config.get('me')
  return typeof me === 'string' && me !== '' ? me : hostname()
}

/** A home as programs outside Haraka see it: same files, same defaults. */
export function homeAt(folder: string, log: Log): Home {
  const files = config.module_config(packageRoot, folder)
  const ini = (name: string): Ini => files.get(`${name}.ini`) as Ini // haraka-config gives sections of text
  return { folder, log, ini, hostName: () => hostNameOf(files) }
}

/** Where everything that must last lies. */
export const dataFolder = (home: Home): string =>
  path.resolve(home.folder, storeSettings(home.ini('mailbox_store')).path)

import path from 'node:path'
import { type Directory, firstOf, passwordsFrom } from '../directory'
import type { LoginSettings } from '../settings'
import { flatFileDirectory } from './flat-file'
import { ldapDirectory } from './ldap'
import { passwdFileDirectory } from './passwd-file'
import { vpopmaildDirectory } from './vpopmaild'

export interface DirectoryPorts {
  readonly settings: Pick<LoginSettings, 'directories' | 'passwdFile' | 'ldap'>
  /** accounts of the store */
  readonly accounts: Directory
  /** Haraka home */
  readonly home: string
  /** Haraka's `auth_flat_file.ini`, read anew each time (Haraka keeps it) */
  readonly flatFile: () => unknown
  /** Haraka's `auth_vpopmaild.ini`, likewise */
  readonly vpopmaild: () => unknown
}

/** What `directories` asks for, in its order. Mail, and who may come in at all, is always the store's business. */
export function openDirectories({ settings, accounts, home, flatFile, vpopmaild }: DirectoryPorts): Directory {
  const directories = settings.directories.flatMap((name): Directory[] => {
    switch (name) {
      case 'store':
        return [accounts]
      case 'auth_flat_file':
        return [passwordsFrom(flatFileDirectory(flatFile), accounts, name)]
      case 'passwd_file':
        return [passwordsFrom(passwdFileDirectory(path.resolve(home, settings.passwdFile)), accounts, name)]
      case 'ldap':
        return settings.ldap ? [passwordsFrom(ldapDirectory(settings.ldap), accounts, name)] : []
      case 'vpopmaild':
        return [passwordsFrom(vpopmaildDirectory(vpopmaild), accounts, name)]
      default:
        return []
    }
  })
  return firstOf(directories)
}

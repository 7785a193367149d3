import { randomUUID } from 'node:crypto'
import type { LoginProtocol } from './login'

/** What a directory knows of one user. Verifiers are salted; nothing here is shown or logged. */
export interface DirectoryEntry {
  readonly id: string
  /** full address */
  readonly name: string
  readonly disabled: boolean
  /** empty: all */
  readonly protocols: readonly string[]
  readonly admin: boolean
  readonly overrides: Readonly<Record<string, string>>
  /** with scheme prefix, such as `{ARGON2ID}$argon2id$...` */
  readonly password?: string
  /** stored keys by mechanism (RFC 5803 form) */
  readonly scram?: Readonly<Record<string, string>>
  readonly appPasswords: readonly {
    readonly id?: string
    readonly password: string
    /** (passwords/app-passwords.ts) */
    readonly tag?: string
    readonly protocols: readonly string[]
  }[]
  /** changes with every new password, not when the same one is hashed anew */
  readonly epoch?: string
  /** Instead of `password`: the directory checks it itself (LDAP bind). Rejects when it cannot answer. */
  readonly verify?: (password: string) => Promise<boolean>
}

export interface NewVerifiers {
  readonly password: string
  readonly scram: Readonly<Record<string, string>>
}

/** Where users are looked up. Rejects when it cannot answer now: a temporary error for every protocol. */
export interface Directory {
  /** @param user canonical: lower case, NFC */
  lookup(user: string): Promise<DirectoryEntry | undefined>
  /** Keeps a better verifier after a good login with an old scheme, if the entry is still this directory's and unchanged. */
  rehash?(entry: DirectoryEntry, verifiers: NewVerifiers): Promise<void>
  /** Whether `rehash` would keep anything of this entry; absent: yes. Saves the work of making verifiers for nobody. */
  rehashes?(entry: DirectoryEntry): boolean
}

/** Asks one after another; the first that knows the user answers. */
export function firstOf(directories: readonly Directory[]): Directory {
  // Who found an entry is the one to keep its new verifier; entries are plain values and may be copied on the way.
  const origin = new WeakMap<DirectoryEntry, Directory>()
  return {
    lookup: async (user) => {
      for (const directory of directories) {
        const entry = await directory.lookup(user)
        if (!entry) continue
        origin.set(entry, directory)
        return entry
      }
      return undefined
    },
    rehashes: (entry) => origin.get(entry)?.rehash !== undefined,
    rehash: async (entry, verifiers) => {
      await origin.get(entry)?.rehash?.(entry, verifiers)
    },
  }
}

/**
 * Passwords from elsewhere, mail in the store: takes the identity (id, disabled, protocols) of the account that `passwords` names,
 * and its verifiers. A name without an account in the store cannot come in.
 */
export function passwordsFrom(passwords: Directory, accounts: Directory): Directory {
  return {
    lookup: async (user) => {
      // Both are asked always: equal work for names that only one of them knows. Whose password it is decides whose mail is opened.
      const entry = await passwords.lookup(user)
      const account = await accounts.lookup(entry?.name ?? user)
      if (!account) await entry?.verify?.(randomUUID())
      if (!entry || !account) return undefined
      const { password: _own, scram: _keys, ...identity } = account
      return {
        ...identity,
        disabled: account.disabled || entry.disabled,
        ...(entry.password === undefined ? {} : { password: entry.password }),
        ...(entry.verify === undefined ? {} : { verify: entry.verify }),
      }
    },
  }
}

export const allowsProtocol = (entry: DirectoryEntry, protocol: LoginProtocol): boolean =>
  entry.protocols.length === 0 || entry.protocols.includes(protocol)

export const allows = (entry: DirectoryEntry, protocol: LoginProtocol): boolean =>
  !entry.disabled && allowsProtocol(entry, protocol)

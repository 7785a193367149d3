import type { LoginProtocol } from './login'

/** What a directory knows of one user. Verifiers are salted; nothing here is shown or logged. */
export interface DirectoryEntry {
  readonly id: string
  /** full address */
  readonly name: string
  /** which directory the password is of; absent: the store */
  readonly directory?: string
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
    readonly networks?: readonly string[]
    readonly expiresAt?: number
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
  /** Lookup for SCRAM, in directories that keep keys; absent: `lookup` */
  lookupKeys?(user: string): Promise<DirectoryEntry | undefined>
  /** No entry has SCRAM keys: it is not offered. */
  readonly keyless?: boolean
  /**
   * As much work as `verify` of an entry (a bind, a question to a daemon), for a name that is not its own. Whoever asks `lookup` for
   * a password's sake does one or the other, so that no name can be told from another. Rejects when it cannot answer.
   * @param entry what `lookup` found
   */
  pretend?(user: string, entry: DirectoryEntry | undefined): Promise<void>
  /** Keeps a better verifier after a good login with an old scheme, if the entry is still this directory's and unchanged. */
  rehash?(entry: DirectoryEntry, verifiers: NewVerifiers): Promise<void>
  /** Whether `rehash` would keep anything of this entry; absent: yes. Saves the work of making verifiers for nobody. */
  rehashes?(entry: DirectoryEntry): boolean
}

/** The first that knows the user answers. All are asked, whoever knows: the same questions go over the network for every name. */
export function firstOf(directories: readonly Directory[]): Directory {
  // Who found an entry is the one to keep its new verifier; entries are plain values and may be copied on the way.
  const origin = new WeakMap<DirectoryEntry, Directory>()
  const [first] = directories
  const found = async (directory: Directory, ask: Directory['lookup'], user: string) => {
    const entry = await ask(user)
    if (entry) origin.set(entry, directory)
    return entry
  }
  return {
    lookup: async (user) => {
      const answers = await Promise.allSettled(directories.map((directory) => found(directory, directory.lookup, user)))
      // Only those before the one that knows must answer: people of the store come in while an LDAP server behind it is down.
      for (const answer of answers) {
        if (answer.status === 'rejected') throw answer.reason
        if (answer.value) return answer.value
      }
      return undefined
    },
    keyless: first?.keyless ?? false,
    // Without one that has no keys in front of it the first decides alone: SCRAM asks nobody else, known or not.
    ...(first && { lookupKeys: (user) => found(first, first.lookupKeys ?? first.lookup, user) }),
    pretend: async (user, entry) => {
      const knowing = entry && origin.get(entry)
      const others = directories.filter((directory) => directory !== knowing)
      const answers = await Promise.allSettled(others.map((directory) => directory.pretend?.(user, undefined)))
      const needed = knowing ? directories.indexOf(knowing) : others.length
      for (const answer of answers.slice(0, needed)) if (answer.status === 'rejected') throw answer.reason
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
export function passwordsFrom(passwords: Directory, accounts: Directory, directory = 'another'): Directory {
  const { pretend } = passwords
  return {
    keyless: true,
    ...(pretend && { pretend: (user, entry) => (entry?.verify ? Promise.resolve() : pretend(user, undefined)) }),
    lookup: async (user) => {
      // Both are asked always: equal work for names that only one of them knows. Whose password it is decides whose mail is opened.
      const entry = await passwords.lookup(user)
      const account = await accounts.lookup(entry?.name ?? user)
      if (!entry || !account) return undefined
      const { password: _own, scram: _keys, ...identity } = account
      return {
        ...identity,
        directory,
        disabled: account.disabled || entry.disabled,
        ...(entry.password === undefined ? {} : { password: entry.password }),
        ...(entry.verify === undefined ? {} : { verify: entry.verify }),
      }
    },
  }
}

/**
 * Whether only app passwords open an account: `app_passwords` of the domain, or of the account. Webmail is left out: there a second
 * factor stands behind the password.
 */
export function needsAppPassword(
  { name, overrides }: DirectoryEntry,
  protocol: LoginProtocol,
  { onlyAppPasswords }: { readonly onlyAppPasswords: readonly string[] },
): boolean {
  if (protocol === 'http') return false
  const own = overrides['login.app_passwords']
  if (own !== undefined) return own === 'only'
  return onlyAppPasswords.includes('all') || onlyAppPasswords.includes(name.slice(name.lastIndexOf('@') + 1))
}

export const allowsProtocol = (entry: DirectoryEntry, protocol: LoginProtocol): boolean =>
  entry.protocols.length === 0 || entry.protocols.includes(protocol)

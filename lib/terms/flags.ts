/**
 * The flags of one message as an immutable value (RFC 9051 2.3.2). Names keep the case of their first use; system flags
 * are always spelled as in the RFC; comparing ignores case. `\Recent` is no flag of a message: a view knows it.
 */
export interface FlagSet {
  /** sorted, no duplicates, without `\Recent` */
  readonly names: readonly string[]
  /** those that are no system flags */
  readonly keywords: readonly string[]
  /** `(\Seen $Junk)`, ready to send */
  readonly wire: string
  has(flag: string): boolean
}

export const SYSTEM_FLAGS = ['\\Answered', '\\Flagged', '\\Deleted', '\\Seen', '\\Draft'] as const
const SPELLING = new Map<string, string>(SYSTEM_FLAGS.map((flag) => [flag.toLowerCase(), flag]))

export const isSystemFlag = (flag: string): boolean => SPELLING.has(flag.toLowerCase())
const spellFlag = (flag: string): string => SPELLING.get(flag.toLowerCase()) ?? flag

export function flagSet(flags: Iterable<string>): FlagSet {
  const byKey = new Map<string, string>()
  for (const flag of flags) {
    const key = flag.toLowerCase()
    if (key !== '\\recent' && !byKey.has(key)) byKey.set(key, spellFlag(flag))
  }
  const names = [...byKey.entries()].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, name]) => name)
  const keywords = names.filter((name) => !name.startsWith('\\'))
  return { names, keywords, wire: `(${names.join(' ')})`, has: (flag) => byKey.has(flag.toLowerCase()) }
}

export const NO_FLAGS: FlagSet = flagSet([])

/**
 * A keyword that no client sees or sets: the message is \Seen for this user alone, in a mailbox of another account
 * (docs/sharing.md#seen). As a keyword it has what flags have: mod-sequences, notices, copies.
 */
const PRIVATE_SEEN = '$seen:'
export const privateSeen = (account: string): string => `${PRIVATE_SEEN}${account}`
export const isPrivateSeen = (flag: string): boolean => flag.toLowerCase().startsWith(PRIVATE_SEEN)

/** As everybody sees them. */
export function publicFlags(flags: FlagSet): FlagSet {
  return flags.keywords.some(isPrivateSeen) ? flagSet(flags.names.filter((flag) => !isPrivateSeen(flag))) : flags
}
/** A message as everybody sees it; what it reads only when asked stays so. */
export const withPublicFlags = <T extends { readonly flags: FlagSet }>(row: T): T => {
  const flags = publicFlags(row.flags)
  return flags === row.flags ? row : Object.create(row, { flags: { value: flags, enumerable: true } })
}
/** As somebody sees them whose \Seen is this keyword. */
export function flagsSeenBy(keyword: string, flags: FlagSet): FlagSet {
  const seen = flags.has(keyword)
  if (!flags.keywords.some(isPrivateSeen) && !flags.has('\\Seen')) return flags
  const others = flags.names.filter((flag) => !isPrivateSeen(flag) && flag !== '\\Seen')
  return flagSet(seen ? [...others, '\\Seen'] : others)
}

export type FlagChange = 'add' | 'remove' | 'replace'

export function changeFlags(before: FlagSet, how: FlagChange, flags: FlagSet): FlagSet {
  switch (how) {
    case 'add':
      return flags.names.every((flag) => before.has(flag)) ? before : flagSet([...before.names, ...flags.names])
    case 'remove':
      return flags.names.some((flag) => before.has(flag))
        ? flagSet(before.names.filter((flag) => !flags.has(flag)))
        : before
    case 'replace': {
      // What others keep of the message stays theirs.
      const own = before.names.filter((flag) => isPrivateSeen(flag) && !flags.has(flag))
      const after = own.length > 0 ? flagSet([...flags.names, ...own]) : flags
      return before.wire.toLowerCase() === after.wire.toLowerCase() ? before : after
    }
  }
}

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

export type FlagChange = 'add' | 'remove' | 'replace'

export function changeFlags(before: FlagSet, how: FlagChange, flags: FlagSet): FlagSet {
  switch (how) {
    case 'add':
      return flags.names.every((flag) => before.has(flag)) ? before : flagSet([...before.names, ...flags.names])
    case 'remove':
      return flags.names.some((flag) => before.has(flag))
        ? flagSet(before.names.filter((flag) => !flags.has(flag)))
        : before
    case 'replace':
      return before.wire.toLowerCase() === flags.wire.toLowerCase() ? before : flags
  }
}

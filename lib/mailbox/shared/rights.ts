import { type FlagSet, flagSet } from '../../terms/flags'

/** Rights of RFC 4314 2.1, as text of letters that are each there once, in this order. */
export type Rights = string

/** lookup, read, seen, write, insert, post, create, delete mailbox, delete messages, expunge, administer */
export const ALL_RIGHTS: Rights = 'lrswipkxtea'
export const NO_RIGHTS: Rights = ''

/** RFC 4314 2.1.1: rights of RFC 2086, and what they stand for */
const OBSOLETE: Readonly<Record<string, Rights>> = { c: 'kx', d: 'te' }

/** Those rights of which one of the two says that somebody has them; the order is the one of `ALL_RIGHTS`. */
export const unite = (...rights: readonly Rights[]): Rights =>
  [...ALL_RIGHTS].filter((right) => rights.some((some) => some.includes(right))).join('')
export const without = (rights: Rights, removed: Rights): Rights =>
  [...rights].filter((right) => !removed.includes(right)).join('')

/** @returns undefined: some letter is no right (RFC 4314 3.1) */
export function readRights(text: string): Rights | undefined {
  const rights = [...text].map((right) => OBSOLETE[right] ?? right).join('')
  return [...rights].every((right) => ALL_RIGHTS.includes(right)) ? unite(rights) : undefined
}

/** RFC 4314 2.1.1: with the obsolete ones of which some member is there */
export function writeRights(rights: Rights): string {
  const obsolete = Object.entries(OBSOLETE).filter(([, members]) =>
    [...members].some((right) => rights.includes(right)),
  )
  return `${without(rights, 'a')}${obsolete.map(([right]) => right).join('')}${rights.includes('a') ? 'a' : ''}`
}

/** RFC 4314 4: whether the user may know of the mailbox: of any right but these nobody does. */
export const mayKnow = (rights: Rights): boolean => [...'lrikxa'].some((right) => rights.includes(right))

/** RFC 4314 4: which right changes a flag */
export const rightOf = (flag: string): 's' | 't' | 'w' =>
  flag.toLowerCase() === '\\seen' ? 's' : flag.toLowerCase() === '\\deleted' ? 't' : 'w'

/** Who may not change what others see keeps \Seen for the user alone (RFC 4314 2.1: seen information across sessions). */
export const seesPrivately = (rights: Rights): boolean => rights.includes('s') && !rights.includes('w')

/** RFC 4314 4: what may be set of these flags */
export const allowedFlags = (flags: FlagSet, rights: Rights): FlagSet =>
  flags.names.every((flag) => rights.includes(rightOf(flag)))
    ? flags
    : flagSet(flags.names.filter((flag) => rights.includes(rightOf(flag))))

/** whether all flags may be changed: then a copy has those of its source */
export const mayFlag = (rights: Rights): boolean => [...'swt'].every((right) => rights.includes(right))

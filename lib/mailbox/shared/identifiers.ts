import type { Identity } from '../../login/login'

/** Identifiers of access control lists (RFC 4314 2): of a user the full address, `$group`, `anyone`; `-` takes rights away. */
export const ANYONE = 'anyone'

/** the override of an account with the groups that its user belongs to */
const GROUPS = 'groups'
const MAX_GROUPS = 100
const MAX_OCTETS = 255

/** `groups=team, sales` */
const groupsIn = (text: string): readonly string[] =>
  text.split(/[\s,]+/).flatMap((word) => (word === '' ? [] : [word.replace(/^\$/, '').toLowerCase()]))

export const areGroups = (text: string): boolean =>
  groupsIn(text).length <= MAX_GROUPS && groupsIn(text).every((group) => /^[\p{L}\p{N}._-]{1,64}$/u.test(group))

/** All that lists may call a user. */
export const identifiersOf = ({ name, overrides }: Pick<Identity, 'name' | 'overrides'>): readonly string[] => [
  name,
  ...groupsIn(overrides[GROUPS] ?? '')
    .slice(0, MAX_GROUPS)
    .map((group) => `$${group}`),
  ANYONE,
]

/** whether it takes rights away */
export const isNegative = (identifier: string): boolean => identifier.startsWith('-')
export const bare = (identifier: string): string => (isNegative(identifier) ? identifier.slice(1) : identifier)

/**
 * The one spelling of an identifier: in lower case, a name without a domain is of the owner's. It is not looked whether there is
 * such a user: nobody learns from a list which accounts there are.
 * @returns undefined: it is none
 */
export function spellIdentifier(text: string, owner: string): string | undefined {
  const sign = isNegative(text) ? '-' : ''
  const name = bare(text).normalize('NFKC').toLowerCase()
  if (name === '' || Buffer.byteLength(name) > MAX_OCTETS || /[\p{C}\p{Z}]/u.test(name) || /^[-$]$/.test(name)) {
    return undefined
  }
  if (name === ANYONE || name.startsWith('$') || name.includes('@')) return sign + name
  const at = owner.indexOf('@')
  return `${sign}${name}${at < 0 ? '' : owner.slice(at)}`
}

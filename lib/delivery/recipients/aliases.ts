import { spellAddress, spellDomain } from './address'

/**
 * Aliases in three shapes, as Postfix's virtual(5) has them: `name@domain` -> addresses, `@domain` -> addresses (catch-all),
 * `@domain` -> `@other` (domain alias).
 */
export interface AliasTable {
  readonly addresses: ReadonlyMap<string, readonly string[]>
  readonly domains: ReadonlyMap<string, string>
}

const spelled = (address: string): string | undefined => {
  if (address.startsWith('@')) return `@${spellDomain(address.slice(1))}`
  const spelling = spellAddress(address)
  return spelling && `${spelling.local}@${spelling.domain}`
}

/**
 * @param lines `alias  target target` as config/mailbox_aliases has them
 * @returns the table, and the lines that are no alias, in words
 */
export function parseAliases(lines: readonly string[]): { table: AliasTable; mistakes: readonly string[] } {
  const addresses = new Map<string, readonly string[]>()
  const domains = new Map<string, string>()
  const mistakes: string[] = []
  for (const line of lines) {
    const [from = '', ...to] = line.split(/[\s,]+/).filter((word) => word !== '')
    const key = spelled(from)
    const [first = ''] = to
    const domainAlias = from.startsWith('@') && to.length === 1 && first.startsWith('@')
    if (key === undefined || first === '' || (!domainAlias && to.some((word) => !/^[^@]+@[^@]+$/.test(word)))) {
      mistakes.push(`${line}: expected "alias@domain target@domain ...", "@domain target@domain" or "@domain @domain"`)
    } else if (domainAlias) domains.set(key.slice(1), spellDomain(first.slice(1)))
    else addresses.set(key, to)
  }
  return { table: { addresses, domains }, mistakes }
}

/** Override of an account (also of one that is disabled and so is nothing but an alias) with the addresses it forwards to. */
const FORWARD = 'forward'
export const forwardsOf = (overrides: Readonly<Record<string, string>>): readonly string[] =>
  (overrides[FORWARD] ?? '').split(/[\s,]+/).filter((word) => word !== '')

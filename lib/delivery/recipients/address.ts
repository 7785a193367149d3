import { domainToASCII, domainToUnicode } from 'node:url'

/** A recipient's address in its one spelling: NFC, lower case, the domain as Unicode (RFC 5890 2.3.2.1 U-labels). */
export interface Spelled {
  readonly local: string
  readonly domain: string
}

/** RFC 5321 4.5.3.1: 64 octets of local part and 255 of domain. */
const MAX = 320

/** `Domain.Example.` and `xn--bcher-kva.example` as accounts and aliases are compared by; '' is no domain. */
export function spellDomain(domain: string): string {
  const plain = domain.normalize('NFC').toLowerCase().replace(/\.$/, '')
  return domainToUnicode(plain) || plain
}

/** Undefined: not an address. RFC 5321 4.1.2: `"a b"@c` and `a@c` quote what needs it; the mailbox is the same. */
export function spellAddress(address: string): Spelled | undefined {
  const at = address.lastIndexOf('@')
  if (at < 0 || Buffer.byteLength(address) > MAX) return undefined
  const local = address
    .slice(0, at)
    .replace(/^"(.*)"$/s, (_all, inside: string) => inside.replace(/\\(.)/gs, '$1'))
    .normalize('NFC')
    .toLowerCase()
  const domain = spellDomain(address.slice(at + 1))
  return domain === '' || /[\x00-\x1f\x7f]/.test(local) ? undefined : { local, domain }
}

/** Names under which an account can stand in the store: the operator may have made it with an A-label. */
export function namesOf({ local, domain }: Spelled): readonly string[] {
  const ascii = domainToASCII(domain)
  return ascii === '' || ascii === domain ? [`${local}@${domain}`] : [`${local}@${domain}`, `${local}@${ascii}`]
}

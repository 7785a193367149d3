import ipaddr from 'ipaddr.js'

type Address = ipaddr.IPv4 | ipaddr.IPv6

/** One connection's address is asked for a dozen times. */
const recent = new Map<string, Address | undefined>()
const RECENT = 1000

function parse(text: string): Address | undefined {
  if (recent.has(text)) return recent.get(text)
  if (recent.size >= RECENT) recent.clear()
  const address = parseAnew(text)
  recent.set(text, address)
  return address
}

function parseAnew(text: string): Address | undefined {
  const plain = text.replace(/%.*$/, '').replace(/^\[(.*)\]$/, '$1')
  // `process` turns ::ffff:192.0.2.1 into 192.0.2.1, so that a client cannot have two addresses.
  return isWritten(plain) ? ipaddr.process(plain) : undefined
}

/** Not 10 for 0.0.0.10, nor 010.0.0.1 for 8.0.0.1: who writes that means something else. */
const isWritten = (text: string): boolean => ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text)

/** One spelling per address; what is no IP address (the path of a socket) stays as it is, cut to a sane length. */
export const canonicalAddress = (text: string): string => parse(text)?.toString() ?? text.slice(0, 64)

export const isV6 = (text: string): boolean => parse(text)?.kind() === 'ipv6'

/** `192.0.2.0/24`, `2001:db8::/48`; a single address is written without its length. */
export function prefixOf(text: string, bits: { readonly v4: number; readonly v6: number }): string {
  const address = parse(text)
  if (!address) return canonicalAddress(text)
  const [length, whole] = address.kind() === 'ipv4' ? [bits.v4, 32] : [bits.v6, 128]
  if (length === whole) return address.toString()
  const octets = address.toByteArray().map((octet, index) => octet & maskOf(length - index * 8))
  return `${ipaddr.fromByteArray(octets).toString()}/${length}`
}

const maskOf = (bits: number): number => (bits >= 8 ? 0xff : bits <= 0 ? 0 : (0xff << (8 - bits)) & 0xff)

/** One customer line: IPv4 /32, IPv6 /64. */
export const networkOf = (text: string): string => prefixOf(text, { v4: 32, v6: 64 })

const NAMED: ReadonlyMap<string, readonly string[]> = new Map([
  ['none', []],
  ['loopback', ['127.0.0.0/8', '::1/128']],
  ['private', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7', 'fe80::/10']],
])

type Range = readonly [base: Address, bits: number]

/** As `parse` does with addresses: ::ffff:192.0.2.0/120 is 192.0.2.0/24. */
function plainRange([base, bits]: Range): Range {
  const mapped = base instanceof ipaddr.IPv6 && base.isIPv4MappedAddress() && bits >= 96
  return mapped ? [base.toIPv4Address(), bits - 96] : [base, bits]
}

function rangesOf(word: string): readonly Range[] {
  const named = NAMED.get(word)
  // A zone (fe80::1%eth0) is known to one host only, and no client's address comes with it.
  if (word.includes('%')) throw new RangeError(`${word}: an address without its zone (%...) is expected`)
  if (named) return named.map((text) => ipaddr.parseCIDR(text))
  const [base = ''] = word.split('/')
  if (ipaddr.isValidCIDR(word) && isWritten(base)) return [plainRange(ipaddr.parseCIDR(word))]
  const single = parse(word)
  if (!single) throw new RangeError(`${word} is no address or network`)
  return [[single, single.kind() === 'ipv4' ? 32 : 128]]
}

function within(address: Address, base: Address, bits: number): boolean {
  if (address instanceof ipaddr.IPv4) return base instanceof ipaddr.IPv4 && address.match(base, bits)
  return base instanceof ipaddr.IPv6 && address.match(base, bits)
}

/** @param words addresses, CIDR networks, `none`, `loopback` and `private`. Throws RangeError with the wrong word. */
export function networkList(words: readonly string[]): (address: string) => boolean {
  const ranges = words.flatMap(rangesOf)
  return (text) => {
    const address = parse(text)
    return address !== undefined && ranges.some(([base, bits]) => within(address, base, bits))
  }
}

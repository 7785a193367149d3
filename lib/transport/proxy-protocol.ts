import { isIP, type Socket } from 'node:net'
import { canonicalAddress } from './address'

/** What a trusted proxy says about the client (PROXY protocol 1 and 2 of haproxy). */
type ProxyHeader =
  | { readonly kind: 'client'; readonly address: string; readonly port: number; readonly length: number }
  /** a health check by the proxy itself */
  | { readonly kind: 'local'; readonly length: number }
  | { readonly kind: 'incomplete' }
  /** it can only be a header, and is none */
  | { readonly kind: 'wrong' }
  /** something else */
  | { readonly kind: 'none' }

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')
const V1 = Buffer.from('PROXY ')
const V1_LIMIT = 107
/** octets of the signature after which nothing else can come: a client may send line ends, and no NUL */
const V2_SURE = 5

/** Octets that both begin with. */
function common(octets: Buffer, other: Buffer): number {
  let count = 0
  while (count < octets.length && count < other.length && octets[count] === other[count]) count++
  return count
}

function parseProxyHeader(octets: Buffer): ProxyHeader {
  for (const [start, sure, parse] of [
    [SIGNATURE, V2_SURE, parseV2],
    [V1, V1.length, parseV1],
  ] as const) {
    const same = common(octets, start)
    if (same === start.length) return parse(octets)
    if (same === octets.length) return { kind: 'incomplete' }
    if (same >= sure) return { kind: 'wrong' }
  }
  return { kind: 'none' }
}

const isPort = (text: string | undefined): boolean => /^(?:0|[1-9]\d{0,4})$/.test(text ?? '') && Number(text) < 65_536

/** `PROXY TCP4 source destination port port` */
function parseV1(octets: Buffer): ProxyHeader {
  const text = octets.toString('latin1', 0, V1_LIMIT)
  const end = text.indexOf('\r\n')
  if (end < 0) return octets.length < V1_LIMIT ? { kind: 'incomplete' } : { kind: 'wrong' }
  const [, family, source = '', destination = '', port, ownPort, ...more] = text.slice(0, end).split(' ')
  if (family === 'UNKNOWN') return { kind: 'local', length: end + 2 }
  const version = { TCP4: 4, TCP6: 6 }[family ?? '']
  const right =
    version !== undefined &&
    isIP(source) === version &&
    isIP(destination) === version &&
    isPort(port) &&
    isPort(ownPort) &&
    more.length === 0
  if (!right) return { kind: 'wrong' }
  return { kind: 'client', address: canonicalAddress(source), port: Number(port), length: end + 2 }
}

/** Address families of version 2, and the octets that their addresses take: unspecified, IPv4, IPv6, Unix. */
const FAMILIES = [0, 12, 36, 216]
const STREAM = 1

/** Version 2: "receivers must drop connections presenting unexpected values". */
function parseV2(octets: Buffer): ProxyHeader {
  const [versionAndCommand = 0, familyAndProtocol = 0] = octets.subarray(12)
  const [command, family, protocol] = [versionAndCommand & 15, familyAndProtocol >> 4, familyAndProtocol & 15]
  if (octets.length > 12 && (versionAndCommand >> 4 !== 2 || command > 1)) return { kind: 'wrong' }
  if (octets.length < 16) return { kind: 'incomplete' }
  const size = octets.readUInt16BE(14)
  const least = FAMILIES[family]
  // LOCAL: whatever its addresses are, they do not count.
  if (command === 1 && (least === undefined || size < least || (family === 0 ? protocol > 2 : protocol !== STREAM)))
    return { kind: 'wrong' }
  const length = 16 + size
  if (octets.length < length) return { kind: 'incomplete' }
  if (command === 0) return { kind: 'local', length }
  if (family === 1)
    return { kind: 'client', address: octets.subarray(16, 20).join('.'), port: octets.readUInt16BE(24), length }
  if (family === 2) {
    const groups = octets.subarray(16, 32).toString('hex').match(/.{4}/g) ?? []
    return { kind: 'client', address: canonicalAddress(groups.join(':')), port: octets.readUInt16BE(48), length }
  }
  return { kind: 'local', length }
}

/** Whether a trusted peer begins with a header. `auto`: if one comes in time; a header is a proxy's first packet. */
export type ProxyHeaderPolicy = 'always' | 'auto' | 'never'

/** What a connection's first octets were, for the listener. */
export type FirstOctets = Extract<ProxyHeader, { kind: 'client' | 'local' }> | 'none' | undefined

/** milliseconds for a whole header */
const LIMIT = 5_000
/** milliseconds in which its first octet comes with `auto` */
const GRACE = 200

/**
 * Reads the header off a trusted peer's connection. `none`: it begins with something else, or (`auto`) waits for our greeting;
 * undefined: a header had to come or has begun, and is wrong or does not end.
 */
export function readProxyHeader(socket: Socket, policy: 'always' | 'auto'): Promise<FirstOctets> {
  return new Promise((resolve) => {
    let got = Buffer.alloc(0)
    const finish = (header: FirstOctets): void => {
      clearTimeout(grace)
      clearTimeout(limit)
      socket.removeListener('readable', read)
      for (const event of ['error', 'close', 'end'] as const) socket.removeListener(event, lost)
      resolve(header)
    }
    const lost = (): void => finish(undefined)
    /** No header. */
    const other = (): void => {
      if (policy === 'always') return finish(undefined)
      if (got.length > 0) socket.unshift(got)
      finish('none')
    }
    const limit = setTimeout(lost, LIMIT)
    // Who has begun a header is waited for: its client is not the proxy itself.
    const grace = policy === 'auto' ? setTimeout(() => got.length === 0 && other(), GRACE) : undefined
    function read(): void {
      for (let chunk: Buffer | null = socket.read(); chunk !== null; chunk = socket.read()) {
        got = Buffer.concat([got, chunk])
        const header = parseProxyHeader(got)
        if (header.kind === 'incomplete') continue
        if (header.kind === 'wrong') return finish(undefined)
        if (header.kind === 'none') return other()
        if (got.length > header.length) socket.unshift(got.subarray(header.length))
        return finish(header)
      }
    }
    socket.on('readable', read)
    for (const event of ['error', 'close', 'end'] as const) socket.once(event, lost)
  })
}

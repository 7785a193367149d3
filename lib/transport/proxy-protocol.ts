import { isIP, type Socket } from 'node:net'
import { canonicalAddress } from './address'

/** What a trusted proxy says about the client (PROXY protocol 1 and 2 of haproxy). */
export type ProxyHeader =
  | { readonly kind: 'client'; readonly address: string; readonly port: number; readonly length: number }
  /** a health check by the proxy itself */
  | { readonly kind: 'local'; readonly length: number }
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'wrong' }

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')
const V1_LIMIT = 107

export function parseProxyHeader(octets: Buffer): ProxyHeader {
  const known = Math.min(octets.length, SIGNATURE.length)
  if (octets.subarray(0, known).equals(SIGNATURE.subarray(0, known))) return parseV2(octets)
  return parseV1(octets)
}

function parseV1(octets: Buffer): ProxyHeader {
  const text = octets.toString('latin1', 0, V1_LIMIT)
  const end = text.indexOf('\r\n')
  if (!'PROXY '.startsWith(text.slice(0, 6))) return { kind: 'wrong' }
  if (end < 0) return octets.length < V1_LIMIT ? { kind: 'incomplete' } : { kind: 'wrong' }
  const [, family, address, , port] = text.slice(0, end).split(' ')
  if (family === 'UNKNOWN') return { kind: 'local', length: end + 2 }
  const version = { TCP4: 4, TCP6: 6 }[family ?? '']
  if (version === undefined || !address || isIP(address) !== version || !/^\d{1,5}$/.test(port ?? ''))
    return { kind: 'wrong' }
  return { kind: 'client', address: canonicalAddress(address), port: Number(port), length: end + 2 }
}

function parseV2(octets: Buffer): ProxyHeader {
  if (octets.length < 16) return { kind: 'incomplete' }
  const length = 16 + octets.readUInt16BE(14)
  const command = octets[12] ?? 0
  const family = octets[13] ?? 0
  if (command >> 4 !== 2) return { kind: 'wrong' }
  if (octets.length < length) return { kind: 'incomplete' }
  if ((command & 15) === 0) return { kind: 'local', length }
  if (family === 0x11 && length >= 28) {
    return { kind: 'client', address: octets.subarray(16, 20).join('.'), port: octets.readUInt16BE(24), length }
  }
  if (family === 0x21 && length >= 52) {
    const groups = octets.subarray(16, 32).toString('hex').match(/.{4}/g) ?? []
    return {
      kind: 'client',
      address: canonicalAddress(groups.join(':')),
      port: octets.readUInt16BE(48),
      length,
    }
  }
  return { kind: 'local', length }
}

/** Whether a trusted peer begins with a header. `auto`: if one comes in time; a header is a proxy's first packet. */
export type ProxyHeaderPolicy = 'always' | 'auto' | 'never'

/** milliseconds */
const LIMIT = 5_000
const GRACE = 200

/**
 * Reads the header off a trusted peer's connection. `none`: it begins with something else, or (`auto`) waits for our greeting;
 * undefined: it had to come, and is wrong or missing.
 */
export function readProxyHeader(socket: Socket, policy: 'always' | 'auto'): Promise<ProxyHeader | 'none' | undefined> {
  return new Promise((resolve) => {
    let got = Buffer.alloc(0)
    const finish = (header: ProxyHeader | 'none' | undefined): void => {
      clearTimeout(timer)
      socket.removeListener('readable', read)
      socket.removeListener('error', lost)
      socket.removeListener('close', lost)
      resolve(header)
    }
    const lost = (): void => finish(undefined)
    const missing = (): void => {
      if (policy === 'always') return finish(undefined)
      if (got.length > 0) socket.unshift(got)
      finish('none')
    }
    const timer = setTimeout(missing, policy === 'always' ? LIMIT : GRACE)
    function read(): void {
      for (let chunk: Buffer | null = socket.read(); chunk !== null; chunk = socket.read()) {
        got = Buffer.concat([got, chunk])
        const header = parseProxyHeader(got)
        if (header.kind === 'incomplete') continue
        if (header.kind === 'wrong') return missing()
        if (got.length > header.length) socket.unshift(got.subarray(header.length))
        return finish(header)
      }
    }
    socket.on('readable', read)
    socket.once('error', lost)
    socket.once('close', lost)
  })
}

import { Resolver } from 'node:dns/promises'
import { request } from 'node:https'
import { isIP } from 'node:net'
import { parse } from 'ipaddr.js'

/** Milliseconds for all of it, and octets of an answer, which nobody reads. */
const PATIENCE = 10_000
const NAMES_PATIENCE = 5000
const MOST_ANSWER = 64 * 1024
const HTTPS = '443'

/** Why an address was not asked. */
export class NotAsked extends Error {}

/** @param host a name, or an address */
export type Lookup = (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>

/**
 * By DNS alone: the system's own way holds one of few threads, in which passwords are checked and files read, for as long as the
 * servers of a name like to be silent.
 * @param servers undefined: those of the system
 */
export const createLookup =
  (patience: number, servers?: readonly string[]): Lookup =>
  async (host) => {
    const family = isIP(host)
    if (family !== 0) return [{ address: host, family }]
    const resolver = new Resolver({ timeout: patience, tries: 1 })
    if (servers) resolver.setServers(servers)
    const timer = setTimeout(() => resolver.cancel(), patience)
    try {
      const [four, six] = await Promise.all([
        resolver.resolve4(host).catch(() => []),
        resolver.resolve6(host).catch(() => []),
      ])
      return [...four.map((address) => ({ address, family: 4 })), ...six.map((address) => ({ address, family: 6 }))]
    } finally {
      clearTimeout(timer)
    }
  }
const lookUp = createLookup(NAMES_PATIENCE)

/** Of the internet: nothing of this machine, of its networks, or of those who run it (clouds have 169.254.169.254). */
export function isPublic(address: string): boolean {
  try {
    const parsed = parse(address)
    if (parsed.kind() === 'ipv6' && 'isIPv4MappedAddress' in parsed && parsed.isIPv4MappedAddress()) {
      return parsed.toIPv4Address().range() === 'unicast'
    }
    return parsed.range() === 'unicast'
  } catch {
    return false
  }
}

/**
 * Asks a server that a message names, by POST (RFC 8058 3.2). What a message says decides where to, so: HTTPS on its own port
 * only, addresses of the internet only, and the connection goes to the very address that was looked at; no cookie, no redirect is
 * followed, and the answer is not read. Throws NotAsked, or what the network says.
 * @returns the status
 */
export async function postOutside(url: URL, body: string, lookup: Lookup = lookUp): Promise<number> {
  if (
    url.protocol !== 'https:' ||
    (url.port !== '' && url.port !== HTTPS) ||
    url.username !== '' ||
    url.password !== ''
  )
    throw new NotAsked('it is no plain HTTPS address')
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const found = await lookup(host)
  const [target] = found
  if (!target || !found.every(({ address }) => isPublic(address))) throw new NotAsked(`${host} is not on the internet`)
  return new Promise((resolve, reject) => {
    const asked = request(
      url,
      {
        method: 'POST',
        agent: false,
        lookup: (_host, options, done) =>
          options.all ? done(null, [{ ...target }]) : done(null, target.address, target.family),
        signal: AbortSignal.timeout(PATIENCE),
        headers: {
          'Content-Type': 'application/x-www-form-urlencoded',
          'Content-Length': Buffer.byteLength(body),
        },
      },
      (response) => {
        let octets = 0
        response.on('data', (piece: Buffer) => {
          octets += piece.length
          if (octets > MOST_ANSWER) response.destroy()
        })
        response.once('error', () => undefined)
        resolve(response.statusCode ?? 0)
      },
    )
    asked.once('error', reject)
    asked.end(body)
  })
}

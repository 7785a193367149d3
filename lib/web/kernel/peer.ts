import { randomBytes } from 'node:crypto'
import type { Request } from 'express'
import type { LoginPeer } from '../../login/login'

/** @returns who is at the other end of a request; each connection has one name for all its requests */
export function createPeers(trustsProxy: (address: string) => boolean): (request: Request) => LoginPeer {
  const connections = new WeakMap<object, string>()
  return (request) => {
    const { socket } = request
    const direct = socket.remoteAddress ?? ''
    const connection = connections.get(socket) ?? `http-${randomBytes(8).toString('hex')}`
    connections.set(socket, connection)
    const base = { protocol: 'http', connection } as const
    if (!trustsProxy(direct)) return { ...base, address: direct, tls: 'encrypted' in socket }
    // Only a front-end that is named in trusted_proxies may tell another address, or that there was TLS.
    const forwarded = String(request.headers['x-forwarded-for'] ?? '')
    const address = forwarded.split(',').at(-1)?.trim()
    const tls = request.headers['x-forwarded-proto'] === 'https'
    return address ? { ...base, address, proxy: direct, tls } : { ...base, address: direct, tls }
  }
}

export const userAgentOf = (request: Request): string => String(request.headers['user-agent'] ?? '').slice(0, 200)

/** RFC 6750 2.1. */
export const bearerOf = (request: Request): string | undefined =>
  /^Bearer ([A-Za-z0-9._~+/=-]{1,200})$/i.exec(request.headers.authorization ?? '')?.[1]

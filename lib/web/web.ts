import type { Server } from 'node:http'
import type { Server as TlsServer } from 'node:https'
import type { Application, Request } from 'express'
import { limitConnections } from './kernel/connections'
import { createFail, type Fail } from './kernel/fail'
import type { WebPorts } from './ports'
import { createCalls } from './route/call'
import { createEventStreams } from './route/events'
import { type Api, createMount } from './route/mount'
import type { Web } from './shared'
import { createAdmit } from './who/admit'
import { createEndings } from './who/endings'
import { createEntrance } from './who/entrance'
import { createLeases } from './who/leases'

/** A protocol over HTTP, or pages: what it puts on an express. */
export interface WebRoom {
  mount(app: Application): void
}

export interface WebServer extends Web {
  /** Rows of an API, with everything around them: who asks, bodies, answers, errors, its OpenAPI document. */
  mountApi(app: Application, api: Api): void
  /** the client's address as a trusted front-end told it */
  addressOf(request: Request): string
  readonly fail: Fail
  mount(app: Application, rooms: readonly WebRoom[]): void
  /** @param server that `app` is on */
  guard(server: Server | TlsServer): void
  /** The server stops: streams end, and connections on which nothing runs; what runs is answered. */
  leave(): void
  close(): Promise<void>
}

/** HTTP in one process: sessions, their leases of the mailbox lock and their streams are shared by all rooms on it. */
export function createWeb(ports: WebPorts): WebServer {
  const { settings, login, log, clock, sessions } = ports
  const admit = createAdmit(ports)
  const leases = createLeases({
    ...{ sessions, clock, log },
    alive: async (credential) => (await admit.accountOf(credential)) !== undefined,
    idleOf: ({ kind }) => (kind === 'token' ? settings.tokenLockIdle : settings.lockIdle),
  })
  const endings = createEndings(ports, leases)
  const entrance = createEntrance(ports, leases)
  const web: Web = { ...ports, admit, leases, endings, entrance }
  const calls = createCalls(web)
  const streams = createEventStreams(web)
  const fail = createFail(log)
  const servers: (Server | TlsServer)[] = []

  return {
    ...web,
    mountApi: createMount(web, { calls, streams, fail }),
    addressOf: (request) => calls.peerOf(request).address,
    fail,
    mount(app, rooms) {
      // What nobody answers goes through Haraka's own 404, and must not show a stack with paths.
      app.set('env', 'production')
      app.disable('x-powered-by')
      for (const room of rooms) room.mount(app)
    },
    guard(server) {
      servers.push(server)
      limitConnections(server, { ...settings, trustsProxy: login.trustsProxy })
    },
    leave() {
      streams.close()
      for (const server of servers) {
        // A worker's servers are closed behind their back.
        server.keepAliveTimeout = 1
        server.closeIdleConnections()
      }
    },
    async close() {
      streams.close()
      await leases.close()
      await sessions.close()
    },
  }
}

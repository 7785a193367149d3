import { randomBytes } from 'node:crypto'
import type { Server } from 'node:http'
import type { Server as TlsServer } from 'node:https'
import type { Application, Request, RequestHandler, Response } from 'express'
import type { LoginPeer } from '../login/login'
import type { AccountMail } from '../mailbox/mailbox'
import type { Account } from '../store/account'
import { traceOf } from '../terms/errors'
import { accountId } from '../terms/names'
import { readBody } from '../web/kernel/body'
import { createBodies } from '../web/kernel/body/bodies'
import { limitConnections } from '../web/kernel/connections'
import { faultRefusal, notFound, Refused, unauthorized } from '../web/kernel/faults'
import { has, Invalid } from '../web/kernel/schema'
import type { HttpPorts, Web } from '../web/ports'
import { openApi } from '../web/route/openapi'
import type { Answer, Call, Principal, Route } from '../web/route/route'
import { type Admit, createAdmit } from '../web/who/admit'
import { createLeases } from '../web/who/leases'
import type { Credential } from '../web/who/sessions'
import { runs } from '../work/loop'
import { accountRoutes } from './account/routes'
import { sessionRoutes } from './account/session-routes'
import { adminRoutes } from './admin/routes'
import { composeRoutes } from './mail/compose-routes'
import { eventRoutes } from './mail/event-routes'
import { listRoutes } from './mail/list-routes'
import { mailboxRoutes } from './mail/mailbox-routes'
import { messageRoutes } from './mail/message-routes'
import { loadAssets, serveAsset } from './pages/assets'
import { serveFrame } from './pages/frame'

export const API = '/api/v1'
/** milliseconds that an answer of /healthz holds */
const HEALTHY_FOR = 500
/** header fields of a request; their octets are Node's to limit (16 KB) */
const MOST_HEADERS = 100
/** Answers while a live-update stream says nothing, so that proxies keep it open. */
const HEARTBEAT = 25_000
/** A session that ended in another process: its streams here end within this time, and tell nothing meanwhile. */
const STILL_IN = 2000

/** Everything is ours, nothing is inline, nobody may frame us; frames of messages have a policy of their own (frame.ts). */
const PAGE_HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; frame-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=()',
}

export const routesOf = (web: Web, admit: Admit): readonly Route[] => [
  ...sessionRoutes(web, admit),
  ...accountRoutes(web, admit),
  ...mailboxRoutes(web),
  ...listRoutes(web),
  ...messageRoutes(web),
  ...composeRoutes(web),
  ...eventRoutes(web),
  ...adminRoutes(web, admit),
]

const cookieName = (tls: boolean): string => (tls ? '__Host-mailbox' : 'mailbox')

function cookieOf(request: Request, tls: boolean): string | undefined {
  const name = cookieName(tls)
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const at = pair.indexOf('=')
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim()
  }
  return undefined
}

/** HttpOnly, SameSite=Strict, and under TLS Secure with the `__Host-` prefix. */
function setCookie(response: Response, tls: boolean, secret: string | null): void {
  const age = secret === null ? '; Max-Age=0' : ''
  const value = `${cookieName(tls)}=${secret ?? ''}; Path=/; HttpOnly; SameSite=Strict${tls ? '; Secure' : ''}${age}`
  response.setHeader('Set-Cookie', value)
}

export function createHttp(ports: HttpPorts) {
  const { settings, room, login, log, clock } = ports
  const admit = createAdmit(ports)
  const leases = createLeases({
    sessions: ports.sessions,
    clock,
    log,
    alive: async (credential) => (await admit.standing(credential)) !== undefined,
    idleOf: ({ kind }) => (kind === 'token' ? settings.tokenLockIdle : settings.lockIdle),
  })
  const web: Web = { ...ports, leases }
  const routes = routesOf(web, admit)
  const assets = loadAssets(ports.assets)
  const bodies = createBodies(settings)
  const connections = new WeakMap<object, string>()
  const streams = new Map<Response, string>()
  /** one of each stream: looks now whether it may go on */
  const looks = new Set<() => void>()

  function peerOf(request: Request): LoginPeer {
    const { socket } = request
    const direct = socket.remoteAddress ?? ''
    const connection = connections.get(socket) ?? `http-${randomBytes(8).toString('hex')}`
    connections.set(socket, connection)
    const base = { protocol: 'http', connection } as const
    // Only a front-end that is named in trusted_proxies may tell another address, or that there was TLS.
    if (login.trustsProxy(direct)) {
      const forwarded = String(request.headers['x-forwarded-for'] ?? '')
      const address = forwarded.split(',').at(-1)?.trim()
      const tls = request.headers['x-forwarded-proto'] === 'https'
      if (address) return { ...base, address, proxy: direct, tls }
      return { ...base, address: direct, tls }
    }
    return { ...base, address: direct, tls: 'encrypted' in socket }
  }

  const bearerOf = (request: Request): string | undefined =>
    /^Bearer ([A-Za-z0-9._~+/=-]{1,200})$/i.exec(request.headers.authorization ?? '')?.[1]

  /**
   * Cross-site requests: the cookie is SameSite=Strict, browsers say where a request comes from, and whatever changes
   * something needs the session's own token in a header.
   */
  function checkOrigin(request: Request, credential: Credential): void {
    const site = request.headers['sec-fetch-site']
    if (site !== undefined && site !== 'same-origin' && site !== 'none') {
      throw new Refused(403, 'cross-site', 'Requests from other sites are refused.')
    }
    const reads = request.method === 'GET' || request.method === 'HEAD'
    if (!reads && request.headers['x-csrf-token'] !== credential.csrf) {
      throw new Refused(403, 'csrf', 'The header X-CSRF-Token is missing or wrong.')
    }
  }

  async function lockRefusal(account: string, refusal: Parameters<typeof faultRefusal>[0]): Promise<Refused> {
    const { status, code, message } = faultRefusal(refusal)
    if (refusal.kind !== 'held') return new Refused(status, code, message)
    const { id, protocol, since, address, client } = refusal.by
    const seen = ports.tellHolder === 'no' ? {} : { protocol, since }
    const more = ports.tellHolder === 'address' ? { address, client } : {}
    return new Refused(status, code, message, { holder: { id, account, ...seen, ...more } })
  }

  /** Whose mail it is: of who logged in, or the one that an administrator has entered, while both may be so. Throws 404. */
  async function ownerOf({ account, credential }: Principal): Promise<Account> {
    if (!credential.entered) return account
    const entered = settings.adminEnter && account.admin
    const owner = entered ? await room.store.accounts.get(accountId(credential.entered)) : undefined
    if (owner) return owner
    throw notFound('account')
  }

  async function enter(
    who: Principal,
    call: { readonly peer: LoginPeer; readonly userAgent: string },
    active: boolean,
  ) {
    const { credential } = who
    const owner = await ownerOf(who)
    const mail: AccountMail = room.account({
      id: owner.id,
      name: owner.name,
      overrides: owner.overrides,
      admin: owner.admin,
    })
    const protocol = credential.entered ? 'admin' : credential.kind === 'token' ? 'api' : 'webmail'
    const idle = credential.kind === 'session' && clock.now() - credential.activeAt > settings.lockIdle
    // A tab that nobody looks at must not take the lock by itself.
    if (!active && idle) throw new Refused(423, 'paused', 'Paused: nobody has used this page for a while.')
    const entry = { protocol, address: call.peer.address, client: call.userAgent } as const
    const lease = await leases.hold(credential, mail, entry)
    if (!lease.ok) throw await lockRefusal(owner.id, lease.fault)
    await room.ensureSpecialUse(mail.id)
    return mail
  }

  async function callOf(route: Route, request: Request, response: Response): Promise<Call<unknown, unknown>> {
    const peer = peerOf(request)
    const userAgent = String(request.headers['user-agent'] ?? '').slice(0, 200)
    const bearer = bearerOf(request)
    const secret = bearer ?? cookieOf(request, peer.tls)
    const active = request.headers['x-background'] !== '1'
    let who: Principal | undefined
    if (route.scope !== 'public') {
      if (bearer !== undefined && !login.allowsCleartext(peer)) {
        throw new Refused(403, 'tls-required', 'Tokens are taken over HTTPS only.')
      }
      who = secret === undefined ? undefined : await admit.principal(secret, active)
      if (bearer !== undefined && !(await admit.admitsToken(peer, bearer, who))) throw unauthorized()
      if (!who || (bearer !== undefined) !== (who.credential.kind === 'token')) throw unauthorized()
      if (bearer === undefined) checkOrigin(request, who.credential)
      admit.check(who, route.scope)
    }
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const principal = (): Principal => {
      if (who) return who
      throw unauthorized()
    }
    const { maxBody } = settings
    const query = route.query ? route.query.read({ ...request.query }, '') : undefined
    const brought = await readBody(bodies, route, request, response, { address: peer.address, maxBody })
    const body = route.body ? route.body.read(brought.json ?? {}, '') : undefined
    if (who) for (const { field, scope } of route.also ?? []) if (has(body, field)) admit.check(who, scope)
    return {
      params: Object.fromEntries(Object.entries(request.params).map(([name, value]) => [name, String(value)])),
      query,
      body,
      files: brought.files,
      peer,
      userAgent,
      secret,
      gone: gone.signal,
      principal,
      owner: () => ownerOf(principal()),
      mail: () => enter(principal(), { peer, userAgent }, active),
    }
  }

  /** What is told of an owner's mail to a session: something, nothing any more, or another owner's. */
  async function hears(key: string, owner: string): Promise<'on' | 'out' | 'elsewhere'> {
    const who = await admit.now(key)
    if (!who) return 'out'
    const now = await ownerOf(who).catch((error) => {
      if (error instanceof Refused) return undefined
      throw error
    })
    return now?.id === owner ? 'on' : 'elsewhere'
  }

  function stream(response: Response, key: string, { owner, start }: Extract<Answer, { kind: 'events' }>): void {
    if ([...streams.values()].filter((one) => one === key).length >= settings.maxStreams) {
      throw new Refused(429, 'too-many-streams', 'Too many live-update streams.')
    }
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'X-Accel-Buffering': 'no',
    })
    streams.set(response, key)
    const send = (event: string, data: unknown): void => {
      if (response.writableEnded) return
      // A client that does not read is let go: it asks anew when it comes back.
      if (response.writableLength > 64 * 1024) response.destroy()
      else response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    }
    /** Looks whether it may go on, and then tells. A browser whose stream ended elsewhere asks for a new one by itself. */
    const onlyWhile = (tell: () => void): void => {
      hears(key, owner).then(
        (heard) => {
          if (heard === 'on') return tell()
          if (heard === 'out') send('lost', {})
          response.end()
        },
        () => undefined, // the store is away: the next look tells
      )
    }
    send('hello', { version: ports.version })
    const stop = start((event, data) => onlyWhile(() => send(event, data)))
    const timer = setInterval(() => response.write(': \n\n'), HEARTBEAT).unref()
    const look = (): void => onlyWhile(() => undefined)
    const watch = setInterval(look, STILL_IN).unref()
    looks.add(look)
    response.once('close', () => {
      clearInterval(timer)
      clearInterval(watch)
      looks.delete(look)
      stop()
      streams.delete(response)
    })
  }

  function give(response: Response, route: Route, answer: Answer, call: Call<unknown, unknown>): void {
    switch (answer.kind) {
      case 'json':
        if (answer.cookie !== undefined) setCookie(response, call.peer.tls, answer.cookie)
        response.status(route.status ?? 200).json(answer.value)
        return
      case 'octets':
        response.writeHead(200, { ...answer.headers, 'Content-Length': answer.octets.length })
        response.end(answer.octets)
        return
      case 'events':
        return stream(response, call.principal().credential.id, answer)
    }
  }

  function fail(response: Response, error: unknown): void {
    if (response.headersSent) return void response.destroy()
    if (error instanceof Refused) {
      const { status, code, message, more } = error
      response.status(status).json({ error: code, message, ...more })
      return
    }
    if (error instanceof Invalid || error instanceof RangeError) {
      response.status(400).json({ error: 'invalid', message: error.message })
      return
    }
    if (error instanceof Error && error.name === 'StoreUnavailable') {
      response.status(503).json({ error: 'unavailable', message: 'Not available now, try again later.' })
      return
    }
    const id = randomBytes(4).toString('hex')
    log.error(`http: error ${id}: ${traceOf(error)}`)
    response.status(500).json({ error: 'internal', message: `An internal error; the log has it under ${id}.` })
  }

  const handler =
    (route: Route): RequestHandler =>
    (request, response) => {
      callOf(route, request, response)
        .then(async (call) => {
          const end = runs(`HTTP ${route.method} ${route.path}`)
          try {
            return await give(response, route, await route.run(call), call)
          } finally {
            end()
            // It may have ended a session or a right.
            const changes = route.method !== 'get' && (route.scope === 'session' || route.scope === 'admin')
            if (changes) for (const look of looks) look()
          }
        })
        .catch((error) => fail(response, error))
    }

  async function probe(): Promise<boolean> {
    try {
      await room.store.accounts.find('healthz@invalid')
      await ports.locks.list('healthz')
      return true
    } catch {
      return false
    }
  }
  let health = { at: Number.NEGATIVE_INFINITY, well: Promise.resolve(false) }
  /** Anybody may ask, and as often as they like: the store and the locks hear of it once in a while. */
  function healthy(): Promise<boolean> {
    const now = performance.now()
    if (now - health.at > HEALTHY_FOR) health = { at: now, well: probe() }
    return health.well
  }

  return {
    routes,
    mount(app: Application): void {
      // What nobody answers goes through Haraka's own 404, and must not show a stack with paths.
      app.set('env', 'production')
      app.disable('x-powered-by')
      app.get('/healthz', (_request, response) => {
        healthy().then(
          (well) => response.status(well ? 200 : 503).json({ status: well ? 'ok' : 'unavailable' }),
          () => response.status(503).end(),
        )
      })
      app.get('/metrics', (request, response) => {
        if (!settings.metricsFrom(peerOf(request).address)) return fail(response, notFound('page'))
        ports.metricsText().then(
          (text) => response.type('text/plain; version=0.0.4; charset=utf-8').send(text),
          (error) => fail(response, error),
        )
      })
      app.use(API, (request, response, next) => {
        bodies.leave(request, response)
        // Of refusals too: what one person was told is not for the next one.
        response.setHeader('Cache-Control', 'no-store')
        response.setHeader('X-Content-Type-Options', 'nosniff')
        if (request.rawHeaders.length <= 2 * MOST_HEADERS) return next()
        fail(response, new Refused(431, 'too-many-headers', 'The request has too many header fields.'))
      })
      app.get(`${API}/openapi.json`, (_request, response) => void response.json(openApi(routes, ports.version)))
      for (const route of routes) {
        app[route.method](`${API}${route.path}`, handler(route))
      }
      app.use(API, (_request, response) => fail(response, notFound('resource')))
      app.get('/', (_request, response) => response.redirect(302, '/mail/'))
      app.get('/mail/frame', serveFrame)
      app.use('/mail', (request, response) => serveAsset(assets, request, response, PAGE_HEADERS))
    },
    /** @param server that `app` is on */
    guard(server: Server | TlsServer): void {
      limitConnections(server, { ...settings, trustsProxy: login.trustsProxy })
    },
    async close(): Promise<void> {
      for (const response of streams.keys()) response.destroy()
      await leases.close()
      await ports.sessions.close()
    },
  }
}

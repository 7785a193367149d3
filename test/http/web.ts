import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import express from 'express'
import { appleProfile } from '../../lib/autoconfig/documents'
import { createAutoconfig } from '../../lib/autoconfig/room'
import { type DeliveryLog, openDeliveryLog } from '../../lib/delivery/log/log'
import type { Submission } from '../../lib/http/ports'
import { createHttp } from '../../lib/http/server'
import type { Locks } from '../../lib/locks/locks'
import { openMemoryLocks } from '../../lib/locks/memory'
import { lockSettings } from '../../lib/locks/settings'
import { memoryAttempts } from '../../lib/login/attempts/memory'
import { directoryChain } from '../../lib/login/chain'
import { createLogin } from '../../lib/login/create-login'
import { storeDirectory } from '../../lib/login/directories/store'
import type { AttemptLog } from '../../lib/login/lockout/attempts'
import { explain } from '../../lib/login/lockout/explain'
import { hashPassword } from '../../lib/login/passwords'
import type { KnownPasswords } from '../../lib/login/passwords/known'
import { loginSettings } from '../../lib/login/settings'
import { localBus } from '../../lib/mailbox/bus/local-bus'
import { type DeedLog, openDeedLog } from '../../lib/mailbox/deeds/log'
import { createMailRoom } from '../../lib/mailbox/mail-room'
import type { MailRoom } from '../../lib/mailbox/mailbox'
import { mailboxSettings } from '../../lib/mailbox/settings'
import { prepare } from '../../lib/mime/prepare'
import { packageRoot } from '../../lib/package-root'
import { rulesSettings } from '../../lib/sieve/settings'
import type { Account } from '../../lib/store/account'
import { openSqliteStore } from '../../lib/store/sqlite'
import type { Store } from '../../lib/store/store'
import { NO_FLAGS } from '../../lib/terms/flags'
import { noMetrics, silentLog } from '../../lib/terms/ports'
import type { Ini } from '../../lib/terms/settings'
import { servicesOf } from '../../lib/web/clients'
import { httpSettings } from '../../lib/web/settings'
import { createWeb } from '../../lib/web/web'
import { sitesOf } from '../../lib/web/who/passkeys/sites'
import { openEmbeddedSessions } from '../../lib/web/who/sessions/embedded'
import { createWeakMarks } from '../../lib/wiring/weak-marks'
import { type TestClock, testClock, testLog } from '../login/room'
import { checkAnswer } from './openapi'

/** The whole HTTP room over a real store and express, in this process, without Haraka. Everybody's password is PASSWORD. */
export interface Web {
  readonly url: string
  readonly room: MailRoom
  readonly store: Store
  readonly locks: Locks
  readonly clock: TestClock
  readonly attempts: AttemptLog
  readonly deliveries: DeliveryLog
  readonly deeds: DeedLog
  readonly sent: Submission[]
  /** what servers elsewhere were asked */
  readonly asked: readonly string[]
  readonly errors: readonly string[]
  /** a second process over the same home: its own leases, the same sessions */
  readonly other: string
  account(name: string, more?: Partial<Account>): Promise<Account>
  deliver(account: Account, ...messages: string[]): Promise<void>
  close(): Promise<void>
}
export const PASSWORD = 'correct horse'

export async function openWeb(
  ini: { http?: Ini; login?: Ini; locks?: Ini; known?: KnownPasswords } = {},
): Promise<Web> {
  const folder = mkdtempSync(path.join(tmpdir(), 'mailbox-http-'))
  const clock = testClock(Date.now())
  const log = testLog()
  const store = await openSqliteStore({ path: path.join(folder, 'mail') })
  const lockOptions = lockSettings(ini.locks ?? { wait: { webmail: '0s', api: '0s', admin: '0s' } })
  const locks = await openMemoryLocks({ settings: lockOptions, forked: false, log: silentLog, metrics: noMetrics })
  const room = createMailRoom({
    ...{ store, locks, bus: localBus(), prepare, clock, log: silentLog, metrics: noMetrics },
    settings: mailboxSettings({}),
  })
  const settings = loginSettings(ini.login ?? {})
  const attempts = memoryAttempts(settings.policy)
  const directory = storeDirectory(store.accounts)
  const login = createLogin({
    ...{ directory, attempts, chain: directoryChain, settings, clock, log: silentLog, metrics: noMetrics },
    secret: Buffer.alloc(32, 7),
    known: ini.known,
    weak: createWeakMarks(store),
  })
  const verifiers = await hashPassword(PASSWORD)
  const sent: Submission[] = []
  const asked: string[] = []
  const deeds = await openDeedLog({ folder: path.join(folder, 'deeds'), keep: 86_400_000, clock, log })
  room.onDeed((deed) => void deeds.note([deed]))
  const deliveries = await openDeliveryLog({ path: path.join(folder, 'deliveries'), keep: 86_400_000, clock, log })

  async function serve(processName: string) {
    const web = createWeb({
      ...{ room, login, clock, log },
      sessions: await openEmbeddedSessions({ path: path.join(folder, 'http'), log }),
      settings: httpSettings(ini.http ?? {}),
      passkeys: { sites: sitesOf({ sites: undefined }, 'mail.example.org'), secret: Buffer.alloc(32, 7) },
      tellHolder: 'protocol',
      version: '1.2.3',
    })
    const services = servicesOf(web.settings.clients, 'mail.example.org')
    const http = createHttp(web, {
      profile: (address, password) => appleProfile({ address, password }, services),
      ...{ locks, attempts, deliveries, deeds, frontEnds: login.frontEnds },
      explain: (asked) => explain({ attempts, directory, settings }, asked, clock.now()),
      rules: rulesSettings({}),
      addresses: () => ({
        aliasesOf: (name) => [name.replace('@', '.alias@')],
        isOf: async (address, id) => address.replace('.alias@', '@') === (await store.accounts.get(id))?.name,
      }),
      submit: async (submission) => {
        sent.push(submission)
        return submission.to.includes('refused@example.org') ? 'The queue refused it.' : undefined
      },
      metrics: {
        text: async () => `served_by{process="${processName}"} 1\n`,
        totals: async () => ({ by: () => ({}) }),
      },
      host: 'mail.example.org',
      postOutside: async (url, body) => {
        asked.push(`${url.href} ${body}`)
        return url.hostname === 'gone.example' ? 404 : 200
      },
      assets: path.join(packageRoot, 'lib/http/static'),
    })
    const app = express()
    web.mount(app, [createAutoconfig(services, settings.oauth), http])
    const server = createServer(app).listen(0, '127.0.0.1')
    web.guard(server)
    await once(server, 'listening')
    const at = server.address()
    const port = typeof at === 'object' && at ? at.port : 0
    const close = async (): Promise<void> => {
      await web.close()
      server.closeAllConnections()
      server.close()
    }
    return { url: `http://127.0.0.1:${port}`, close }
  }
  const one = await serve('one')
  const two = await serve('two')

  return {
    url: one.url,
    other: two.url,
    ...{ room, store, locks, clock, sent, asked, attempts, deliveries, deeds },
    errors: log.lines,
    async account(name, more = {}) {
      const made = await store.accounts.create({ name, ...more, credentials: { ...verifiers, ...more.credentials } })
      if (!made.ok) throw new Error(made.fault.kind)
      await room.ensureSpecialUse(made.value.id)
      return made.value
    },
    async deliver(account, ...messages) {
      for (const text of messages) {
        const bytes = Buffer.from(text.replace(/\r?\n/g, '\r\n'))
        const done = await room.deliver({ account: account.id, bytes, flags: NO_FLAGS })
        if (!done.ok) throw new Error(done.fault.kind)
      }
    },
    async close() {
      await one.close()
      await two.close()
      await deeds.close()
      await deliveries.close()
      await room.close()
      await login.close()
      await locks.close()
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export interface Reply {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into any JSON
  readonly body: any
}

/** One browser (or program) with its cookie and its token. */
export function client(base: string, headers: Record<string, string> = {}) {
  let cookie = ''
  let csrf = ''
  async function ask(
    method: string,
    route: string,
    body?: unknown,
    more: Record<string, string> & { at?: string } = {},
  ): Promise<Reply> {
    const { at = base, ...extra } = more
    const response = await fetch(`${at}${route.startsWith('/') ? '' : '/api/v1/'}${route}`, {
      method,
      headers: {
        ...(cookie && { cookie }),
        ...(csrf && { 'x-csrf-token': csrf }),
        ...(body !== undefined && !(body instanceof FormData) && { 'content-type': 'application/json' }),
        ...headers,
        ...extra,
      },
      ...(body !== undefined && { body: body instanceof FormData ? body : JSON.stringify(body) }),
      redirect: 'manual',
    })
    const set = response.headers.get('set-cookie')
    if (set) cookie = set.split(';')[0] ?? ''
    const text = await response.text()
    const type = response.headers.get('content-type') ?? ''
    const read = type.includes('json') ? JSON.parse(text) : text
    await checkAnswer(at, method, response.url, response, read)
    return { status: response.status, headers: response.headers, body: read }
  }
  return {
    ask,
    get: (route: string, more?: Record<string, string> & { at?: string }) => ask('GET', route, undefined, more),
    post: (route: string, body: unknown = {}, more?: Record<string, string> & { at?: string }) =>
      ask('POST', route, body, more),
    cookie: () => cookie,
    async logIn(user: string, more: object = {}): Promise<Reply> {
      const reply = await ask('POST', 'session', { user, password: PASSWORD, ...more })
      if (reply.status === 200) csrf = reply.body.csrf
      return reply
    },
  }
}

/** A request that brings files: its JSON in the field `message`. */
export function form(message: unknown, files: Readonly<Record<string, string | Buffer>>): FormData {
  const made = new FormData()
  made.append('message', JSON.stringify(message))
  for (const [name, octets] of Object.entries(files)) made.append(name, new Blob([octets]), 'a "file"; name="x"')
  return made
}

export const message = (subject: string, body = 'hello', more = ''): string =>
  `From: Ann <ann@example.net>\nTo: owner@example.org\nSubject: ${subject}\n${more}\n${body}\n`

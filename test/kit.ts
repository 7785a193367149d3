import { connect, type Socket } from 'node:net'
import { extensions } from '../lib/imap/extensions'
import type { Extension } from '../lib/imap/kernel/extension'
import { createServer } from '../lib/imap/kernel/server'
import { imapSettings } from '../lib/imap/settings'
import type { Locks } from '../lib/locks/locks'
import { openMemoryLocks } from '../lib/locks/memory'
import { lockSettings } from '../lib/locks/settings'
import { splitMailbox } from '../lib/login/account-name'
import type { Identity, Login, LoginAnswer, LoginPeer, SaslExchange } from '../lib/login/login'
import { localBus } from '../lib/mailbox/bus/local-bus'
import { createMailRoom } from '../lib/mailbox/mail-room'
import type { Bus, MailRoom } from '../lib/mailbox/mailbox'
import { mailboxSettings } from '../lib/mailbox/settings'
import { createSieveServer } from '../lib/managesieve/server'
import { sieveSettings } from '../lib/managesieve/settings'
import { prepare } from '../lib/mime/prepare'
import { createPop3Server } from '../lib/pop3/server'
import { type Pop3Settings, pop3Settings } from '../lib/pop3/settings'
import { rulesSettings } from '../lib/sieve/settings'
import type { Store } from '../lib/store/store'
import { NO_FLAGS } from '../lib/terms/flags'
import type { AccountId } from '../lib/terms/names'
import { type Clock, noMetrics, silentLog, systemClock } from '../lib/terms/ports'
import type { Ini } from '../lib/terms/settings'
import type { Connection } from '../lib/transport/connection'
import { createListener, type Listener } from '../lib/transport/listener'
import type { ProxyHeaderPolicy } from '../lib/transport/proxy-protocol'
import { noTls, type TlsSource } from '../lib/transport/tls'
import { storeOrSkip } from './stores'

/** POP3, IMAP and ManageSieve over a real store, in this process, without Haraka. Everybody's password is `pass`. */
export interface Kit {
  readonly store: Store
  readonly room: MailRoom
  readonly locks: Locks
  readonly pop3: number
  readonly imap: number
  readonly sieve: number
  /** what the servers logged at level error: bugs */
  readonly errors: readonly string[]
  /** what the servers logged at level info: a line for each session that is over */
  readonly lines: readonly string[]
  account(name: string): Promise<AccountId>
  deliver(id: AccountId, ...messages: string[]): Promise<void>
  kick(id: AccountId): Promise<number>
  /** of its store (test/stores.ts) */
  powerCut?(): Promise<void>
  close(): Promise<void>
}

export interface KitOptions {
  readonly imap?: Ini
  readonly pop3?: Ini
  readonly sieve?: Ini
  readonly locks?: Ini
  readonly tls?: TlsSource
  /** of the room and the protocols; the store has its own */
  readonly clock?: Clock
  /** beside ours */
  readonly imapExtensions?: readonly Extension[]
  /** milliseconds; the settings allow no less than half an hour */
  readonly imapIdle?: number
  /** of other processes, which the test plays */
  readonly bus?: Bus
  /** an open store instead of one of the default driver; closed with the kit */
  readonly store?: Store
  /** beside what an .ini may say, such as a timer shorter than the RFC allows */
  readonly pop3Settings?: Partial<Pop3Settings>
  readonly login?: Login
  /** this host is a trusted front-end */
  readonly frontEnd?: ProxyHeaderPolicy
  /** TLS from the first octet, on all ports */
  readonly implicitTls?: boolean
  /** false: passwords only inside TLS */
  readonly cleartext?: boolean
}

function simpleLogin(store: Store, cleartext: boolean): Login {
  const allowsCleartext = (peer: LoginPeer): boolean => cleartext || peer.tls
  async function attempt(peer: LoginPeer, name: string, password: string): Promise<LoginAnswer> {
    const { user, mailbox } = splitMailbox(peer, name)
    const account = await store.accounts.find(user)
    if (!account || password !== 'pass') return { kind: 'invalid' }
    const identity: Identity = {
      id: account.id,
      name: account.name,
      overrides: account.overrides,
      admin: account.admin,
      ...(mailbox !== undefined && { mailbox }),
    }
    return { kind: 'granted', identity }
  }
  const plain = (peer: LoginPeer): SaslExchange => ({
    step: async (response) => {
      if (!response) return { kind: 'challenge', octets: Buffer.alloc(0) }
      const [, user = '', password = ''] = response.toString().split('\0')
      return { kind: 'done', answer: await attempt(peer, user, password) }
    },
  })
  return {
    attempt,
    knowsPassword: async () => false,
    claim: async () => ({ kind: 'invalid' }),
    admitsToken: async (_peer, _token, user) => user !== undefined,
    mechanisms: (peer) => (allowsCleartext(peer) ? ['PLAIN'] : []),
    sasl: (peer, mechanism) => (mechanism.toUpperCase() === 'PLAIN' && allowsCleartext(peer) ? plain(peer) : undefined),
    allowsCleartext,
    trustsProxy: () => false,
    proxyHeader: () => 'never',
    clientCa: undefined,
    close: async () => undefined,
  }
}

export async function startKit(options: KitOptions = {}): Promise<Kit> {
  const own = options.store ? undefined : await storeOrSkip()
  const errors: string[] = []
  const lines: string[] = []
  const log = { ...silentLog, error: (text: string) => errors.push(text), info: (text: string) => lines.push(text) }
  const store = options.store ?? (await own?.open())
  if (!store) throw new Error('the default driver needs nothing that can be missing')
  const settings = lockSettings({ wait: { pop3: '0s', imap: '0s' }, ...options.locks })
  const locks = await openMemoryLocks({ settings, forked: false, log })
  const room = createMailRoom({
    store,
    locks,
    bus: options.bus ?? localBus(),
    prepare,
    settings: mailboxSettings({ mailboxes: { autocreate: 'none' } }, settings.mode),
    metrics: noMetrics,
    clock: options.clock ?? systemClock,
    log,
  })
  const tls = options.tls ?? noTls
  const common = {
    room,
    login: {
      ...(options.login ?? simpleLogin(store, options.cleartext ?? true)),
      ...(options.frontEnd && { trustsProxy: (address: string) => address === '127.0.0.1' }),
    },
    tellHolder: settings.tellHolder,
    tlsAvailable: () => tls.available,
    version: '0',
    clock: options.clock ?? systemClock,
    log,
  }
  const listeners: Listener[] = []
  const listen = async (protocol: {
    serve(c: Connection): Promise<void>
    refuse(c: Connection): void
  }): Promise<number> => {
    const listener = createListener({
      host: '127.0.0.1',
      port: 0,
      implicitTls: options.implicitTls ?? false,
      tls,
      trustsProxy: () => options.frontEnd !== undefined,
      proxyHeader: () => options.frontEnd ?? 'never',
      maxConnections: 1000,
      maxPerAddress: 1000,
      log,
      ...protocol,
    })
    listeners.push(listener)
    return (await listener.listen()).port
  }
  const ofImap = imapSettings(options.imap ?? {})
  const imap = await listen(
    createServer({ ...common, settings: { ...ofImap, idle: options.imapIdle ?? ofImap.idle } }, [
      ...extensions,
      ...(options.imapExtensions ?? []),
    ]),
  )
  const pop3 = await listen(
    createPop3Server({ ...common, settings: { ...pop3Settings(options.pop3 ?? {}), ...options.pop3Settings } }),
  )
  const sieve = await listen(
    createSieveServer({ ...common, settings: sieveSettings(options.sieve ?? {}), rules: rulesSettings({}) }),
  )
  return {
    store,
    room,
    locks,
    pop3,
    imap,
    sieve,
    errors,
    lines,
    account: async (name) => {
      const made = await store.accounts.create({ name, credentials: {} })
      if (!made.ok) throw new Error(made.fault.kind)
      return made.value.id
    },
    deliver: async (id, ...messages) => {
      for (const text of messages) {
        const bytes = Buffer.from(text.replace(/\r?\n/g, '\r\n'))
        const done = await room.deliver({ account: id, bytes, flags: NO_FLAGS, internalDate: 1_700_000_000_000 })
        if (!done.ok) throw new Error(done.fault.kind)
      }
    },
    kick: (id) => locks.kick(id),
    close: async () => {
      await Promise.all(listeners.map((listener) => listener.close(0, 500)))
      await room.close()
      await locks.close()
      await store.close()
      await own?.remove()
    },
  }
}

/** A kit over a store of its own by this driver; undefined, and a line that says so, where what it needs is not there. */
export async function kitOrSkip(driver: string, options: Omit<KitOptions, 'store'> = {}): Promise<Kit | undefined> {
  const own = await storeOrSkip(driver)
  if (!own) return undefined
  const kit = await startKit({ ...options, store: await own.open() })
  return {
    ...kit,
    powerCut: () => own.powerCut(),
    close: async () => {
      await kit.close()
      await own.remove()
    },
  }
}

/** Milliseconds after which a test says what it waited for; nothing is measured by it. */
const LIMIT = process.env.MAILBOX_LONG ? 60_000 : 10_000

/** A raw client: what it received, and waiting for a text in it. */
export class Wire {
  #text = ''
  #ended = false
  #wake: (() => void) | undefined
  readonly socket: Socket

  /** @param at a port of this host, or a connection (TLS) */
  constructor(at: number | Socket) {
    this.socket =
      typeof at === 'number' ? connect({ port: at, host: '127.0.0.1', allowHalfOpen: true, noDelay: true }) : at
    this.socket.on('data', (data) => {
      this.#text += data.toString('latin1')
      this.#wake?.()
    })
    for (const event of ['end', 'close', 'error'] as const) {
      this.socket.on(event, () => {
        this.#ended = true
        this.#wake?.()
      })
    }
  }
  send(text: string | Buffer): void {
    this.socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text)
  }
  /** Everything up to and with the first match of `pattern`. */
  async until(pattern: RegExp): Promise<string> {
    for (;;) {
      const rest = this.#text
      const match = pattern.exec(rest)
      if (match) {
        const end = match.index + match[0].length
        this.#text = rest.slice(end)
        return rest.slice(0, end)
      }
      if (this.#ended)
        throw new Error(`the connection ended; waited for ${pattern}, got ${JSON.stringify(rest.slice(-500))}`)
      await new Promise<void>((resolve, reject) => {
        const late = setTimeout(
          () => reject(new Error(`waited in vain for ${pattern}, got ${JSON.stringify(rest.slice(-500))}`)),
          LIMIT,
        )
        this.#wake = () => {
          clearTimeout(late)
          resolve()
        }
      })
    }
  }
  /** Everything until the server closes. */
  async end(): Promise<string> {
    while (!this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#text
  }
  close(): void {
    this.socket.destroy()
  }
}

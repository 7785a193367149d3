import type { Peer } from './peers'
import { imapLogin, lmtpDeliver, lmtpOpen, pop3Login, type Wire } from './wire'

/** What the scenarios are played on: these accounts have an INBOX of `messages`; the others are empty. */
export interface Stage {
  readonly peer: Peer
  readonly messages: number
  readonly user: (nth: number) => string
  readonly message: (nth: number) => Buffer
}

/** One client: does the operation again and again. */
interface Player {
  step(): Promise<void>
  close(): void
}

export interface Scenario {
  readonly name: string
  readonly operation: string
  readonly clients: number
  play(stage: Stage, nth: number): Promise<Player>
}

const EVERYONE = 4
const rounds = (count: number): (() => number) => {
  let at = 0
  // A prime: neighbours do not follow one another.
  return () => (at++ * 7919) % count
}

/** Commands of a client that has INBOX selected. */
function selected(
  name: string,
  operation: string,
  step: (wire: Wire, next: () => number, stage: Stage) => Promise<unknown>,
): Scenario {
  return {
    name,
    operation,
    clients: EVERYONE,
    async play(stage, nth) {
      const wire = await imapLogin(stage.peer.imap, stage.user(nth))
      await wire.imap('SELECT INBOX')
      const next = rounds(stage.messages)
      return { step: async () => void (await step(wire, next, stage)), close: () => wire.close() }
    },
  }
}

/** The whole mailbox again and again; every answer is as long as the first, and names every message. */
function bulk(name: string, items: string): Scenario {
  const command = `UID FETCH 1:* (${items})`
  const lengths = new WeakMap<Wire, number>()
  return selected(name, 'mailbox', async (wire, _next, { messages }) => {
    const expected = lengths.get(wire)
    if (expected === undefined) {
      const text = await wire.imapText(command)
      const rows = text.match(/^\* \d+ FETCH /gm)?.length ?? 0
      if (rows !== messages) throw new Error(`${name}: ${rows} messages, not ${messages}`)
      // The tag of later commands may be longer: compared are the octets before it.
      lengths.set(wire, text.lastIndexOf('\r\n', text.length - 3))
      return
    }
    const octets = await wire.imap(command)
    if (octets < expected) throw new Error(`${name}: ${octets} octets, not ${expected}`)
  })
}

const HEADERS = 'BODY.PEEK[HEADER.FIELDS (From To Cc Subject Date Message-ID References In-Reply-To Content-Type)]'

/** A session from its beginning to its end. */
const session = (name: string, clients: number, one: (stage: Stage, user: string) => Promise<Wire>): Scenario => ({
  name,
  operation: 'session',
  clients,
  play: async (stage, nth) => ({
    step: async () => (await one(stage, stage.user(nth))).close(),
    close: () => undefined,
  }),
})

function delivering(name: string, clients: number): Scenario {
  return {
    name,
    operation: 'message',
    clients,
    async play({ peer, user, message }, nth) {
      const wire = await lmtpOpen(peer.lmtp)
      const next = rounds(100)
      const step = () => lmtpDeliver(wire, user(EVERYONE + (nth % EVERYONE)), message(next()))
      return { step, close: () => wire.close() }
    },
  }
}

export const scenarios: readonly Scenario[] = [
  session('imap-login', EVERYONE, async ({ peer }, user) => {
    const wire = await imapLogin(peer.imap, user)
    await wire.imap('LOGOUT')
    return wire
  }),
  session('pop3-poll', EVERYONE, async ({ peer, messages }, user) => {
    const wire = await pop3Login(peer.pop3, user)
    await wire.ask('STAT\r\n', new RegExp(`^\\+OK ${messages} \\d+[^\\r\\n]*\\r\\n$`))
    await wire.ask('QUIT\r\n', /^\+OK[^\r\n]*\r\n$/)
    return wire
  }),
  session('pop3-download', EVERYONE, async ({ peer, messages }, user) => {
    const wire = await pop3Login(peer.pop3, user)
    await wire.ask('UIDL\r\n', /^\.\r\n$/m)
    for (let number = 1; number <= Math.min(20, messages); number++) await wire.ask(`RETR ${number}\r\n`, /^\.\r\n$/m)
    await wire.ask('QUIT\r\n', /^\+OK[^\r\n]*\r\n$/)
    return wire
  }),
  selected('imap-select', 'SELECT', (wire) => wire.imap('SELECT INBOX')),
  bulk('imap-flags', 'FLAGS'),
  bulk('imap-envelopes', 'UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE'),
  bulk('imap-headers', `UID FLAGS RFC822.SIZE ${HEADERS}`),
  selected('imap-body', 'message', (wire, next) => wire.imap(`FETCH ${next() + 1} (BODY.PEEK[])`)),
  selected('imap-part', 'part', (wire, next) => wire.imap(`FETCH ${next() + 1} (BODY.PEEK[1])`)),
  selected('imap-search-flags', 'search', (wire) => wire.imap('UID SEARCH UNSEEN UNANSWERED')),
  selected('imap-search-header', 'search', (wire, next) => wire.imap(`UID SEARCH SUBJECT "number ${next() % 50}"`)),
  selected('imap-search-text', 'search', (wire) => wire.imap('UID SEARCH TEXT "needle 7 in"')),
  selected('imap-store', 'STORE', (wire, next) => {
    const turn = next()
    return wire.imap(`STORE ${(turn >> 1) + 1} ${turn % 2 === 0 ? '+' : '-'}FLAGS (\\Flagged)`)
  }),
  selected('imap-append', 'message', (wire, next, { message }) => wire.append('Kept', message(next()))),
  selected('imap-copy-expunge', '10 messages', async (wire, next, { messages }) => {
    const first = (next() % Math.max(1, messages - 9)) + 1
    await wire.imap(`COPY ${first}:${first + 9} Copies`)
    await wire.imap('SELECT Copies')
    await wire.imap('STORE 1:* +FLAGS.SILENT (\\Deleted)')
    await wire.imap('EXPUNGE')
    await wire.imap('SELECT INBOX')
  }),
  delivering('lmtp-1', 1),
  delivering('lmtp-32', 32),
]

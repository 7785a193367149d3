import assert from 'node:assert/strict'
import { setTimeout } from 'node:timers/promises'
import { Wire } from '../../kit'
import { randomFrom } from '../../random'

/** One mailbox as one client knows it, from what it was told and nothing else. */
interface Message {
  uid: number | undefined
  flags: string | undefined
}

/** What all clients of a storm must agree on: a UID is one message for ever. */
export class Truth {
  readonly #subjects = new Map<string, string>()
  see(mailbox: string, uid: number, subject: string): void {
    const key = `${mailbox} ${uid}`
    const before = this.#subjects.get(key)
    assert.ok(before === undefined || before === subject, `${key} was ${before}, now it is ${subject}`)
    this.#subjects.set(key, subject)
  }
}

/** Responses of one answer, each in one line, with literals put in as quoted strings. */
function responses(answer: string): string[] {
  const lines: string[] = []
  let rest = answer
  let line = ''
  while (rest !== '') {
    const end = rest.indexOf('\r\n')
    line += rest.slice(0, end)
    rest = rest.slice(end + 2)
    const literal = /\{(\d+)\}$/.exec(line)
    if (literal) {
      const size = Number(literal[1])
      line = line.slice(0, literal.index) + JSON.stringify(rest.slice(0, size))
      rest = rest.slice(size)
      continue
    }
    lines.push(line)
    line = ''
  }
  return lines
}

/** RFC 9051 7.5.1: no EXPUNGE while sequence numbers are in use; with UID, and in the others, it may be said. */
const HOLDS = /^(FETCH|STORE|SEARCH|COPY) /
/** RFC 5530 3: what is not there any more */
const MAY_BE_REFUSED = /^(FETCH|STORE|COPY|MOVE|REPLACE|UID REPLACE) /

/** What a client enables: VANISHED in place of EXPUNGE (RFC 7162), the answers of rev2 (RFC 9051), no message numbers (RFC 9586) */
const MODES = ['none', 'QRESYNC', 'IMAP4rev2', 'UIDONLY', 'QRESYNC UIDONLY'] as const
type Mode = (typeof MODES)[number]

/** A client that checks every response against its model of the mailbox. */
export class Client {
  messages: Message[] = []
  mailbox = ''
  commands = 0
  lines = 0
  #announced = new Set<string>()
  #lastAppended = new Map<string, number>()
  /** a command has said VANISHED */
  #vanished = false
  #toldModSeq = false

  private constructor(
    readonly wire: Wire,
    readonly truth: Truth,
    readonly mode: Mode,
  ) {}

  /** without message numbers: those of its messages that it does not know by UID stand behind the others */
  get uidOnly(): boolean {
    return this.mode.endsWith('UIDONLY')
  }
  get #says(): 'VANISHED' | 'EXPUNGE' {
    return this.mode.startsWith('QRESYNC') || this.uidOnly ? 'VANISHED' : 'EXPUNGE'
  }

  static async open(
    { port, user, password }: Pick<Storm, 'port' | 'user' | 'password'>,
    truth: Truth,
    mode: Mode = 'none',
  ): Promise<Client> {
    const client = new Client(new Wire(port), truth, mode)
    await client.wire.until(/^\* OK.*\r\n/)
    await client.run(`LOGIN "${user}" "${password}"`)
    if (mode !== 'none') await client.run(`ENABLE ${mode}`)
    return client
  }

  async select(mailbox: string, how: 'SELECT' | 'EXAMINE' = 'SELECT'): Promise<void> {
    this.mailbox = ''
    this.messages = []
    await this.run(`${how} ${mailbox}`)
    this.mailbox = mailbox
  }

  async run(command: string): Promise<void> {
    await this.pipeline([command])
  }

  /** Commands that are sent in one packet. */
  async pipeline(commands: readonly string[]): Promise<void> {
    const tagged = commands.map((command) => ({ command, tag: `t${++this.commands}` }))
    this.wire.send(tagged.map(({ tag, command }) => `${tag} ${command}\r\n`).join(''))
    for (const { tag, command } of tagged) {
      const answer = await this.wire.until(new RegExp(`^${tag} .*\\r\\n`, 'm'))
      for (const line of responses(answer)) this.#take(line, command, tag)
    }
  }

  /** IDLE for a moment. */
  async idle(milliseconds: number): Promise<void> {
    const tag = `t${++this.commands}`
    this.wire.send(`${tag} IDLE\r\n`)
    await this.wire.until(/^\+ .*\r\n/)
    await setTimeout(milliseconds)
    this.wire.send('DONE\r\n')
    const answer = await this.wire.until(new RegExp(`^${tag} .*\\r\\n`, 'm'))
    for (const line of responses(answer)) this.#take(line, 'IDLE', tag)
  }

  #take(line: string, command: string, tag: string): void {
    this.lines++
    const shown = `${command}: ${line}`
    if (line.startsWith(`${tag} `)) return this.#takeEnd(line.slice(tag.length + 1), command)
    const number = /^\* (\d+) (EXISTS|RECENT|EXPUNGE|FETCH)(?: \((.*)\))?$/.exec(line)
    if (number) return this.#takeNumber(Number(number[1]), number[2] ?? '', number[3] ?? '', command, shown)
    const fetched = /^\* (\d+) UIDFETCH \((.*)\)$/.exec(line)
    if (fetched) return this.#takeUidFetch(Number(fetched[1]), fetched[2] ?? '', shown)
    const vanished = /^\* VANISHED ([\d:,]+)$/.exec(line)
    if (vanished) return this.#takeVanished(vanished[1] ?? '', command, shown)
    if (this.mode === 'IMAP4rev2') assert.doesNotMatch(line, /^\* (SEARCH|\d+ RECENT)/, shown)
    const search = /^\* SEARCH((?: \d+)*)$/.exec(line)
    if (search) {
      const found = (search[1] ?? '').split(' ').filter(Boolean).map(Number)
      assert.deepEqual(
        found,
        [...new Set(found)].sort((a, b) => a - b),
        shown,
      )
      if (!command.startsWith('UID'))
        assert.ok(
          found.every((one) => one <= this.messages.length),
          shown,
        )
      return
    }
    if (line.startsWith('* OK [HIGHESTMODSEQ ')) this.#toldModSeq = true
    const flags = /^\* FLAGS \(([^)]*)\)$/.exec(line)
    if (flags) this.#announced = new Set((flags[1] ?? '').toLowerCase().split(' '))
    assert.doesNotMatch(line, /^\* (BYE|BAD)/, shown)
  }

  /** RFC 7162 3.2.10.2: each UID is one message that this client counts. */
  #takeVanished(set: string, command: string, shown: string): void {
    assert.equal(this.#says, 'VANISHED', shown)
    assert.doesNotMatch(command, HOLDS, shown)
    this.#vanished = this.mode.startsWith('QRESYNC')
    for (const range of set.split(',')) {
      const [low = 0, high = low] = range.split(':').map(Number)
      for (let uid = low; uid <= high; uid++) {
        const known = this.messages.findIndex((message) => message.uid === uid)
        if (this.uidOnly) {
          assert.ok(known >= 0 || this.messages.at(-1)?.uid === undefined, `${shown}: ${uid} is not here`)
          this.messages.splice(known, 1)
          continue
        }
        // Of several that it does not know by UID, any is as good.
        const place = known >= 0 ? known : this.messages.findIndex((message) => (message.uid ?? 0) > uid) - 1
        const at = place < 0 ? this.messages.length - 1 : place
        assert.ok(
          known >= 0 || (this.messages[at] && this.messages[at].uid === undefined),
          `${shown}: ${uid} is not here`,
        )
        this.messages.splice(at, 1)
      }
    }
  }

  #takeEnd(end: string, command: string): void {
    // RFC 7162 3.2.7
    if (this.#vanished && command !== 'IDLE')
      assert.ok(this.#toldModSeq || end.startsWith('OK [HIGHESTMODSEQ '), command)
    this.#vanished = false
    this.#toldModSeq = false
    if (MAY_BE_REFUSED.test(command) && /^NO \[(EXPUNGEISSUED|NONEXISTENT)\]/.test(end)) return
    assert.match(end, /^OK/, `${command}: ${end}`)
    const appended = /^OK \[APPENDUID \d+ (\d+)\]/.exec(end)
    if (!appended) return
    const mailbox = command.split(' ')[1] ?? ''
    assert.ok(Number(appended[1]) > (this.#lastAppended.get(mailbox) ?? 0), `${command}: UIDs only grow: ${end}`)
    this.#lastAppended.set(mailbox, Number(appended[1]))
  }

  #takeNumber(value: number, word: string, data: string, command: string, shown: string): void {
    const { messages } = this
    switch (word) {
      case 'EXISTS':
        assert.ok(value >= messages.length, `${shown}, but ${messages.length} messages are known`)
        while (messages.length < value) messages.push({ uid: undefined, flags: undefined })
        return
      case 'RECENT':
        assert.ok(value <= messages.length, shown)
        return
    }
    // RFC 9586 3: no message numbers
    assert.ok(!this.uidOnly, shown)
    assert.ok(value >= 1 && value <= messages.length, `${shown}, but ${messages.length} messages are known`)
    if (word === 'EXPUNGE') {
      assert.equal(this.#says, 'EXPUNGE', shown)
      assert.doesNotMatch(command, HOLDS, shown)
      messages.splice(value - 1, 1)
      return
    }
    this.#takeFetch(value, data, shown)
  }

  #takeFetch(seq: number, data: string, shown: string): void {
    const message = this.messages[seq - 1]
    assert.ok(message)
    const uid = /\bUID (\d+)/.exec(data)?.[1]
    // RFC 7162 3.2.4, RFC 9051 7.5.2: only who asks by number without UID gets none.
    if (this.mode !== 'none') assert.ok(uid !== undefined || shown.startsWith('FETCH '), shown)
    if (uid !== undefined) {
      assert.ok(message.uid === undefined || message.uid === Number(uid), `${shown}, but it was UID ${message.uid}`)
      message.uid = Number(uid)
      const below = this.messages[seq - 2]?.uid ?? 0
      const above = this.messages[seq]?.uid ?? Number.POSITIVE_INFINITY
      assert.ok(message.uid > below && message.uid < above, `${shown}: between UID ${below} and ${above}`)
    }
    this.#takeItems(message, data, shown)
  }

  /** RFC 9586 3.3 */
  #takeUidFetch(uid: number, data: string, shown: string): void {
    assert.ok(this.uidOnly, shown)
    const message =
      this.messages.find((known) => known.uid === uid) ?? this.messages.find((known) => known.uid === undefined)
    assert.ok(message, `${shown}, but all ${this.messages.length} messages are known by UID`)
    message.uid = uid
    this.messages.sort((a, b) => (a.uid ?? Number.POSITIVE_INFINITY) - (b.uid ?? Number.POSITIVE_INFINITY))
    const own = /\bUID (\d+)/.exec(data)?.[1]
    assert.ok(own === undefined || Number(own) === uid, shown)
    this.#takeItems(message, data, shown)
  }

  #takeItems(message: Message, data: string, shown: string): void {
    const flags = /FLAGS \(([^)]*)\)/.exec(data)?.[1]
    if (flags !== undefined) {
      const names = flags.split(' ').filter((name) => name !== '' && name !== '\\Recent')
      for (const name of names) assert.ok(this.#announced.has(name.toLowerCase()), `${shown}: ${name} is not in FLAGS`)
      message.flags = names.sort().join(' ')
    }
    const subject = /Subject: (\S+?)\\r/.exec(data)?.[1]
    if (subject !== undefined && message.uid !== undefined) this.truth.see(this.mailbox, message.uid, subject)
  }

  get summary(): string[] {
    return this.messages.map(({ uid, flags }) => `${uid} ${flags}`)
  }
}

const FLAGS = ['\\Seen', '\\Flagged', '\\Deleted', '\\Answered', 'work', '$Later', 'private']
const BOXES = ['INBOX', 'Other'] as const

export interface Storm {
  readonly port: number
  readonly user: string
  readonly password: string
  readonly sessions: number
  /** until each session has sent so many steps, or so many milliseconds have passed */
  readonly steps: number
  readonly milliseconds?: number
}

export interface Calm {
  /** by mailbox: `uid flags` of each message, the same in all sessions */
  readonly mailboxes: ReadonlyMap<string, readonly string[]>
  readonly commands: number
  readonly responses: number
  close(): void
}

let serial = 0

/** One step of a session: a command, or several in one packet. */
async function step(client: Client, pick: (below: number) => number): Promise<void> {
  const count = client.messages.length
  const message = (): string => `{25+}\r\nSubject: ${String(++serial).padStart(11, '0')}\r\n\r\nx`
  const append = (): string => `APPEND ${BOXES[pick(2)]} ${message()}`
  if (count === 0) return client.run(append())
  const uid = (): number => client.messages[pick(count)]?.uid ?? 1 + pick(1000)
  // RFC 9586 3.2: the same commands, by UID
  const by = client.uidOnly ? 'UID ' : ''
  const one = (): number => (client.uidOnly ? uid() : 1 + pick(count))
  const set = (): string => (pick(2) === 0 ? `${one()}` : `${one()}:${one()}`)
  const flag = (): string => FLAGS[pick(FLAGS.length)] ?? 'work'
  const how = (): string => `${['+', '-', ''][pick(3)]}FLAGS${pick(2) ? '.SILENT' : ''} (${flag()})`
  const other = client.mailbox === 'INBOX' ? 'Other' : 'INBOX'
  const choices: readonly (() => Promise<void>)[] = [
    () => client.run(append()),
    () => client.run(append()),
    () => client.run(append()),
    () => client.run(`${by}FETCH ${set()} (UID FLAGS)`),
    () => client.run(`${by}FETCH ${one()} (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])`),
    () => client.run(`UID FETCH ${uid()}:* (FLAGS)`),
    () => client.run(`${by}STORE ${set()} ${how()}`),
    () => client.run(`${by}STORE ${one()} ${how()}`),
    () => client.run(`UID STORE ${uid()} ${how()}`),
    () => client.run(`${by}SEARCH FLAGGED`),
    () => client.run('UID SEARCH UNDELETED'),
    () => client.run(`${by}COPY ${one()} ${BOXES[pick(2)]}`),
    () => client.run(`UID COPY ${uid()} ${other}`),
    () => client.run(`UID MOVE ${uid()} ${other}`),
    () => client.run(`${by}MOVE ${one()} ${other}`),
    () => client.run(`${by}REPLACE ${one()} ${BOXES[pick(2)]} ${message()}`),
    () => client.run(`UID REPLACE ${uid()} ${client.mailbox} ${message()}`),
    () => client.run('EXPUNGE'),
    () => client.run(`UID EXPUNGE ${uid()}`),
    () => client.run('NOOP'),
    () => client.idle(pick(20)),
    () =>
      client.pipeline(
        [`FETCH ${one()} (FLAGS)`, `STORE ${one()} ${how()}`, `FETCH ${set()} (UID)`, 'SEARCH SEEN'].map(
          (command) => by + command,
        ),
      ),
    () => client.pipeline(['NOOP', append(), `UID FETCH 1:* (FLAGS)`]),
    () => (pick(4) ? client.run('CHECK') : client.select(BOXES[pick(2)] ?? 'INBOX')),
    // A mailbox that only grows would make the storm slower and slower.
    () =>
      count > 60
        ? client.pipeline([
            `${by}STORE ${by ? uid() : 1}:${by ? uid() : count >> 1} +FLAGS.SILENT (\\Deleted)`,
            'EXPUNGE',
          ])
        : client.run('NOOP'),
  ]
  return (choices[pick(choices.length)] ?? (() => client.run('NOOP')))()
}

/**
 * Many sessions, two mailboxes, random commands: each response is checked against the model of its session; in the end all
 * sessions know the same.
 */
export async function storm(options: Storm): Promise<Calm> {
  const { steps, milliseconds } = options
  const truth = new Truth()
  const clients = await Promise.all(
    Array.from({ length: options.sessions }, (_session, index) =>
      Client.open(options, truth, MODES[index % MODES.length] ?? 'none'),
    ),
  )
  for (const [index, client] of clients.entries()) await client.select(BOXES[(index >> 2) % 2] ?? 'INBOX')
  const end = milliseconds === undefined ? undefined : performance.now() + milliseconds
  await Promise.all(
    clients.map(async (client, index) => {
      const pick = randomFrom(index + 1)
      for (let n = 0; n < steps && (end === undefined || performance.now() < end); n++) await step(client, pick)
    }),
  )
  const mailboxes = new Map<string, readonly string[]>()
  for (const client of clients) await client.run('NOOP')
  for (const client of clients) {
    if (client.messages.length > 0) await client.run(`${client.uidOnly ? 'UID ' : ''}FETCH 1:* (UID FLAGS)`)
    const before = mailboxes.get(client.mailbox)
    if (before) assert.deepEqual(client.summary, before, `two sessions of ${client.mailbox} differ`)
    mailboxes.set(client.mailbox, client.summary)
  }
  return {
    mailboxes,
    commands: clients.reduce((sum, client) => sum + client.commands, 0),
    responses: clients.reduce((sum, client) => sum + client.lines, 0),
    close: () => {
      for (const { wire } of clients) wire.close()
    },
  }
}

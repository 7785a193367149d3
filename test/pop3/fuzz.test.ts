import assert from 'node:assert/strict'
import { textOf } from '../../lib/terms/errors'
import type { AccountId } from '../../lib/terms/names'
import { type Kit, startKit, Wire } from '../kit'
import { fractionsFrom } from '../random'
import { createModel, type Expected, type ModelMessage } from './model'

/** Commands in all: a million behind MAILBOX_LONG=1. The seed of a failure is in its message. */
const COMMANDS = process.env.MAILBOX_LONG ? 1_000_000 : 12_000
const PER_SESSION = 400
const ACCOUNT = { user: 'fuzz@x', password: 'pass' }
const SASL = Buffer.from('\0fuzz@x\0pass').toString('base64')

function generatorFrom(seed: number) {
  const next = fractionsFrom(seed)
  const below = (limit: number): number => Math.floor(next() * limit)
  const pick = <T>(from: readonly [T, ...T[]]): T => from[below(from.length)] ?? from[0]
  return { below, pick, chance: (probability: number) => next() < probability }
}
type Random = ReturnType<typeof generatorFrom>

const VERBS = [
  ...['USER', 'PASS', 'AUTH', 'STAT', 'LIST', 'UIDL', 'RETR', 'TOP', 'DELE', 'RSET', 'NOOP', 'CAPA', 'LANG', 'UTF8'],
  ...['STLS', 'APOP', 'XTND', 'EHLO', '', 'RETR RETR', '+OK', '.'],
] as unknown as readonly [string, ...string[]]
const ARGUMENTS = [
  ...['1', '2', '3', '4', '5', '6', '0', '-1', '01', '1 0', '2 1', '3 99999', '1 -1', '999999999', '9999999999', '1e0'],
  ...[
    '',
    ' ',
    '1 ',
    ' 1',
    '１',
    'fuzz@x',
    'FUZZ@X',
    'pass',
    'pass ',
    'PLAIN',
    `PLAIN ${SASL}`,
    'PLAIN =',
    'PLAIN !',
    '*',
  ],
  ...['en', 'en-GB', 'xx', 'plain', 'LOGIN', '\t', '%s%n', '../..'],
] as unknown as readonly [string, ...string[]]

function mutated(random: Random, line: Buffer): Buffer {
  const at = random.below(line.length + 1)
  const [before, after] = [line.subarray(0, at), line.subarray(at)]
  switch (random.below(6)) {
    case 0:
      return Buffer.concat([before, Buffer.from([random.below(256)]), after])
    case 1:
      return Buffer.concat([before, after.subarray(1)])
    case 2:
      return Buffer.concat([line, line])
    case 3:
      return Buffer.from(line.toString('latin1').toLowerCase(), 'latin1')
    case 4:
      return Buffer.concat([
        before,
        Buffer.alloc(random.pick([1, 100, 12_290, 40_000]), random.pick([0x20, 0x41, 0, 0xff])),
        after,
      ])
    default:
      return Buffer.from(Array.from({ length: random.below(30) }, () => random.below(256)))
  }
}

function lineOf(random: Random, inside: boolean): Buffer {
  if (random.chance(0.004)) return Buffer.from('QUIT')
  if (!inside && random.chance(0.3)) {
    return Buffer.from(random.pick(['USER fuzz@x', 'PASS pass', `AUTH PLAIN ${SASL}`, SASL, '*', 'AUTH PLAIN']))
  }
  const verb = random.pick(VERBS)
  const line = Buffer.from(random.chance(0.3) ? verb : `${verb} ${random.pick(ARGUMENTS)}`)
  const wild = random.chance(0.15) ? mutated(random, line) : line
  // A line end inside would make two commands of it, and languages other than English other answers.
  const safe = Buffer.from(wild.filter((octet) => octet !== 0x0a))
  return safe.at(-1) === 0x0d || /^\s*lang\s+(?:de|fr|es)/i.test(safe.toString()) ? Buffer.from('NOOP') : safe
}

/** Takes one answer off the lines. */
function compare(lines: string[], { status, rest, lines: expected }: Expected, command: string): void {
  const first = lines.shift() ?? 'nothing'
  const whole = rest === undefined ? undefined : `${status} ${rest}`
  const right = whole === undefined ? first.startsWith(status) : first === whole
  assert.ok(
    right,
    `${JSON.stringify(command)}: expected ${whole ?? status}, got ${JSON.stringify(first.slice(0, 200))}`,
  )
  assert.doesNotMatch(first, /SYS\/TEMP/)
  if (expected === undefined) return
  const end = lines.indexOf('.')
  assert.ok(end >= 0, `${JSON.stringify(command)}: no final dot`)
  const got = lines.splice(0, end + 1).slice(0, -1)
  if (expected !== 'any') assert.deepEqual(got, expected, JSON.stringify(command))
}

describe('POP3 fuzz', function () {
  this.timeout(process.env.MAILBOX_LONG ? 3_600_000 : 60_000)
  let kit: Kit
  let id: AccountId
  before(async () => {
    kit = await startKit({
      locks: { wait: { pop3: '30s' } },
      pop3Settings: { maxBadCommands: 1_000_000, maxTries: 1_000_000 },
    })
    id = await kit.account(ACCOUNT.user)
  })
  after(() => kit.close())

  const texts = [
    'Subject: a\n\n.dot\n..\n.\nend\n',
    'Subject: b\nX: y\n\n',
    'Subject: c\n\n\n\n.',
    `Subject: d\n\n${'line\n.\n'.repeat(40)}`,
  ]
  const crlf = (text: string): string => text.replace(/\n/g, '\r\n')
  const delivered = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`)

  /** The maildrop as the store has it now. */
  async function mail(): Promise<ModelMessage[]> {
    const inbox = await kit.store.mailboxes.find(id, 'INBOX')
    assert.ok(inbox)
    const { uids } = (await kit.store.messages.snapshot(id, inbox.id)) ?? { uids: new Uint32Array() }
    const found: ModelMessage[] = []
    for await (const batch of kit.store.messages.rows(id, inbox.id, [...uids] as never)) {
      for (const row of batch) {
        const octets = await kit.store.messages.read(id, row.emailId, 0, row.size)
        found.push({ text: octets?.toString('latin1') ?? '', uidl: row.uidl })
      }
    }
    return found
  }

  async function session(
    seed: number,
    stock: readonly ModelMessage[],
  ): Promise<{ sent: number; removed: ReadonlySet<number> }> {
    const random = generatorFrom(seed)
    const model = createModel(ACCOUNT, stock)
    const commands: { line: Buffer; expected: Expected }[] = []
    while (!model.over && commands.length < PER_SESSION) {
      const line = lineOf(random, model.inside)
      commands.push({ line, expected: model.answer(line) })
    }
    const octets = Buffer.concat(
      commands.flatMap(({ line }) => [line, Buffer.from(random.chance(0.02) ? '\n' : '\r\n')]),
    )
    const wire = new Wire(kit.pop3)
    for (let at = 0; at < octets.length; ) {
      const size = random.pick([1, 7, 100, 4096, 100_000])
      wire.socket.write(octets.subarray(at, at + size))
      at += size
    }
    wire.socket.end()
    const lines = (await wire.end()).split('\r\n')
    try {
      compare(lines, { status: '+OK', rest: 'POP3 ready' }, 'greeting')
      for (const { line, expected } of commands) compare(lines, expected, line.toString('latin1').slice(0, 200))
      assert.deepEqual(lines, [''], 'nothing more is said')
    } catch (error) {
      throw new Error(`seed ${seed}: ${textOf(error)}`)
    }
    return { sent: commands.length, removed: model.removed() }
  }

  it(`${COMMANDS} commands over all states are answered as the model says`, async () => {
    let sent = 0
    let removals = 0
    let stock: readonly ModelMessage[] = []
    for (let seed = 1; sent < COMMANDS; seed++) {
      if (stock.length < 2) {
        await kit.deliver(id, ...texts.map(delivered))
        stock = await mail()
        assert.deepEqual(
          stock.slice(-texts.length).map(({ text }) => text),
          texts.map(delivered).map(crlf),
        )
      }
      const done = await session(seed, stock)
      sent += done.sent
      removals += done.removed.size
      // The next session proves it: its numbers, sizes and unique ids are those of what is left.
      stock = stock.filter((_, index) => !done.removed.has(index + 1))
    }
    assert.ok(removals > 0)
    assert.deepEqual(await mail(), stock)
    assert.deepEqual(kit.errors, [])
  })
})

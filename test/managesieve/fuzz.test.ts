import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import fc from 'fast-check'
import { readFrame, stringOf } from '../../lib/managesieve/frame'
import type { Connection } from '../../lib/transport/connection'
import { createReader } from '../../lib/transport/reader'
import { type Kit, startKit, Wire } from '../kit'
import { SEED } from '../random'

const RUNS = process.env.MAILBOX_LONG ? 100_000 : 300
const COMMANDS = process.env.MAILBOX_LONG ? 200_000 : 3000

/** The frame reader sees of a connection only its reader. */
function connectionOf(chunks: readonly Buffer[]): Connection {
  const reader = createReader(
    () => undefined,
    () => undefined,
  )
  for (const chunk of chunks) reader.push(chunk)
  reader.finish()
  return Object.assign(new EventEmitter(), { reader }) as unknown as Connection
}

describe('ManageSieve frames', () => {
  const token = fc.oneof(
    fc.record({ kind: fc.constant('atom' as const), text: fc.stringMatching(/^[A-Za-z0-9]{1,20}$/) }),
    fc.record({ kind: fc.constant('string' as const), text: fc.string({ unit: 'grapheme', maxLength: 60 }) }),
  )
  it('what is written is read again, whatever the chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(token, { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 9 }),
        async (tokens, literals, size) => {
          const pieces = tokens.map((one) => {
            if (one.kind === 'atom') return Buffer.from(one.text)
            const octets = Buffer.from(one.text)
            const asLiteral = Buffer.concat([Buffer.from(`{${octets.length}+}\r\n`), octets])
            const quoted = stringOf(one.text)
            return literals || quoted[0] !== 0x22 ? asLiteral : quoted
          })
          const all = Buffer.concat([
            ...pieces.flatMap((piece, index) => (index > 0 ? [Buffer.from(' '), piece] : [piece])),
            Buffer.from('\r\nNOOP\r\n'),
          ])
          const chunks: Buffer[] = []
          for (let i = 0; i < all.length; i += size) chunks.push(all.subarray(i, i + size))
          const connection = connectionOf(chunks)
          const frame = await readFrame(connection, 10_000)
          assert.equal(frame.kind, 'tokens')
          const got = frame.kind === 'tokens' ? frame.tokens : []
          assert.deepEqual(
            got.map((one) => (one.kind === 'string' ? one.octets.toString() : one.kind === 'atom' ? one.text : '')),
            tokens.map(({ text }) => text),
          )
          assert.deepEqual(await readFrame(connection, 100), {
            kind: 'tokens',
            tokens: [{ kind: 'atom', text: 'NOOP' }],
          })
        },
      ),
      { numRuns: RUNS },
    )
  })
})

describe('ManageSieve fuzz', function () {
  this.timeout(process.env.MAILBOX_LONG ? 3_600_000 : 60_000)
  let kit: Kit
  before(async () => {
    kit = await startKit({ sieve: { limits: { bad_commands: '1000000', tries: '1000000' } } })
    await kit.account('fuzz@x')
  })
  after(() => kit.close())

  it('every command gets one answer, nothing is logged as a bug, and the session goes on', async () => {
    const auth = `AUTHENTICATE "PLAIN" "${Buffer.from('\0fuzz@x\0pass').toString('base64')}"`
    const verbs = ['PUTSCRIPT', 'GETSCRIPT', 'SETACTIVE', 'DELETESCRIPT', 'RENAMESCRIPT', 'LISTSCRIPTS', 'HAVESPACE']
    const command = fc.oneof(
      fc
        .tuple(
          fc.constantFrom(...verbs, 'CHECKSCRIPT', 'UNAUTHENTICATE', 'CAPABILITY', 'STARTTLS', 'X'),
          fc.array(
            fc.constantFrom(
              '"a"',
              '"b"',
              '"keep;"',
              '"if"',
              '""',
              '5',
              '4294967296',
              'x',
              '"',
              '(',
              '{x+}',
              '{3+}\r\nü1',
              '"ü"',
              '\t',
            ),
            { maxLength: 3 },
          ),
        )
        .map(([verb, args]) => [verb, ...args].join(' ')),
      fc.constant(auth),
      fc.string({ maxLength: 40 }).map((text) => text.replace(/[\r\n]/g, '').replace(/\{\d+\+\}$/, '')),
    )
    const wire = new Wire(kit.sieve)
    await wire.until(/^OK .*\r\n/m)
    const commands = fc.sample(command, { numRuns: COMMANDS, seed: SEED })
    for (const [index, text] of commands.entries()) {
      if (/^(?:logout|authenticate)\b/i.test(text) && text !== auth) continue
      wire.send(Buffer.from(`${text}\r\nNOOP "${index}"\r\n`))
      const answer = await wire.until(new RegExp(`TAG "${index}"\\) .*\\r\\n`))
      const replies = answer.match(/^(?:OK|NO|BYE)\b.*\r\n/gm) ?? []
      assert.equal(replies.length, 2, `MAILBOX_SEED=${SEED}: ${JSON.stringify(text)} got ${JSON.stringify(answer)}`)
      assert.doesNotMatch(answer, /^BYE|TRYLATER/m, `MAILBOX_SEED=${SEED}: ${JSON.stringify(text)}`)
    }
    assert.deepEqual(kit.errors, [])
    wire.close()
  })
})

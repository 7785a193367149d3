import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type Kit, kitOrSkip, Wire } from '../kit'
import { DRIVERS } from '../stores'

/**
 * A client that knows the mailbox of its last visit and asks by SELECT (QRESYNC) what happened since must end with the same
 * UIDs and flags as one that reads everything, whatever others did meanwhile (RFC 7162 6).
 */

type Step =
  | { readonly kind: 'append' }
  | { readonly kind: 'flag' | 'expunge' | 'move'; readonly nth: number }
  /** the client comes back; `knows` is what it says of itself */
  | { readonly kind: 'visit'; readonly knows: 'modseq' | 'nothing' | 'match' | 'uids' }

const nth = fc.nat({ max: 30 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constant({ kind: 'append' } as const),
  fc.record({ kind: fc.constantFrom('flag', 'expunge', 'move'), nth }),
  fc.record({ kind: fc.constant('visit'), knows: fc.constantFrom('modseq', 'nothing', 'match', 'uids') }),
)

/** One command and everything up to its tagged response. */
function talker(wire: Wire): (command: string) => Promise<string> {
  let serial = 0
  return (command) => {
    const tag = `t${++serial}`
    wire.send(`${tag} ${command}\r\n`)
    return wire.until(new RegExp(`^${tag} (OK|NO|BAD).*\\r\\n`, 'm'))
  }
}

const numbersIn = (set: string): number[] =>
  set.split(',').flatMap((range) => {
    const [low = 0, high = low] = range.split(':').map(Number)
    return Array.from({ length: high - low + 1 }, (_, index) => low + index)
  })

function fetched(text: string): Map<number, string> {
  const found = new Map<number, string>()
  for (const [, uid, flags = ''] of text.matchAll(/^\* \d+ FETCH \(UID (\d+) FLAGS \(([^)]*)\)/gm)) {
    found.set(Number(uid), flags)
  }
  return found
}
const code = (text: string, name: string): number => Number(new RegExp(`\\[${name} (\\d+)\\]`).exec(text)?.[1])

class Client {
  known = new Map<number, string>()
  modSeq = 0
  validity = 0

  /** parameters of SELECT */
  asks(knows: Extract<Step, { kind: 'visit' }>['knows']): string {
    const uids = [...this.known.keys()].sort((a, b) => a - b)
    const set = uids.length > 0 ? ` ${uids.join(',')}` : ''
    if (knows === 'modseq') return `${this.validity} ${this.modSeq}`
    if (knows === 'uids') return `${this.validity} ${this.modSeq}${set}`
    // A number that the server cannot know: it must tell all that is gone.
    if (knows === 'nothing' || uids.length === 0) return `${this.validity} 999999999${set}`
    return `${this.validity} 999999999${set} (${uids.map((_uid, index) => index + 1).join(',')} ${uids.join(',')})`
  }
  takes(text: string): void {
    for (const [, set = ''] of text.matchAll(/^\* VANISHED \(EARLIER\) (\S+)\r$/gm)) {
      for (const uid of numbersIn(set)) this.known.delete(uid)
    }
    for (const [uid, flags] of fetched(text)) this.known.set(uid, flags)
  }
}

async function visit(kit: Kit, name: string, client: Client, knows: 'first' | Parameters<Client['asks']>[0]) {
  const wire = new Wire(kit.imap)
  const say = talker(wire)
  await say(`LOGIN ${name} pass`)
  await say('ENABLE QRESYNC')
  const text = await say(`EXAMINE INBOX${knows === 'first' ? '' : ` (QRESYNC (${client.asks(knows)}))`}`)
  client.takes(text)
  client.modSeq = code(text, 'HIGHESTMODSEQ')
  client.validity = code(text, 'UIDVALIDITY')
  const last = Math.max(0, ...client.known.keys())
  // What a client with a number from nowhere must do as well: its flags are not of that number.
  const flags = knows === 'modseq' || knows === 'uids' ? `${last + 1}:*` : '1:*'
  for (const [uid, value] of fetched(await say(`UID FETCH ${flags} (FLAGS)`))) client.known.set(uid, value)
  const truth = fetched(await say('UID FETCH 1:* (FLAGS)'))
  assert.deepEqual(
    [...client.known].sort((a, b) => a[0] - b[0]),
    [...truth],
  )
  wire.close()
}

for (const driver of DRIVERS) {
  describe(`IMAP QRESYNC on ${driver}`, function () {
    this.timeout(60_000)

    let kit: Kit
    let serial = 0
    before(async function () {
      const made = await kitOrSkip(driver)
      if (!made) return this.skip()
      kit = made
    })
    after(() => kit?.close())

    it('brings a client to what is there, whatever happened since its last visit', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
          const name = `user${++serial}`
          await kit.account(name)
          const wire = new Wire(kit.imap)
          const say = talker(wire)
          await say(`LOGIN ${name} pass`)
          await say('CREATE Other')
          await say('SELECT INBOX')
          const client = new Client()
          await visit(kit, name, client, 'first')
          for (const one of steps) {
            if (one.kind === 'visit') await visit(kit, name, client, one.knows)
            else if (one.kind === 'append') await say('APPEND INBOX {6+}\r\nA: b\r\n')
            else {
              const uids = [...fetched(await say('UID FETCH 1:* (FLAGS)')).keys()]
              const uid = uids[one.nth % Math.max(1, uids.length)]
              if (uid === undefined) continue
              if (one.kind === 'flag') await say(`UID STORE ${uid} +FLAGS (k${one.nth % 5})`)
              if (one.kind === 'move') await say(`UID MOVE ${uid} Other`)
              if (one.kind === 'expunge') {
                await say(`UID STORE ${uid} +FLAGS.SILENT (\\Deleted)`)
                await say(`UID EXPUNGE ${uid}`)
              }
            }
          }
          await visit(kit, name, client, 'modseq')
          wire.close()
        }),
        { numRuns: process.env.MAILBOX_LONG === '1' ? 1000 : 20 },
      )
      assert.deepEqual(kit.errors, [])
    })
  })
}

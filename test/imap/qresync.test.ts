import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type Kit, kitOrSkip, Wire } from '../kit'
import { DRIVERS } from '../stores'
import { Client, fetched, type Knows, talker, visit } from './qresync-client'

/**
 * A client that knows the mailbox of its last visit and asks by SELECT (QRESYNC) what happened since must end with the same
 * UIDs and flags as one that reads everything, whatever others did meanwhile (RFC 7162 6).
 */

type Step =
  | { readonly kind: 'append' }
  | { readonly kind: 'flag' | 'expunge' | 'move'; readonly nth: number }
  /** the client comes back; `knows` is what it says of itself */
  | { readonly kind: 'visit'; readonly knows: Knows }

const nth = fc.nat({ max: 30 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constant({ kind: 'append' } as const),
  fc.record({ kind: fc.constantFrom('flag', 'expunge', 'move'), nth }),
  fc.record({ kind: fc.constant('visit'), knows: fc.constantFrom('modseq', 'nothing', 'match', 'uids') }),
)

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

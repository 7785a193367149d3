import assert from 'node:assert/strict'
import type { Mailbox, Snapshot } from '../../../lib/store/store'
import { kitOrSkip } from '../../kit'
import { DRIVERS } from '../../stores'
import { storm } from './model'

/** `uid flags` as the store has them */
function summaryOf({ uids, flags, flagSets }: Snapshot): string[] {
  return [...uids].map((uid, at) => `${uid} ${[...(flagSets[flags[at] ?? 0]?.names ?? [])].sort().join(' ')}`)
}

const LONG = Number(process.env.MAILBOX_LONG ?? 0) > 0

for (const driver of DRIVERS) {
  describe(`IMAP under many sessions in shared mailboxes on ${driver}`, function () {
    this.timeout(LONG ? 600_000 : 60_000)
    for (const [sessions, steps] of [
      [10, 200],
      [50, 30],
    ] as const) {
      it(`${sessions} sessions: every response fits what was said before, all end alike and as the store is`, async function () {
        const kit = await kitOrSkip(driver)
        if (!kit) return this.skip()
        try {
          const id = await kit.account('many')
          await kit.room.account({ id, name: 'many', overrides: {}, admin: false }).create('Other')
          const limits = LONG ? { steps: Number.POSITIVE_INFINITY, milliseconds: 180_000 } : { steps }
          const calm = await storm({ port: kit.imap, user: 'many', password: 'pass', sessions, ...limits })
          for (const [name, summary] of calm.mailboxes) {
            const mailbox: Mailbox | undefined = await kit.store.mailboxes.find(id, name)
            const snapshot: Snapshot | undefined = mailbox && (await kit.store.messages.snapshot(id, mailbox.id))
            assert.deepEqual(summary, snapshot && summaryOf(snapshot))
          }
          assert.deepEqual(await kit.store.check(id), [])
          assert.deepEqual(kit.errors, [])
          calm.close()
          console.log(`      ${calm.commands} commands, ${calm.responses} responses checked`)
        } finally {
          await kit.close()
        }
      })
    }
  })
}

import assert from 'node:assert/strict'
import { createColumns } from '../../../lib/mailbox/view/columns'
import { flagsFault, storableFlags } from '../../../lib/store/limits'
import { flagSet, NO_FLAGS } from '../../../lib/terms/flags'
import { accountId } from '../../../lib/terms/names'
import { modSeq, uid } from '../../../lib/terms/numbers'
import { fakeStore } from '../fake-store'

describe('keywords', () => {
  it('have a length, a message a number and octets of them; what is over may become less', () => {
    const long = 'x'.repeat(101)
    const many = Array.from({ length: 101 }, (_, nth) => `k${nth}`)
    const wide = Array.from({ length: 30 }, (_, nth) => `k${nth}${'x'.repeat(90)}`)
    for (const flags of [[long], many, wide]) {
      assert.equal(flagsFault(flagSet(flags))?.kind, 'limit')
      assert.equal(flagsFault(flagSet(flags.slice(1)), flagSet(flags)), undefined)
      assert.equal(flagsFault(storableFlags(flags)), undefined)
    }
    assert.deepEqual(storableFlags(['\\Seen', long, 'Work']).names, ['\\Seen', 'Work'])
    assert.equal(flagsFault(flagSet(many.slice(1))), undefined)
  })

  it('sets of flags that no message has are forgotten, those that are there stay', async () => {
    const [mailbox] = await fakeStore().mailboxes.list(accountId('a1'))
    assert.ok(mailbox)
    const columns = createColumns({
      mailbox,
      uids: Uint32Array.of(1, 2, 3),
      sizes: new Uint32Array(3),
      modSeqs: new Float64Array(3),
      internalDates: new Float64Array(3),
      flags: new Uint32Array(3),
      flagSets: [NO_FLAGS],
    })
    const fixed = flagSet(['Fixed'])
    columns.setFlags({ uid: uid(2), flags: fixed, modSeq: modSeq(2) })
    for (let nth = 0; nth < 5000; nth++) {
      const flags = flagSet([`k${nth % 700}`, `k${(nth * 31) % 700}`])
      columns.setFlags({ uid: uid(1 + 2 * (nth % 2)), flags, modSeq: modSeq(3 + nth) })
      assert.equal(columns.flagsAt(nth % 2 === 0 ? 0 : 2).wire, flags.wire)
      assert.equal(columns.flagsAt(1).wire, '(Fixed)')
    }
    assert.equal(columns.keywords().size, 701)
    const looked: string[] = []
    columns.matching((flags) => looked.push(flags.wire) > 0, 0, 3)
    assert.equal(looked.length, 3)
  })
})

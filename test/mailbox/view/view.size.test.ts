import assert from 'node:assert/strict'
import { ALL_RIGHTS } from '../../../lib/mailbox/shared/rights'
import { createState } from '../../../lib/mailbox/view/state'
import { createView, type SessionView } from '../../../lib/mailbox/view/view'
import type { Change } from '../../../lib/store/change'
import type { Snapshot } from '../../../lib/store/store'
import { flagSet, NO_FLAGS } from '../../../lib/terms/flags'
import { accountId } from '../../../lib/terms/names'
import { modSeq, uid } from '../../../lib/terms/numbers'
import { silentLog } from '../../../lib/terms/ports'
import { fakeStore } from '../fake-store'

const MESSAGES = process.env.MAILBOX_LONG === '1' ? 1_000_000 : 200_000
const SESSIONS = 1000
const account = accountId('a1')

/** A mailbox of that size whose commits are offered by hand; the store behind it only knows how far it is. */
async function bigMailbox() {
  const store = fakeStore()
  const [inbox] = await store.mailboxes.list(account)
  assert.ok(inbox)
  const snapshot: Snapshot = {
    mailbox: { ...inbox, uidNext: uid(MESSAGES + 1), highestModSeq: modSeq(1), messages: MESSAGES },
    uids: Uint32Array.from({ length: MESSAGES }, (_, index) => index + 1),
    sizes: new Uint32Array(MESSAGES).fill(1000),
    modSeqs: new Float64Array(MESSAGES).fill(1),
    internalDates: new Float64Array(MESSAGES),
    flags: new Uint32Array(MESSAGES),
    flagSets: [NO_FLAGS],
  }
  const state = createState({ store, log: silentLog }, account, snapshot)
  store.mailboxes.get = async () => ({ ...snapshot.mailbox, highestModSeq: state.modSeq })
  const commit = (change: Change) => {
    const after = state.modSeq
    state.offer({ account, mailbox: inbox.id, after, modSeq: modSeq(after + 1), changes: [change] })
  }
  const open = (): SessionView =>
    createView(state, {
      account,
      rights: ALL_RIGHTS,
      mailbox: snapshot.mailbox,
      recentFrom: MESSAGES + 1,
      recent: 'peek',
      log: silentLog,
      onClose() {},
    })
  return { state, commit, open }
}

const timed = async (what: string, run: () => unknown): Promise<void> => {
  const start = performance.now()
  await run()
  if (process.env.MAILBOX_LONG === '1') console.log(`      ${what}: ${(performance.now() - start).toFixed(1)} ms`)
}
function heapUsed(): number {
  global.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

describe(`a mailbox of ${MESSAGES} messages with ${SESSIONS} sessions`, function () {
  this.timeout(120_000)

  it('is kept once: a session adds no copy, idle or behind', async () => {
    const { commit, open } = await bigMailbox()
    const before = heapUsed()
    const views = Array.from({ length: SESSIONS }, open)
    commit({ kind: 'expunged', uids: [uid(1), uid(MESSAGES / 2)] })
    await Promise.all(views.map((view) => view.sync('hold')))
    const each = (heapUsed() - before) / SESSIONS
    if (process.env.MAILBOX_LONG === '1') console.log(`      octets per session: ${Math.round(each)}`)
    // A copy of the smallest column alone would be 800 KB.
    assert.ok(each < 20_000, `${each} octets per session`)
    assert.equal(views.at(-1)?.uidAt(MESSAGES), MESSAGES)
  })

  it('tells 1000 sessions of everything, in order', async () => {
    const { commit, open } = await bigMailbox()
    const views = Array.from({ length: SESSIONS }, open)
    const seen = flagSet(['\\Seen'])
    const row = (number: number, at: number) => ({
      uid: uid(number),
      flags: seen,
      modSeq: modSeq(at),
      size: 1,
      internalDate: 0,
    })
    await timed('100 expunges, one by one', () => {
      for (let nth = 0; nth < 100; nth++) commit({ kind: 'expunged', uids: [uid(nth * 1000 + 1)] })
    })
    await timed('50000 expunges at once', () => {
      commit({ kind: 'expunged', uids: Array.from({ length: 50_000 }, (_, index) => uid(2 * index + 100_000)) })
    })
    await timed('1000 deliveries', () => {
      for (let nth = 1; nth <= 1000; nth++) commit({ kind: 'added', rows: [row(MESSAGES + nth, 102 + nth)] })
    })
    await timed('flags of 10000', () => {
      commit({ kind: 'flags', rows: Array.from({ length: 10_000 }, (_, index) => row(index + 2, 2000)) })
    })
    await timed('first sync', async () => {
      const updates = (await views[0]?.sync('say')) ?? []
      assert.equal(updates.filter((one) => one.kind === 'expunge').length, 50_100)
      assert.equal(updates.filter((one) => one.kind === 'flags').length, 10_000 - 10)
    })
    await timed('20 more syncs', async () => {
      for (const view of views.slice(1, 21)) assert.equal((await view.sync('say')).length, 50_100 + 1 + 9_990)
    })
    await timed('a look through the whole mailbox', () => {
      const view = views[0]
      let unseen = 0
      for (let seq = 1; view !== undefined && seq <= view.exists; seq++) if (!view.flagsAt(seq).has('\\Seen')) unseen++
      assert.equal(unseen, MESSAGES - 50_100 - 9_990)
    })
    for (const view of views) view.close()
    const fresh = Array.from({ length: SESSIONS }, open)
    await timed('one delivery told to 1000 sessions', async () => {
      commit({ kind: 'added', rows: [row(MESSAGES + 2000, 3000)] })
      const told = await Promise.all(fresh.map((view) => view.sync('hold')))
      assert.ok(told.every((updates) => updates.length === 1))
    })
  })
})

import assert from 'node:assert/strict'
import { prepare } from '../../mime/prepare'
import { DAY } from '../../terms/calendar'
import { flagSet, NO_FLAGS } from '../../terms/flags'
import { modSeq } from '../../terms/numbers'
import { audit, type Mended } from '../audit'
import { gather } from '../audit/facts'
import { RECOVERED } from '../audit/work'
import { makeMailboxId } from '../ids'
import { annotationKey } from '../records/annotations'
import { type RepairEnd, repairAccount } from '../repair'
import { skipNumbers } from '../restored'
import type { Store } from '../store'
import type { MessageTransfer, RecordTransfer, TransferAccount } from '../transfer'
import { add, named, newAccount, rowsOf, value } from './fixtures'
import type { Framework } from './framework'

const NOW = 1_800_000_000_000

/** An empty store that can be opened again and again, as a store and as rows, never both at once. */
export interface Openings {
  store(): Promise<Store>
  end(): Promise<RepairEnd>
}

interface Changes {
  readonly kind: string
  readonly mailbox?: number
  readonly [column: string]: unknown
}
interface Broken {
  account: TransferAccount
  records: RecordTransfer[]
  index: Changes[]
  gone: number[]
}
const listed = ({ index }: Broken, kind: string, mailbox?: number): Changes[] =>
  index.filter((row) => row.kind === kind && (mailbox === undefined || row.mailbox === mailbox))
const first = (broken: Broken, kind: string, mailbox?: number): Changes => {
  const [row] = listed(broken, kind, mailbox)
  assert.ok(row)
  return row
}
const without = (broken: Broken, row: Changes | undefined): void => {
  broken.index = broken.index.filter((one) => one !== row)
}

/** Account of the test: INBOX (mailbox 1) has messages 1 to 3, Sent (mailbox 2) copies of 1 and 2; message 4 is in the recycle bin, where there is one. */
async function fill(store: Store): Promise<void> {
  const { id, inbox } = await newAccount(store, 'alice@example.org')
  const texts = ['one', 'two', 'three', 'four'].map((text, at) => {
    const bytes = Buffer.from(`Message-ID: <${at}@x>\r\nSubject: ${text}\r\n\r\n${text}\r\n`)
    const flags = at === 0 ? flagSet(['\\Seen', 'kept']) : NO_FLAGS
    return { bytes, prepared: prepare(bytes), flags, internalDate: NOW - 1000, ...(at === 1 && { uidl: 'own-uidl' }) }
  })
  const uids = value(await store.messages.append(id, inbox.id, texts)).value
  const sent = value(await store.mailboxes.create(id, 'Sent')).value
  value(await store.messages.copy(id, inbox.id, uids.slice(0, 2), sent.id))
  value(await store.messages.expunge(id, inbox.id, uids.slice(3), { only: 'all', bin: { time: DAY, octets: 1e6 } }))
  assert.equal(await store.scripts.put(id, 'main', 'keep;'), undefined)
  assert.equal(await store.scripts.activate(id, 'main'), undefined)
}

const CORRUPTIONS: readonly (readonly [what: string, fault: RegExp, run: (broken: Broken) => void])[] = [
  ['a counter', /^INBOX: unseen is 7, counted 2$/, (it) => Object.assign(first(it, 'mailbox', 1), { unseen: 7 })],
  ['UIDNEXT', /^INBOX: UID 3 is not below UIDNEXT$/, (it) => Object.assign(first(it, 'mailbox', 1), { uidNext: 3 })],
  [
    'the first recent UID',
    /recent UID is above UIDNEXT/,
    (it) => Object.assign(first(it, 'mailbox', 2), { recentFrom: 9 }),
  ],
  [
    'a mod-sequence',
    /^Sent: UID 1 has a mod-sequence above the highest$/,
    (it) => Object.assign(first(it, 'entry', 2), { modSeq: 99 }),
  ],
  [
    'mod-sequences that were left out',
    /^INBOX: the mod-sequences that were left out are not known$/,
    (it) => Object.assign(first(it, 'mailbox', 1), { gaps: '7 3' }),
  ],
  [
    'a gap above the highest mod-sequence',
    /^Sent: the mod-sequences that were left out are not known$/,
    (it) => Object.assign(first(it, 'mailbox', 2), { gaps: '1 99' }),
  ],
  [
    'a size',
    /^INBOX: the size of UID 1 is 5, 40 octets are kept$/,
    (it) => Object.assign(first(it, 'entry', 1), { size: 5 }),
  ],
  [
    'two UIDLs',
    /^INBOX: UID 2 has the UIDL of another message$/,
    (it) => Object.assign(first(it, 'entry', 1), { uidl: 'own-uidl' }),
  ],
  ['a lost entry', /^message 3 is in no mailbox$/, (it) => without(it, listed(it, 'entry', 1)[2])],
  ['a lost mailbox', /^UID 1 is in mailbox 2, which is not there$/, (it) => without(it, first(it, 'mailbox', 2))],
  ['no INBOX', /^there is no INBOX$/, (it) => Object.assign(first(it, 'mailbox', 1), { name: 'Other' })],
  ['a gap in the log', /^INBOX: the log of changes has gaps$/, (it) => without(it, listed(it, 'change', 1).at(-1))],
  [
    'a UID in the log',
    /^INBOX: the log of changes has UIDs that were never given$/,
    (it) => Object.assign(first(it, 'change', 1), { added: [77] }),
  ],
  [
    'a log of nothing',
    /^the log of mailbox 9, which is not there, is kept$/,
    (it) => it.index.push({ ...first(it, 'change', 1), mailbox: 9 }),
  ],
  [
    'a thread of nothing',
    /^1 threads have no message$/,
    (it) => Object.assign(first(it, 'thread'), { messageId: 'ab'.repeat(16) }),
  ],
  [
    'a UIDVALIDITY',
    /^the UIDVALIDITY of Sent is above the highest that was given, 5$/,
    (it) => {
      it.account = { ...it.account, lastUidValidity: 5 }
      Object.assign(first(it, 'mailbox', 1), { uidValidity: 4 })
    },
  ],
  [
    'the number of a mailbox',
    /^the number of Sent is above the highest that was given, 1$/,
    (it) => {
      it.account = { ...it.account, lastMailbox: 1 }
    },
  ],
  [
    'the number of a message',
    /^the number of message 3 is above the highest that was given, 2$/,
    (it) => {
      it.account = { ...it.account, lastMessage: 2 }
    },
  ],
  [
    'the sum',
    /^quota is not the sum of the messages$/,
    (it) => {
      it.account = { ...it.account, usedBytes: 1, usedMessages: 1 }
    },
  ],
  [
    'the active script',
    /^the active script other is not there$/,
    (it) => {
      it.account = { ...it.account, attributes: { ...it.account.attributes, activeScript: 'other' } }
    },
  ],
  [
    'the attributes of the account',
    /^its attributes \(password, rights, quota, overrides\) are damaged: .* haraka-mailbox accounts passwd/,
    (it) => {
      const { credentials: _lost, ...attributes } = it.account.attributes
      it.account = { ...it.account, attributes }
    },
  ],
  [
    'special uses',
    /^Sent: its special uses are damaged: /,
    (it) => Object.assign(first(it, 'mailbox', 2), { specialUse: ['\\Snet'] }),
  ],
  [
    'annotations of a mailbox',
    /^Sent: its annotations are damaged: /,
    (it) => {
      const key = annotationKey(makeMailboxId(1, 2))
      it.records.push({ kind: 'record', record: 'annotation', key, value: Buffer.from('[["/private/comm') })
    },
  ],
  ['a lost message', /^INBOX: UID 3 has no octets$/, (it) => it.gone.push(3)],
]
/** Of stores that have a recycle bin. */
const OF_THE_BIN: typeof CORRUPTIONS = [
  [
    'the sum of the recycle bin',
    /^the size of the recycle bin is not the sum of its messages$/,
    (it) => {
      it.account = { ...it.account, binnedBytes: 7, binnedMessages: 0 }
    },
  ],
  [
    'a size in the recycle bin',
    /^the size of UID 4 of INBOX in the recycle bin is 5, 42 octets are kept$/,
    (it) => Object.assign(first(it, 'binned'), { size: 5 }),
  ],
  [
    'a message that is lost from the recycle bin',
    /^UID 4 of INBOX in the recycle bin has no octets$/,
    (it) => it.gone.push(4),
  ],
  [
    'a message whose row in the recycle bin is lost',
    /^message 4 is in no mailbox$/,
    (it) => without(it, first(it, 'binned')),
  ],
]

/** What `check --repair`, `restored` and `migrate` ask of a driver: its rows, what an audit finds in them, and what mends it. @param hasBin its stores have a recycle bin */
export function repairConformance(
  { describe, it, before, after }: Framework,
  name: string,
  open: Openings,
  hasBin = true,
): void {
  describe(`repair conformance: ${name}`, () => {
    let end: RepairEnd
    let whole: Mended
    let messages: MessageTransfer[]
    const owner = async (): Promise<TransferAccount> => {
      const [account] = await end.accounts()
      assert.ok(account)
      return account
    }
    const faults = async (): Promise<readonly string[]> => {
      const account = await owner()
      return (await audit(account, end.facts(account.account), NOW)).faults
    }

    before(async () => {
      const store = await open.store()
      await fill(store)
      await store.close()
      end = await open.end()
      const account = await owner()
      const found = await audit(account, end.facts(account.account), NOW)
      assert.deepEqual(found.faults, [])
      whole = found.mended
      messages = []
      for await (const row of end.rows(account.account)) if (row.kind === 'message') messages.push(row)
    })
    after(() => end.close())

    /** As it was filled. */
    async function restore(): Promise<void> {
      const { account } = whole.account
      await end.mend({ ...whole, index: [], messages: [], gone: [1, 2, 3, 4, 5, 6, 7, 8, 9, 1005] })
      await end.put(account, messages)
      await end.mend({ ...whole, messages: [], gone: [] })
      assert.deepEqual(await faults(), [])
    }
    async function corrupt(run: (broken: Broken) => void): Promise<void> {
      await restore()
      const broken: Broken = {
        ...{ account: whole.account, index: whole.index.map((row) => ({ ...row })) },
        ...{ records: [], gone: [] },
      }
      run(broken)
      // Whatever the rows say: that is what a damaged store looks like.
      await end.mend({
        account: broken.account,
        index: broken.index as never,
        records: broken.records,
        messages: [],
        gone: broken.gone,
      })
    }
    async function repaired(): Promise<void> {
      const { left } = await repairAccount(end, await owner(), NOW)
      assert.deepEqual(left, [])
      assert.deepEqual(await faults(), [])
    }
    const octets = async (): Promise<string[]> => {
      const found: string[] = []
      for await (const row of end.rows(1)) if (row.kind === 'message') found.push(row.octets.toString())
      return found.sort()
    }

    for (const [what, fault, run] of [...CORRUPTIONS, ...(hasBin ? OF_THE_BIN : [])]) {
      it(`${what}: is found, named and mended`, async () => {
        await corrupt(run)
        const found = await faults()
        assert.ok(
          found.some((one) => fault.test(one)),
          found.join('\n'),
        )
        const before = await octets()
        await repaired()
        assert.deepEqual(await octets(), before, 'no octets are lost')
      })
    }

    it('a message that is in no mailbox any more is found again, with what its header says', async () => {
      await corrupt((broken) => without(broken, listed(broken, 'entry', 1)[2]))
      await repaired()
      const all = await gather(end.facts(1))
      const box = [...all.boxes.values()].find(({ name }) => name === RECOVERED)
      assert.equal(box?.messages, 1)
      assert.equal(all.entries.find(({ mailbox }) => mailbox === box?.mailbox)?.message, 3)
    })

    it('what is prepared of a message is made again from its octets', async () => {
      for (const damage of [Buffer.alloc(10), Buffer.alloc(500)]) {
        await restore()
        const [one] = messages
        assert.ok(one)
        const keep = await owner()
        await end.mend({ ...whole, account: keep, messages: [], gone: [1] })
        await end.put(1, [{ ...one, prepared: damage }])
        assert.match((await faults()).join(), /message 1 is prepared (in part|as one of)/)
        await repaired()
        const now: MessageTransfer[] = []
        for await (const row of end.rows(1)) if (row.kind === 'message' && row.message === 1) now.push(row)
        assert.deepEqual(now[0]?.prepared, one.prepared)
        assert.deepEqual(now[0]?.octets, one.octets)
      }
    })

    it('the flags, dates, UIDs and UIDLs of what is whole stay as they are', async () => {
      await corrupt((broken) => Object.assign(first(broken, 'mailbox', 1), { messages: 99, uidNext: 2 }))
      await repaired()
      const all = await gather(end.facts(1))
      assert.deepEqual(
        all.entries,
        whole.index.filter((row) => row.kind === 'entry'),
      )
      assert.equal(all.boxes.get(1)?.uidValidity, whole.index.find((row) => row.kind === 'mailbox')?.uidValidity)
    })

    it('after an older copy was put back no number is given again', async () => {
      await restore()
      await end.mend(await skipNumbers(await owner(), end.facts(1), 1000))
      assert.deepEqual(await faults(), [])
      const store = await open.store()
      const id = (await store.accounts.find('alice@example.org'))?.id
      assert.ok(id)
      const inbox = await named(store, id, 'INBOX')
      const before = whole.index.find((row) => row.kind === 'mailbox' && row.mailbox === 1)
      assert.ok(before?.kind === 'mailbox')
      assert.deepEqual(
        [inbox.uidNext, inbox.highestModSeq, inbox.uidValidity],
        [before.uidNext + 1000, before.modSeq + 1000, before.uidValidity],
      )
      assert.equal(await store.messages.changesSince(id, inbox.id, modSeq(before.modSeq)), undefined)
      assert.deepEqual(await add(store, id, inbox, 'new'), [before.uidNext + 1000])
      const rows = await rowsOf(store, id, await named(store, id, 'INBOX'))
      assert.deepEqual(
        rows.slice(0, 3).map((row) => row.modSeq),
        Array(3).fill(before.modSeq + 1000),
      )
      assert.ok(rows.slice(0, 3).every(({ emailId }) => emailId !== rows[3]?.emailId))
      const made = value(await store.mailboxes.create(id, 'Later')).value
      assert.ok(made.uidValidity > whole.account.lastUidValidity + 1000)
      assert.deepEqual(await store.check(id), [])
      await store.close()
    })

    it('the store finds the same as the audit', async () => {
      await corrupt((broken) => Object.assign(first(broken, 'mailbox', 1), { unseen: 7 }))
      const store = await open.store()
      const account = await store.accounts.find('alice@example.org')
      assert.ok(account)
      assert.deepEqual(await store.check(account.id), ['INBOX: unseen is 7, counted 2'])
      await store.close()
    })
  })
}

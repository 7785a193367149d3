import assert from 'node:assert/strict'
import { createPlaces } from '../../../lib/mailbox/shared/places'
import type { Account } from '../../../lib/store/account'
import { createAclTable } from '../../../lib/store/records/acl'
import type { OwnedRecord, RecordTable } from '../../../lib/store/records/records'
import type { Mailbox } from '../../../lib/store/store'
import { accountId, type MailboxId, mailboxId } from '../../../lib/terms/names'

const [CAROL, BOB, EVE] = [accountId('A1'), accountId('A2'), accountId('A3')]
const NAMES = new Map([
  ['bob@example.org', BOB],
  ['eve@example.org', EVE],
])
const accountOf = (name: string): Account | undefined => {
  const id = NAMES.get(name)
  return id && ({ id, name, overrides: {} } as unknown as Account)
}
const record = (account: typeof BOB, identifier: string, mailbox: string, rights: string): OwnedRecord => ({
  account,
  key: `${identifier}\t${mailbox}`,
  value: Buffer.from(rights),
})

/** Mailboxes are named as their ids are. */
function places(records: readonly OwnedRecord[]) {
  let asked = 0
  const across: RecordTable['across'] = async (prefixes, limit) => {
    asked++
    return prefixes.flatMap((prefix) => records.filter(({ key }) => key.startsWith(prefix))).slice(0, limit)
  }
  const ids = new Map<string, MailboxId>(records.map(({ key }) => [key.split('\t')[1] ?? '', mailboxId('M')]))
  const find = async (account: string, name: string): Promise<Mailbox | undefined> => {
    asked++
    return ids.has(name) && account !== CAROL ? ({ id: mailboxId(name), name } as Mailbox) : undefined
  }
  const store = {
    accounts: {
      find: async (name: string) => {
        asked++
        return accountOf(name)
      },
      get: async (id: string) => accountOf([...NAMES].find(([, of]) => of === id)?.[0] ?? ''),
    },
    mailboxes: {
      find,
      get: find,
      list: async (account: string) =>
        records.flatMap((entry) => {
          const name = entry.key.split('\t')[1] ?? ''
          return entry.account === account ? [{ id: mailboxId(name), name } as Mailbox] : []
        }),
    },
    acl: createAclTable({ across } as RecordTable),
  }
  const carol = { id: CAROL, name: 'carol@example.org', overrides: { groups: 'office' } }
  // What the fakes leave out is not asked for.
  const made = createPlaces(store as unknown as Parameters<typeof createPlaces>[0], carol)
  return {
    made,
    async questions(name: string): Promise<number> {
      asked = 0
      await made.named(name)
      return asked
    },
  }
}

describe('mailboxes of others', () => {
  it('who makes many lists that name a user takes no right from the user, and gives none that was taken away', async () => {
    const flood = (identifier: string): OwnedRecord[] =>
      Array.from({ length: 10_000 }, (_, nth) => record(EVE, identifier, `M3-${nth}`, 'l'))
    const bobs = [
      record(BOB, '$office', 'M2-open', 'lrswi'),
      record(BOB, '$office', 'M2-closed', 'lr'),
      record(BOB, '-carol@example.org', 'M2-closed', 'lr'),
      record(BOB, '-$office', 'M2-open', 'w'),
    ]
    for (const entries of [bobs, [...flood('carol@example.org'), ...bobs], [...flood('-carol@example.org'), ...bobs]]) {
      const { made } = places(entries)
      const rights = async (name: string) => (await made.named(`Other Users/bob@example.org/${name}`))?.rights
      assert.equal(await rights('M2-open'), 'lrsi')
      assert.equal(await rights('M2-closed'), undefined)
      assert.equal(await made.rightsOn(BOB, mailboxId('M2-open')), 'lrsi')
      assert.equal(await made.rightsOn(EVE, mailboxId('M2-open')), '')
      const shown = (await made.all()).map(({ mailbox }) => mailbox.name)
      assert.ok(!shown.includes('M2-closed'), 'what is hidden is in no list')
    }
  })

  it('the same questions are asked of what is there, of what is hidden and of what is not', async () => {
    const { questions } = places([record(BOB, 'dave@example.org', 'M2-1', 'lr'), record(EVE, '$office', 'M3-1', 'lr')])
    const asked = [
      await questions('Other Users/eve@example.org/M3-1'),
      await questions('Other Users/bob@example.org/M2-1'),
      await questions('Other Users/bob@example.org/none'),
      await questions('Other Users/nobody@example.org/none'),
      await questions('Shared/bob@example.org/M2-1'),
    ]
    assert.equal(new Set(asked).size, 1, asked.join(' '))
  })

  it('names of many levels cost nothing', async () => {
    const { made } = places([record(EVE, '$office', 'M3-1', 'lrk')])
    const start = process.cpuUsage()
    assert.equal(await made.above(`Other Users/eve@example.org/M3-1${'/a'.repeat(30_000)}`), undefined)
    const { user } = process.cpuUsage(start)
    assert.ok(user < 100_000, `${user} microseconds`)
  })
})

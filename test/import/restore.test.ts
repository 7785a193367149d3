import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { AccountReport } from '../../lib/import/accounts'
import { type RestoreOptions, restoreAccount } from '../../lib/import/restore/restore'
import { mailboxSettings } from '../../lib/mailbox/settings'
import { prepare } from '../../lib/mime/prepare'
import { openSqliteBackup } from '../../lib/store/sqlite/backup-reader'
import type { Store } from '../../lib/store/store'
import { flagSet } from '../../lib/terms/flags'
import type { AccountId } from '../../lib/terms/names'
import { uid } from '../../lib/terms/numbers'
import { value } from '../mailbox/room'
import { DRIVERS, storeOrSkip, type TestStore } from '../stores'

const ANN = 'ann@example.org'
const DATE = 1_600_000_000_000
const ALL: RestoreOptions = { wanted: {}, into: undefined, dryRun: false }

const textOf = (subject: string): Buffer =>
  Buffer.from(`Message-ID: <${subject}@example.org>\r\nSubject: ${subject}\r\n\r\nbody of ${subject}\r\n`)

async function add(store: Store, account: AccountId, name: string, ...subjects: string[]): Promise<void> {
  const mailbox =
    (await store.mailboxes.find(account, name)) ?? value(await store.mailboxes.create(account, name)).value
  const messages = subjects.map((subject, index) => {
    const bytes = textOf(subject)
    return { bytes, prepared: prepare(bytes), flags: flagSet(['\\Seen', subject]), internalDate: DATE + index * 1000 }
  })
  value(await store.messages.append(account, mailbox.id, messages))
}

/** Subject, flags and date of each message, by mailbox. */
async function mailOf(store: Store, account: AccountId): Promise<Record<string, readonly string[]>> {
  const all: Record<string, readonly string[]> = {}
  for (const { id, name } of await store.mailboxes.list(account)) {
    const uids = Array.from((await store.messages.snapshot(account, id))?.uids ?? [], uid)
    const texts: string[] = []
    for await (const rows of store.messages.rows(account, id, uids)) {
      for (const row of rows) {
        const octets = await store.messages.read(account, row.emailId, 0, row.size)
        const subject = /Subject: (.*)\r/.exec(String(octets))?.[1] ?? ''
        assert.deepEqual(octets, textOf(subject))
        texts.push(`${subject} ${[...row.flags.names].sort().join(' ')} ${(row.internalDate - DATE) / 1000}`)
      }
    }
    all[name] = texts.sort()
  }
  return all
}

async function expunge(store: Store, account: AccountId, name: string, ...uids: number[]): Promise<void> {
  const mailbox = await store.mailboxes.find(account, name)
  assert.ok(mailbox)
  value(await store.messages.expunge(account, mailbox.id, uids.map(uid), { only: 'all' }))
}

describe('restore: out of a backup', function () {
  this.timeout(60_000)
  let folder: string
  let backedUp: string
  let made: TestStore
  let origin: Store
  let account: AccountId
  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'mailbox-restore-'))
    backedUp = path.join(folder, 'backup')
    mkdirSync(backedUp)
    const store = await storeOrSkip('sqlite')
    assert.ok(store)
    made = store
    origin = await made.open()
    account = value(
      await origin.accounts.create({
        ...{ name: ANN, credentials: { password: '{PLAIN}x' }, quotaBytes: 1_000_000, protocols: ['imap'] },
        overrides: { 'lock.mode': 'pop3' },
      }),
    ).id
    await add(origin, account, 'INBOX', 'one', 'two', 'three', 'twice', 'twice')
    value(await origin.mailboxes.create(account, 'Work/Plans', { specialUse: ['\\Archive'], subscribed: true }))
    await add(origin, account, 'Work/Plans', 'plan')
    const plans = await origin.mailboxes.find(account, 'Work/Plans')
    assert.ok(plans)
    value(
      await origin.annotations.change(account, plans.id, [{ name: '/private/comment', value: Buffer.from('a note') }]),
    )
    await origin.scripts.put(account, 'rules', 'keep;')
    await origin.scripts.activate(account, 'rules')
    await origin.backup?.(backedUp)
  })
  after(async () => {
    await origin.close()
    await made.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  async function restore(store: Store, options: Partial<RestoreOptions> = {}, from = backedUp): Promise<AccountReport> {
    const backup = await openSqliteBackup(from)
    try {
      const settings = mailboxSettings({}, 'strict')
      const { signal } = new AbortController()
      const ports = {
        store,
        prepare,
        backup,
        settings,
        locked: (_: unknown, work: (s: AbortSignal) => unknown) => work(signal),
      }
      return await restoreAccount(ports as Parameters<typeof restoreAccount>[0], ANN, { ...ALL, ...options })
    } finally {
      await backup.close()
    }
  }
  const added = ({ mailboxes, refused }: AccountReport): Record<string, number> => {
    assert.equal(refused, undefined)
    return Object.fromEntries(mailboxes.map((mailbox) => [mailbox.name, mailbox.added]))
  }
  const problems = ({ mailboxes }: AccountReport): readonly string[] => mailboxes.flatMap((mailbox) => mailbox.problems)

  for (const driver of DRIVERS) {
    it(`${driver}: an account that is gone comes back with settings, scripts, mailboxes and mail; a second run adds nothing`, async function () {
      const place = await storeOrSkip(driver)
      if (!place) return this.skip()
      const store = await place.open()
      try {
        const first = await restore(store)
        assert.deepEqual(added(first), { INBOX: 5, 'Work/Plans': 1, Work: 0 })
        assert.deepEqual(problems(first), [])
        assert.match(first.notes?.join() ?? '', /the account was not here: it was made again/)
        const again = await store.accounts.find(ANN)
        assert.ok(again)
        assert.deepEqual(await mailOf(store, again.id), await mailOf(origin, account))
        const { credentials, quotaBytes, protocols, overrides, activeScript } = again
        assert.deepEqual(
          { credentials, quotaBytes, protocols, overrides, activeScript },
          {
            ...{ credentials: { password: '{PLAIN}x' }, quotaBytes: 1_000_000, protocols: ['imap'] },
            ...{ overrides: { 'lock.mode': 'pop3' }, activeScript: 'rules' },
          },
        )
        assert.equal(await store.scripts.get(again.id, 'rules'), 'keep;')
        const plans = await store.mailboxes.find(again.id, 'Work/Plans')
        assert.ok(plans)
        assert.deepEqual([plans.specialUse, plans.subscribed], [['\\Archive'], true])
        assert.equal((await store.annotations.get(again.id, plans.id))[0]?.value.toString(), 'a note')
        assert.deepEqual(added(await restore(store)), { INBOX: 0, 'Work/Plans': 0, Work: 0 })
        assert.deepEqual(await store.check(again.id), [])
      } finally {
        await store.close()
        await place.remove()
      }
    })
  }

  /** The store that the backup is of, as it is after `change`, in a copy of its own. */
  async function changed(
    change: (store: Store) => Promise<void>,
    then: (store: Store) => Promise<void>,
  ): Promise<void> {
    const place = await storeOrSkip('sqlite')
    assert.ok(place)
    mkdirSync(place.place.folder)
    copyFileSync(path.join(backedUp, 'mail.sqlite'), path.join(place.place.folder, 'mail.sqlite'))
    const store = await place.open()
    try {
      await change(store)
      await then(store)
    } finally {
      await store.close()
      await place.remove()
    }
  }

  it('what was deleted comes back; what is there, or lies in another mailbox, does not come twice', () =>
    changed(
      async (store) => {
        await expunge(store, account, 'INBOX', 1, 4)
        const [inbox, trash] = [
          await store.mailboxes.find(account, 'INBOX'),
          value(await store.mailboxes.create(account, 'Trash')).value,
        ]
        assert.ok(inbox)
        value(await store.messages.move(account, inbox.id, [uid(2)], trash.id))
        await add(store, account, 'INBOX', 'new')
      },
      async (store) => {
        const dry = await restore(store, { dryRun: true })
        assert.deepEqual(
          dry.mailboxes.map(({ name, found, added, wouldAdd }) => [name, found, added, wouldAdd]),
          [
            ['INBOX', 5, 0, 1],
            ['Work', 0, 0, 0],
            ['Work/Plans', 1, 0, 0],
          ],
        )
        const report = await restore(store)
        assert.equal(added(report).INBOX, 1)
        assert.deepEqual(report.mailboxes[0]?.notes, ['1 of those that were here before are in Trash'])
        assert.deepEqual((await mailOf(store, account)).INBOX, [
          ...['new \\Seen new 0', 'one \\Seen one 0', 'three \\Seen three 2'],
          'twice \\Seen twice 4',
        ])
        assert.equal(added(await restore(store)).INBOX, 0)
        assert.deepEqual(await store.check(account), [])
      },
    ))

  it('one message, by UID or by Message-ID, into another mailbox too', () =>
    changed(
      (store) => expunge(store, account, 'INBOX', 1, 2, 3),
      async (store) => {
        assert.deepEqual(added(await restore(store, { wanted: { mailbox: 'INBOX', uid: uid(3) } })), { INBOX: 1 })
        const messageId = 'one@example.org'
        assert.deepEqual(added(await restore(store, { wanted: { messageId }, into: 'Found' })), { Found: 1 })
        assert.deepEqual(added(await restore(store, { wanted: { messageId: `<${messageId}>` }, into: 'Found' })), {
          Found: 0,
        })
        const mail = await mailOf(store, account)
        assert.deepEqual(mail.Found, ['one \\Seen one 0'])
        assert.deepEqual(
          mail.INBOX?.map((text) => text.split(' ')[0]),
          ['three', 'twice', 'twice'],
        )
        const nothing = await restore(store, { wanted: { mailbox: 'INBOX', uid: uid(99) } })
        assert.equal(nothing.refused, `the backup has no such message of ${ANN}`)
        const nowhere = await restore(store, { wanted: { mailbox: 'Nowhere' } })
        assert.equal(nowhere.refused, `the backup has no mailbox Nowhere of ${ANN}`)
      },
    ))

  it('the quota is checked, and told', () =>
    changed(
      async (store) => {
        await expunge(store, account, 'INBOX', 1, 2, 3)
        value(await store.accounts.update(account, () => ({ ok: true, value: { quotaMessages: 5 } })))
      },
      async (store) => {
        // Three are there, and room for two.
        const report = await restore(store)
        assert.equal(added(report).INBOX, 2)
        assert.deepEqual(problems(report), ['INBOX: over-quota'])
      },
    ))

  it('octets that are damaged are named, with file, account and message, and the others come', async () => {
    const damaged = path.join(folder, 'damaged')
    mkdirSync(damaged)
    const octets = readFileSync(path.join(backedUp, 'mail.sqlite'))
    // Pages that are free have old rows.
    const rows = octets.toString('latin1').matchAll(/body of two\r\n/g)
    for (const { index } of rows) octets[index] = 0x42
    writeFileSync(path.join(damaged, 'mail.sqlite'), octets)
    await changed(
      (store) => expunge(store, account, 'INBOX', 1, 2, 3),
      async (store) => {
        const report = await restore(store, {}, damaged)
        assert.equal(added(report).INBOX, 2)
        assert.deepEqual(problems(report), [
          `${ANN} INBOX UID 2: ${path.join(damaged, 'mail.sqlite')} is damaged: its octets are not those that were written`,
        ])
      },
    )
  })

  it('a backup whose pages are zeros here and there: what can be read comes, and what cannot is told', async () => {
    const whole = readFileSync(path.join(backedUp, 'mail.sqlite'))
    let told = 0
    for (let page = 1; page * 4096 < whole.length; page += process.env.MAILBOX_LONG ? 1 : 3) {
      const place = path.join(folder, `page-${page}`)
      mkdirSync(place)
      const octets = Buffer.from(whole)
      octets.fill(0, page * 4096, (page + 1) * 4096)
      writeFileSync(path.join(place, 'mail.sqlite'), octets)
      await changed(
        (store) => expunge(store, account, 'INBOX', 1, 2, 3),
        async (store) => {
          const report = await restore(store, {}, place).catch((error: unknown) => String(error))
          if (typeof report === 'string') {
            // The page is one that everything else is found by.
            assert.match(report, /mail\.sqlite is damaged \(.+\): restore it from a backup/)
            told++
            return
          }
          const all = [...problems(report), ...(report.refused === undefined ? [] : [report.refused])]
          if (all.length > 0) told++
          const missing = 5 - ((await mailOf(store, account)).INBOX?.length ?? 0)
          assert.ok(missing === 0 || all.length > 0, `page ${page}: ${missing} are missing and nobody is told`)
        },
      )
      rmSync(place, { recursive: true })
    }
    assert.ok(told > 0)
  })

  it('nothing changes in the folder of the backup; another folder is refused', async () => {
    assert.deepEqual(readdirSync(backedUp), ['mail.sqlite'])
    await assert.rejects(openSqliteBackup(folder), /is no backup: there is no mail\.sqlite in it/)
    const copied = path.join(folder, 'copied')
    mkdirSync(copied)
    writeFileSync(path.join(copied, 'mail.sqlite'), readFileSync(path.join(backedUp, 'mail.sqlite')))
    writeFileSync(path.join(copied, 'mail.sqlite-wal'), 'something')
    await assert.rejects(openSqliteBackup(copied), /has a log beside it/)
    writeFileSync(path.join(folder, 'mail.sqlite'), 'nonsense')
    await assert.rejects(openSqliteBackup(folder), /mail\.sqlite/)
  })
})

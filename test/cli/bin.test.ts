import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { tableOf } from '../../lib/cli/bin/report'
import { prepare } from '../../lib/mime/prepare'
import type { BinnedMessage } from '../../lib/store/bin'
import { newAccount, value } from '../../lib/store/conformance/fixtures'
import { storeDriver } from '../../lib/store/drivers'
import { NO_FLAGS } from '../../lib/terms/flags'
import { plainText } from '../../lib/terms/plain'
import { silentLog } from '../../lib/terms/ports'
import { cli } from '../e2e/demo'
import { DEFAULT_DRIVER } from '../stores'

const NAME = 'ann@example.org'

describe('haraka-mailbox bin', function () {
  this.timeout(120_000)
  let home: string
  const run = (...words: string[]) => cli([...words, '--home', home])
  async function done(...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await run(...words)
    assert.equal(code, 0, stderr)
    return stdout
  }
  async function refused(why: RegExp, ...words: string[]): Promise<void> {
    const { code, stderr } = await run(...words)
    assert.equal(code, 1)
    assert.match(stderr, why)
  }
  interface Listed {
    readonly messages: number
    readonly list: readonly { readonly id: string; readonly subject: string; readonly mailbox: string }[]
  }
  const listed = async (...words: string[]): Promise<Listed> => JSON.parse(await done(...words, '--json'))

  before(async () => {
    home = mkdtempSync(path.join(tmpdir(), 'mailbox-bin-'))
    mkdirSync(path.join(home, 'config'))
    writeFileSync(path.join(home, 'config/plugins'), 'mailbox/store\n')
    const folder = path.join(home, 'mailbox-data/mail')
    const store = await storeDriver(DEFAULT_DRIVER, '.').open({ folder, ini: {}, log: silentLog })
    const { id, inbox } = await newAccount(store, NAME)
    const messages = ['first', 'second', 'third \x1b[31mred'].map((subject) => {
      const bytes = Buffer.from(`From: Bob <bob@example.net>\r\nSubject: ${subject}\r\n\r\ntext\r\n`)
      return { bytes, prepared: prepare(bytes), flags: NO_FLAGS, internalDate: 1_700_000_000_000 }
    })
    const uids = value(await store.messages.append(id, inbox.id, messages)).value
    for (const uid of uids) {
      value(await store.messages.expunge(id, inbox.id, [uid], { only: 'all', bin: { time: 1e9, octets: 1e9 } }))
    }
    await newAccount(store, 'gone@example.org')
    await store.close()
  })
  after(() => rmSync(home, { recursive: true, force: true }))

  it('lists and searches, and prints nothing that steers a terminal', async () => {
    const text = await done('bin', 'list', NAME)
    assert.match(
      text,
      /^ann@example\.org: 3 messages, \d+ B in the recycle bin; what is removed now is kept for 72 h$/m,
    )
    assert.match(text, /^B1-3 .* INBOX +Bob +third \\x1b\[31mred$/m)
    assert.doesNotMatch(text, /\x1b/)
    const { messages, list } = await listed('bin', 'search', NAME, 'SECOND')
    assert.deepEqual([messages, list.map(({ subject }) => subject)], [3, ['second']])
    assert.equal((await listed('bin', 'list', NAME, '--limit', '2')).list.length, 2)
    await refused(/there is no account nobody@example\.org/, 'bin', 'list', 'nobody@example.org')
    await refused(/--limit/, 'bin', 'list', NAME, '--limit', 'x')
    for (const limit of ['x', '-5', '0']) {
      await refused(/--limit \S+: expected a number from 1/, 'audit', NAME, '--limit', limit)
    }
  })

  it('separators of lines are printed as what they are', () => {
    assert.equal(plainText('a\u2028b\u2029c\u202e'), 'a\\u2028b\\u2029c\\u202e')
  })

  it('restores and erases what was said, and nothing where that is not clear', async () => {
    await refused(/say which/, 'bin', 'restore', NAME)
    await refused(/say which/, 'bin', 'restore', NAME, 'B1-1', '--all')
    await refused(
      /not in the recycle bin \(any more: restored or erased already\?\): B1-99; nothing was done/,
      'bin',
      'erase',
      NAME,
      'B1-1',
      'B1-99',
      '--yes',
    )
    await refused(/say --yes/, 'bin', 'erase', NAME, '--all')
    assert.equal(await done('bin', 'restore', NAME, 'B1-2'), 'restored 1 message\n  1 to INBOX\n')
    const erased = await done('bin', 'erase', NAME, '--find', 'first', '--yes')
    assert.match(erased, /^erased from the recycle bin of ann@example\.org: 1 message, \d+ octets$/m)
    assert.match(erased, /nothing of them is left in the store or in the text index/)
    const { messages, list } = await listed('bin', 'list', NAME)
    assert.deepEqual([messages, list.map(({ id }) => id)], [1, ['B1-3']])
    assert.match(await done('check'), /all is well/)
    const trail = await done('lockouts', 'trail', NAME)
    assert.match(trail, /bin-restored \(1 message\) by \S+/)
    assert.match(trail, /bin-erased \(1 message, \d+ octets\) by \S+/)
  })

  it('keeps an account that was removed, and its name', async () => {
    assert.match(
      await done('accounts', 'remove', 'gone@example.org', '--yes'),
      /it is kept until .* UTC: haraka-mailbox/,
    )
    await refused(/was removed, and is kept until/, 'accounts', 'add', 'gone@example.org', '--generate')
    await refused(/was removed: haraka-mailbox accounts restore/, 'bin', 'list', 'gone@example.org')
    assert.match(await done('accounts', 'removed'), /^gone@example\.org {2}removed /)
    assert.doesNotMatch(await done('accounts', 'list'), /gone@/)
    assert.equal(await done('accounts', 'restore', 'gone@example.org'), 'restored gone@example.org\n')
    await refused(/no removed account/, 'accounts', 'restore', 'gone@example.org')
    assert.match(await done('accounts', 'remove', 'gone@example.org', '--erase', '--yes'), /nothing of them is left/)
    assert.equal(await done('accounts', 'removed'), 'no account was removed\n')
    assert.match(await done('accounts', 'add', 'gone@example.org', '--generate'), /added gone@example\.org/)
  })
})

it('haraka-mailbox bin: a table is as wide as the terminal, and whole elsewhere', () => {
  const keys = { ...prepare(Buffer.from(`From: ${'n'.repeat(50)} <a@b>\r\nSubject: ${'s'.repeat(90)}\r\n\r\n`)).keys }
  const one = { id: 'B1-1', mailbox: 'm'.repeat(40), removedAt: 0, until: 0, keys } as unknown as BinnedMessage
  for (const width of [40, 80, 200]) {
    for (const line of tableOf([one], width)) assert.ok([...line].length <= width, `${width}: ${line.length}`)
  }
  const [, whole = ''] = tableOf([one], undefined)
  assert.match(whole, /m{40} {2}n{50} {2}s{90}$/)
})

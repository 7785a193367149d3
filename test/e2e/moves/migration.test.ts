import assert from 'node:assert/strict'
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ImapFlow } from 'imapflow'
import { POP3_PROGRAMS, PROGRAMS, type User } from '../clients/mail-programs'
import { ACCOUNTS, cli, type Demo, freePorts, installed, removeHome, run, startDemo } from '../demo'
import { canRunDovecot, type Dovecot, startDovecot } from './dovecot'

/** Each with another storage, another POP3 unique id and another hash. `route`: the command before the import, and what it reads. */
const USERS = [
  { name: 'ann@example.org', scheme: 'SHA512-CRYPT', mail: 'maildir:~/Maildir', uidl: undefined, said: 'dovecot' },
  { name: 'fay@example.org', scheme: 'BLF-CRYPT', mail: 'maildir:~/Maildir', uidl: '%f', said: '%f' },
  { name: 'sam@example.org', scheme: 'ARGON2ID', mail: 'sdbox:~/sdbox', uidl: undefined, said: 'dovecot' },
  { name: 'mia@example.org', scheme: 'SSHA', mail: 'mdbox:~/mdbox', uidl: '%g', said: '%g' },
] as const
const PASSWORD = 'open-sesame'

const client = (port: number, user: string): ImapFlow =>
  new ImapFlow({
    ...{ host: '127.0.0.1', port, secure: false, doSTARTTLS: false, auth: { user, pass: PASSWORD }, logger: false },
  })

/** What an IMAP client sees of the mailboxes that Dovecot has, and of its subscriptions. */
async function seen(port: number, user: string, names?: readonly string[]): Promise<Record<string, unknown>> {
  const imap = client(port, user)
  await imap.connect()
  const all: Record<string, unknown> = {}
  for (const { path: name, subscribed, flags: attributes, specialUse } of await imap.list()) {
    if (attributes.has('\\Noselect') || attributes.has('\\NonExistent')) continue
    const { uidValidity, uidNext, exists } = await imap.mailboxOpen(name, { readOnly: true })
    if (names && !names.includes(name)) {
      assert.equal(exists, 0, `${name} was not there, and has mail`)
      continue
    }
    const messages: unknown[] = []
    if (exists > 0) {
      for await (const one of imap.fetch('1:*', { uid: true, flags: true, internalDate: true, source: true })) {
        const flags = [...(one.flags ?? [])].filter((flag) => flag !== '\\Recent').sort()
        messages.push([one.uid, flags, String(one.internalDate), one.source?.toString('latin1')])
      }
    }
    const use = name === 'Gesendet' ? specialUse : undefined
    all[name] = { uidValidity: String(uidValidity), uidNext, subscribed, use, messages }
  }
  await imap.logout()
  return all
}

async function fill(port: number, user: string): Promise<void> {
  const imap = client(port, user)
  await imap.connect()
  for (const name of ['Gesendet', 'Entwürfe/2024', 'Empty', 'Emptied']) await imap.mailboxCreate(name)
  for (const name of ['Entwürfe/2024', 'Empty']) await imap.mailboxSubscribe(name)
  for (const name of ['Gesendet', 'Emptied']) await imap.mailboxUnsubscribe(name)
  const date = new Date('2021-03-04T05:06:07Z')
  const text = (i: number, more = ''): string =>
    `From: a@example.net\r\nTo: ${user}\r\nDate: Thu, 4 Mar 2021 05:06:07 +0000\r\nSubject: message ${i}\r\nMessage-ID: <m${i}.${user}>\r\n\r\nText ${i} \u00e4\r\n${more}`
  for (let i = 0; i < 12; i++) {
    const flags = i % 2 ? ['\\Seen', 'Work'] : ['$Forwarded']
    await imap.append(i < 8 ? 'INBOX' : 'Entwürfe/2024', text(i), flags, new Date(date.getTime() + i * 86_400_000))
  }
  await imap.append('Gesendet', text(20, `${'0123456789abcdef'.repeat(64)}\r\n`.repeat(5000)), ['\\Seen'], date)
  await imap.append('Emptied', text(21), [], date)
  await imap.mailboxOpen('INBOX')
  await imap.messageFlagsAdd('2,7', ['\\Flagged', '\\Answered', 'Holiday'])
  // UIDs that are gone: the last one too.
  await imap.messageDelete('3,8')
  await imap.mailboxOpen('Emptied')
  await imap.messageDelete('1')
  await imap.logout()
}

describe('migration from a real Dovecot', function () {
  this.timeout(240_000)
  let folder: string
  let dovecot: Dovecot
  let demo: Demo | undefined
  const before_ = new Map<string, Record<string, unknown>>()
  const userOf = (name: string): User => ({ name, password: PASSWORD, folder: path.join(folder, 'programs', name) })
  /** INBOX, its neighbours, and what arrived after the first import. */
  const [INBOX, ALL] = [6, 11]

  before(async function () {
    if (!canRunDovecot() || !['dovecot', ...Object.keys(PROGRAMS)].every(installed)) this.skip()
    folder = mkdtempSync(path.join(tmpdir(), 'mailbox-migration-'))
    const [imap = 0, pop3 = 0] = await freePorts(2)
    const users = []
    for (const { name, scheme, mail, uidl } of USERS) {
      const { stdout } = await run('doveadm', ['pw', '-s', scheme, '-p', PASSWORD])
      users.push({ name, hash: stdout.trim(), mail, ...(uidl && { uidl }) })
    }
    dovecot = await startDovecot(folder, { imap, pop3 }, users)
    for (const { name } of USERS) await fill(imap, name)
  })
  after(async () => {
    await dovecot?.stop()
    await demo?.stop()
    removeHome(demo)
    if (folder) rmSync(folder, { recursive: true, force: true })
  })

  async function programsHave(ports: { imap: number; pop3: number }, more: number): Promise<void> {
    for (const { name } of USERS) {
      for (const [program, fetch] of Object.entries(PROGRAMS)) {
        const { code, mails, stdout, stderr } = await fetch(userOf(name), ports)
        const expected = (POP3_PROGRAMS.includes(program) ? INBOX : ALL) + more
        assert.deepEqual([code, mails], [0, expected], `${program} of ${name}: ${stdout}${stderr}`)
      }
    }
  }

  /** From sdbox and mdbox by way of doveadm; a Maildir is read where it is. */
  async function importAll(...more: readonly string[]): Promise<string> {
    assert.ok(demo)
    let output = ''
    for (const { name, mail, said } of USERS) {
      let maildir = path.join(dovecot.home(name), 'Maildir')
      if (!mail.startsWith('maildir')) {
        maildir = path.join(folder, 'backup', name)
        mkdirSync(path.dirname(maildir), { recursive: true })
        chownSync(path.dirname(maildir), 8, 8)
        const backed = await dovecot.doveadm('backup', '-u', name, `maildir:${maildir}`)
        assert.equal(backed.code, 0, backed.stderr)
      }
      const args = ['--home', demo.home, '--account', name, '--uidl', said, '--special-use', 'Gesendet=sent', ...more]
      const ran = await cli(['import', 'maildir', maildir, ...args])
      assert.equal(ran.code, 0, ran.stdout + ran.stderr)
      output += ran.stdout
    }
    return output
  }

  it('programs fetch everything from Dovecot', async () => {
    await programsHave(dovecot, 0)
  })

  it('accounts and all mail come while Dovecot runs; the dry run says who would download again', async () => {
    // Other ports, no accounts but those of the demo.
    demo = await startDemo()
    const accounts = await cli(['accounts', 'import-passwd', dovecot.users, '--home', demo.home])
    assert.match(accounts.stdout, /^4 made, 0 changed, 0 left, 0 refused$/m, accounts.stderr)
    const dry = await importAll('--dry-run')
    assert.equal(dry.match(/^INBOX: 6 found; UIDs kept: clients download nothing again$/gm)?.length, USERS.length, dry)
    assert.equal(dry.match(/^Clients of 0 accounts would download again\.$/gm)?.length, USERS.length)
    const brought = await importAll()
    assert.equal(
      brought.match(/^Total: 1 accounts, 11 messages found, 11 added .* 0 problems/gm)?.length,
      USERS.length,
      brought,
    )
  })

  it('what happens at Dovecot until the switch comes with the last run: new mail, flags, deletions', async () => {
    for (const { name } of USERS) {
      const imap = client(dovecot.imap, name)
      await imap.connect()
      const text = `Subject: message 30\r\nMessage-ID: <m30.${name}>\r\nDate: Thu, 4 Mar 2021 05:06:07 +0000\r\n\r\nlate\r\n`
      await imap.append('INBOX', text, ['\\Seen', 'Late'])
      await imap.mailboxOpen('INBOX')
      await imap.messageFlagsRemove('1', ['$Forwarded'])
      await imap.messageFlagsAdd('1', ['\\Seen', '$Junk'])
      await imap.mailboxOpen('Entwürfe/2024')
      await imap.messageDelete('4')
      await imap.logout()
      before_.set(name, await seen(dovecot.imap, name))
    }
    await dovecot.closePorts()
    const brought = await importAll('--follow')
    assert.equal(
      brought.match(/^Total: 1 accounts, 11 messages found, 1 added .* 0 problems/gm)?.length,
      USERS.length,
      brought,
    )
  })

  it('on the same ports, with the same passwords: nothing is missing, and nothing is downloaded again', async () => {
    assert.ok(demo)
    await dovecot.stop()
    await demo.stop()
    demo = await startDemo(['--imap', String(dovecot.imap), '--pop3', String(dovecot.pop3)], demo.home)
    for (const { name } of USERS) {
      const expected = before_.get(name) ?? {}
      assert.equal(Object.keys(expected).length, 5)
      assert.deepEqual(await seen(demo.imap, name, Object.keys(expected)), expected, name)
    }
    // The late message, once; what was deleted there stays with those that expunge nothing.
    for (const { name } of USERS) {
      for (const [program, fetch] of Object.entries(PROGRAMS)) {
        const { code, mails, stdout, stderr } = await fetch(userOf(name), demo)
        const [had, gone] = POP3_PROGRAMS.includes(program) ? [INBOX, 0] : [ALL, program === 'offlineimap' ? 1 : 0]
        assert.deepEqual([code, mails], [0, had + 1 - gone], `${program} of ${name}: ${stdout}${stderr}`)
      }
    }
    // And they are not just deaf.
    const imap = client(demo.imap, 'sam@example.org')
    await imap.connect()
    await imap.append('INBOX', 'Subject: message 40\r\nMessage-ID: <m40@x>\r\n\r\nafterwards\r\n')
    await imap.logout()
    for (const [program, fetch] of Object.entries(PROGRAMS)) {
      const { code, mails, stdout, stderr } = await fetch(userOf('sam@example.org'), demo)
      const [had, gone] = POP3_PROGRAMS.includes(program) ? [INBOX, 0] : [ALL, program === 'offlineimap' ? 1 : 0]
      assert.deepEqual([code, mails], [0, had + 2 - gone], `${program}: ${stdout}${stderr}`)
    }
  })
})

describe('import by IMAP from a real Dovecot', function () {
  this.timeout(120_000)
  let folder: string
  let dovecot: Dovecot
  let demo: Demo | undefined
  const names = Object.keys(ACCOUNTS)

  before(async function () {
    if (!canRunDovecot() || !installed('dovecot')) this.skip()
    folder = mkdtempSync(path.join(tmpdir(), 'mailbox-migration-'))
    const [imap = 0, pop3 = 0] = await freePorts(2)
    const hash = `{PLAIN}${PASSWORD}`
    const users = names.map((name) => ({ name, hash, mail: 'sdbox:~/sdbox', uidl: '%v.%u' }))
    dovecot = await startDovecot(folder, { imap, pop3 }, users)
    for (const name of names) await fill(imap, name)
    demo = await startDemo()
  })
  after(async () => {
    await dovecot?.stop()
    await demo?.stop()
    removeHome(demo)
    if (folder) rmSync(folder, { recursive: true, force: true })
  })

  it('all accounts at once: the same numbers, flags, dates, uses, subscriptions and UIDLs as on the disk', async () => {
    assert.ok(demo)
    process.env.IMPORT_PASSWORD = PASSWORD
    const { home } = demo
    const args = ['--home', home, '--port', String(dovecot.imap), '--plain', '--uidl', 'cyrus', '--all']
    const dry = await cli(['import', 'imap', '127.0.0.1', ...args, '--dry-run'])
    assert.match(dry.stdout, /^Clients of 0 accounts would download again\.$/m)
    const brought = await cli(['import', 'imap', '127.0.0.1', ...args])
    assert.match(brought.stdout, /^Total: 2 accounts, 22 messages found, 22 added .* 0 problems/m, brought.stderr)
    const again = await cli(['import', 'imap', '127.0.0.1', ...args, '--verify', 'all'])
    assert.match(again.stdout, /^Total: 2 accounts, 22 messages found, 0 added .* 22 here before, 0 problems/m)
    for (const name of names.slice(0, 1)) {
      // By Maildir, into another account: both ways give the same.
      const backup = path.join(folder, 'backup', name)
      mkdirSync(path.dirname(backup), { recursive: true })
      chownSync(path.dirname(backup), 8, 8)
      assert.equal((await dovecot.doveadm('backup', '-u', name, `maildir:${backup}`)).code, 0)
      const other: string = `other-${name}`
      assert.equal((await cli(['accounts', 'add', other, '--home', home, '--password-stdin'], PASSWORD)).code, 0)
      const to: string[] = ['--home', home, '--account', other, '--uidl', 'cyrus', '--special-use', 'Gesendet=sent']
      assert.equal((await cli(['import', 'maildir', backup, ...to])).code, 0)
      const [one, two] = [path.join(folder, `out-${name}`), path.join(folder, `out-${other}`)]
      for (const [account, out] of [
        [name, one],
        [other, two],
      ] as const) {
        assert.equal((await cli(['export', 'maildir', out, '--home', home, '--account', account])).code, 0)
      }
      for (const file of ['', '.Entw&APw-rfe.2024/', '.Gesendet/', '.Emptied/']) {
        const list = readFileSync(path.join(one, file, 'dovecot-uidlist'), 'utf8')
        assert.equal(list, readFileSync(path.join(two, file, 'dovecot-uidlist'), 'utf8'))
        if (file === '') assert.match(list, /^1 .*P\d+\.1 /m)
      }
    }
  })
})

import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ImapFlow } from 'imapflow'
import { packageRoot } from '../../../lib/package-root'
import { PROGRAMS, type User } from '../clients/mail-programs'
import { type Demo, freePorts, installed, type Ran, run, startDemo } from '../demo'
import { canRunDovecot, type Dovecot, startDovecot } from './dovecot'

const PASSWORD = 'open-sesame'
const NAMES = ['ann@example.org', 'sam@example.org']

/** The commands of docs/from-dovecot.md, by the number of their section. */
function commandsOf(page: string): ReadonlyMap<string, readonly string[]> {
  const sections = page.split(/^## /m).slice(1)
  return new Map(
    sections.map((section) => [
      section[0] ?? '',
      [...section.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = '']) => block),
    ]),
  )
}

describe('docs/from-dovecot.md, from the page', function () {
  this.timeout(240_000)
  let folder: string
  let dovecot: Dovecot
  let demo: Demo | undefined
  const users = [
    { name: 'ann@example.org', hash: '', mail: 'maildir:~/Maildir' },
    { name: 'sam@example.org', hash: `{PLAIN}${PASSWORD}`, mail: 'sdbox:~/sdbox' },
  ]
  const page = commandsOf(readFileSync(path.join(packageRoot, 'docs/from-dovecot.md'), 'utf8'))
  const userOf = (name: string): User => ({ name, password: PASSWORD, folder: path.join(folder, 'programs', name) })

  before(async function () {
    if (!canRunDovecot() || !['dovecot', 'mbsync', 'fetchmail'].every(installed)) this.skip()
    folder = mkdtempSync(path.join(tmpdir(), 'mailbox-from-dovecot-'))
    const [imap = 0, pop3 = 0] = await freePorts(2)
    const hashed = await run('doveadm', ['pw', '-s', 'SHA512-CRYPT', '-p', PASSWORD])
    Object.assign(users[0] ?? {}, { hash: hashed.stdout.trim() })
    dovecot = await startDovecot(folder, { imap, pop3 }, users)
    // Programs of these names that know where this test has everything.
    mkdirSync(path.join(folder, 'bin'))
    const script = (name: string, text: string): void => {
      writeFileSync(path.join(folder, 'bin', name), `#!/bin/sh\n${text}\n`)
      chmodSync(path.join(folder, 'bin', name), 0o755)
    }
    const main = path.join(packageRoot, 'dist/lib/cli/main.js')
    script('haraka-mailbox', `exec '${process.execPath}' '${main}' "$@"`)
    for (const name of ['doveadm', 'doveconf']) script(name, `exec /usr/bin/${name} -c '${dovecot.conf}' "$@"`)
    mkdirSync(path.join(folder, 'haraka/config'), { recursive: true })
    writeFileSync(path.join(folder, 'haraka/config/plugins'), 'mailbox/store\n')
  })
  after(async () => {
    await demo?.stop()
    await dovecot?.stop()
    if (folder) rmSync(folder, { recursive: true, force: true })
  })

  async function shell(block: string): Promise<Ran> {
    const text = block
      .replaceAll('/var/vmail', path.join(folder, 'mail'))
      .replaceAll('/var/tmp', folder)
      .replaceAll('/etc/dovecot/users', dovecot.users)
      .replaceAll('/srv/haraka', path.join(folder, 'haraka'))
      .replace(/\bvmail\b/g, 'mail')
      .replaceAll('-o haraka -g haraka', '-o root -g root')
      .replaceAll('dovecot.example.org', `127.0.0.1 --plain --port ${dovecot.imap}`)
    const env = { PATH: `${path.join(folder, 'bin')}:${process.env.PATH}`, HARAKA: path.join(folder, 'haraka') }
    return run('bash', ['-euo', 'pipefail', '-c', text], { env })
  }
  const section = (number: string): readonly string[] => page.get(number) ?? []
  async function succeeds(block: string | undefined): Promise<string> {
    assert.ok(block)
    const ran = await shell(block)
    assert.equal(ran.code, 0, block + ran.stdout + ran.stderr)
    return ran.stdout
  }
  const client = async (name: string): Promise<ImapFlow> => {
    const imap = new ImapFlow({
      ...{ host: '127.0.0.1', port: dovecot.imap, secure: false, doSTARTTLS: false, logger: false },
      auth: { user: name, pass: PASSWORD },
    })
    await imap.connect()
    return imap
  }
  const text = (i: number): string =>
    `From: a@example.net\r\nDate: Thu, 4 Mar 2021 05:06:07 +0000\r\nSubject: message ${i}\r\nMessage-ID: <m${i}@x>\r\n\r\n${i}\r\n`

  async function append(i: number): Promise<void> {
    for (const name of NAMES) {
      const imap = await client(name)
      if (i === 1) await imap.mailboxCreate('Gesendet')
      await imap.append(i === 3 ? 'Gesendet' : 'INBOX', text(i), ['\\Seen', 'Work'])
      await imap.logout()
    }
  }
  /** On the ports that clients know, whoever has them. */
  async function programsHave(all: number, inbox: number): Promise<void> {
    for (const name of NAMES) {
      const [synced, fetched] = [
        await PROGRAMS.mbsync(userOf(name), dovecot),
        await PROGRAMS.fetchmail(userOf(name), dovecot),
      ]
      assert.deepEqual([synced.code, synced.mails], [0, all], `${name} ${synced.stdout}${synced.stderr}`)
      assert.deepEqual([fetched.code, fetched.mails], [0, inbox], `${name} ${fetched.stdout}${fetched.stderr}`)
    }
  }

  it('1 to 4: accounts, dry runs of all three ways, the first import, while Dovecot runs', async () => {
    for (const i of [1, 2, 3]) await append(i)
    await programsHave(3, 2)
    const [look, home] = section('1')
    assert.match(await succeeds(look), /^ann@example\.org$/m)
    await succeeds(home)
    assert.match(await succeeds(section('2')[0]), /^2 made, 0 changed, 0 left, 0 refused$/m)
    const [maildir, dbox, imap] = section('3')
    const inPlace = await shell(maildir ?? '')
    assert.match(inPlace.stdout, /^refused: sam@example\.org: there is no .*Maildir$/m)
    assert.deepEqual([inPlace.code, /^Clients of 0 accounts would/m.test(inPlace.stdout)], [1, true])
    for (const block of [dbox, imap]) {
      const output = await succeeds(block)
      assert.match(output, /^Total: 2 accounts, 6 messages found, 0 added .* 0 problems, 0 accounts refused$/m)
      assert.match(output, /^Clients of 0 accounts would download again\.$/m)
    }
    const brought = await succeeds(section('4')[0])
    assert.match(brought, /^Total: 2 accounts, 6 messages found, 6 added .* 0 problems, 0 accounts refused$/m)
  })

  it('5 and 6: what came since, the same ports and passwords, nothing downloaded again', async () => {
    await append(4)
    const imap = await client('ann@example.org')
    await imap.mailboxOpen('INBOX')
    await imap.messageFlagsAdd('1', ['\\Flagged'])
    await imap.logout()
    await dovecot.closePorts()
    const brought = await succeeds(section('5')[0])
    assert.match(brought, /^Total: 2 accounts, 8 messages found, 2 added .* 0 problems, 0 accounts refused$/m)
    await dovecot.stop()
    const ports = ['--imap', String(dovecot.imap), '--pop3', String(dovecot.pop3)]
    demo = await startDemo(ports, path.join(folder, 'haraka'))
    await programsHave(4, 3)
    const ann = await client('ann@example.org')
    await ann.mailboxOpen('INBOX', { readOnly: true })
    const first = await ann.fetchOne('1', { flags: true })
    assert.equal(first ? first.flags?.has('\\Flagged') : undefined, true)
    const sent = (await ann.list()).find((one) => one.specialUse === '\\Sent')
    assert.equal(sent?.path, 'Gesendet')
    await ann.logout()
    // The demo has two accounts of its own, which Dovecot does not know.
    for (const name of ['alice@example.org', 'bob@example.org']) {
      await succeeds(`haraka-mailbox accounts remove ${name} --yes`)
    }
    const checked = await succeeds(section('6')[0])
    assert.match(checked, /^Total: 2 accounts, 8 messages found, 0 added .* 8 here before, 0 problems/m)
  })

  it('7: back to Dovecot, with what came here, nothing downloaded again', async () => {
    await append(5)
    await programsHave(5, 4)
    await demo?.stop()
    demo = undefined
    const asMaildir = users.map((user) => ({ ...user, mail: 'maildir:~/Maildir' }))
    dovecot = await startDovecot(folder, dovecot, asMaildir)
    await succeeds(section('7')[0])
    await programsHave(5, 4)
    await append(6)
    await programsHave(6, 5)
  })
})

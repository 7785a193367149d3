import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { ImapFlow } from 'imapflow'
import { cli, type Demo, freePorts, installed, type Ran, removeHome, run, startDemo } from './demo'

const PROGRAMS = ['dovecot', 'mbsync', 'fetchmail']
const alice = 'alice@example.org'
const PASSWORD = 'wonder land'

/** Dovecot on Maildir, with the users of its static passdb. Login processes want users of their own: root only. */
async function startDovecot(folder: string, imap: number, pop3: number): Promise<ChildProcess> {
  // Dovecot opens no mail as root; Debian's user `mail` has these numbers.
  const [uid, gid] = [8, 8]
  const conf = path.join(folder, 'dovecot.conf')
  mkdirSync(path.join(folder, 'mail'), { recursive: true })
  chownSync(path.join(folder, 'mail'), uid, gid)
  chmodSync(folder, 0o755)
  writeFileSync(
    conf,
    `base_dir = ${folder}/run
state_dir = ${folder}/state
instance_name = migration-${imap}
listen = 127.0.0.1
protocols = imap pop3
log_path = ${folder}/dovecot.log
ssl = no
disable_plaintext_auth = no
passdb {
  driver = static
  args = password=${PASSWORD.replace(' ', '')}
}
userdb {
  driver = static
  args = uid=${uid} gid=${gid} home=${folder}/mail/%Lu allow_all_users=yes
}
mail_location = maildir:~/Maildir
first_valid_uid = 1
first_valid_gid = 1
namespace inbox {
  inbox = yes
  separator = /
}
service imap-login {
  chroot =
  inet_listener imap {
    port = ${imap}
  }
  inet_listener imaps {
    port = 0
  }
}
service pop3-login {
  chroot =
  inet_listener pop3 {
    port = ${pop3}
  }
  inet_listener pop3s {
    port = 0
  }
}
service anvil {
  chroot =
}
`,
  )
  const child = spawn('dovecot', ['-F', '-c', conf], { stdio: 'ignore' })
  for (let i = 0; i < 200; i++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(imap, '127.0.0.1')
      socket.once('connect', () => resolve(!!socket.destroy()))
      socket.once('error', () => resolve(false))
    })
    if (open) return child
    await pause(50)
  }
  child.kill()
  throw new Error('dovecot did not start')
}

const client = (port: number, pass: string): ImapFlow =>
  new ImapFlow({
    host: '127.0.0.1',
    port,
    secure: false,
    doSTARTTLS: false,
    auth: { user: alice, pass },
    logger: false,
  })

/** What an IMAP client sees of the whole account. */
async function seen(port: number, pass: string): Promise<unknown> {
  const imap = client(port, pass)
  await imap.connect()
  const all: unknown[] = []
  for (const { path: name, subscribed, flags: attributes } of await imap.list()) {
    if (attributes.has('\\Noselect') || attributes.has('\\NonExistent')) continue
    const { uidValidity, uidNext, exists } = await imap.mailboxOpen(name, { readOnly: true })
    const messages: unknown[] = []
    if (exists > 0) {
      for await (const one of imap.fetch('1:*', { uid: true, flags: true, internalDate: true, source: true })) {
        const flags = [...(one.flags ?? [])].filter((flag) => flag !== '\\Recent').sort()
        messages.push([one.uid, flags, String(one.internalDate), one.source?.toString('latin1')])
      }
    }
    if (exists > 0 || name === 'INBOX') all.push([name, String(uidValidity), uidNext, subscribed, messages])
  }
  await imap.logout()
  return all.sort()
}

describe('migration from a real Dovecot', function () {
  this.timeout(120_000)
  let folder: string
  let dovecot: ChildProcess | undefined
  let demo: Demo | undefined
  let ports: number[]
  const secret = PASSWORD.replace(' ', '')

  before(async function () {
    if (process.getuid?.() !== 0 || !PROGRAMS.every(installed)) this.skip()
    folder = mkdtempSync(path.join(tmpdir(), 'mailbox-migration-'))
    ports = await freePorts(2)
    dovecot = await startDovecot(folder, ports[0] ?? 0, ports[1] ?? 0)
    demo = await startDemo(['--account', `${alice}:${secret}`])
  })
  after(async () => {
    const ended = dovecot && new Promise((resolve) => dovecot?.once('exit', resolve))
    dovecot?.kill()
    await ended
    await demo?.stop()
    removeHome(demo)
    if (folder) rmSync(folder, { recursive: true, force: true })
  })

  async function fill(): Promise<void> {
    const imap = client(ports[0] ?? 0, secret)
    await imap.connect()
    await imap.mailboxCreate('Sent')
    await imap.mailboxCreate('Entwürfe/2024')
    await imap.mailboxSubscribe('Entwürfe/2024')
    const date = new Date('2021-03-04T05:06:07Z')
    for (let i = 0; i < 12; i++) {
      const text = `From: a@example.net\r\nSubject: message ${i}\r\nMessage-ID: <m${i}@example.net>\r\n\r\nText ${i} \u00e4\r\n`
      await imap.append(i < 8 ? 'INBOX' : 'Entwürfe/2024', text, i % 2 ? ['\\Seen', 'Work'] : ['$Forwarded'], date)
    }
    await imap.mailboxOpen('INBOX')
    await imap.messageFlagsAdd('2,7', ['\\Flagged', '\\Answered', 'Holiday'])
    // UIDs that are gone: the last one too.
    await imap.messageDelete('3,8')
    await imap.logout()
  }

  const mbsync = async (port: number): Promise<Ran & { files: number }> => {
    const maildir = path.join(folder, 'synced')
    mkdirSync(maildir, { recursive: true })
    const rc = path.join(folder, 'mbsyncrc')
    writeFileSync(
      rc,
      `IMAPAccount server\nHost 127.0.0.1\nPort ${port}\nUser ${alice}\nPass ${secret}\nSSLType None\nAuthMechs LOGIN PLAIN\n
IMAPStore far\nAccount server\n\nMaildirStore near\nPath ${maildir}/\nInbox ${maildir}/INBOX\nSubFolders Verbatim\n
Channel all\nFar :far:\nNear :near:\nPatterns *\nCreate Near\nExpunge None\nSync Pull\nSyncState ${folder}/state-\n`,
      { mode: 0o600 },
    )
    const ran = await run('mbsync', ['-c', rc, '-a', '-V'])
    const files = readdirSync(maildir, { recursive: true, withFileTypes: true })
    return { ...ran, files: files.filter((one) => one.isFile() && /\/(cur|new)$/.test(one.parentPath)).length }
  }
  const fetchmail = async (port: number): Promise<Ran & { mails: number }> => {
    const rc = path.join(folder, 'fetchmailrc')
    const box = path.join(folder, 'fetched')
    writeFileSync(
      rc,
      `poll 127.0.0.1 protocol pop3 service ${port} uidl user "${alice}" password "${secret}" keep sslproto "" mda "cat >> ${box}"\n`,
      { mode: 0o600 },
    )
    const ran = await run('fetchmail', [
      '-f',
      rc,
      '-i',
      path.join(folder, 'fetchids'),
      '--nosyslog',
      '--pidfile',
      path.join(folder, 'pid'),
    ])
    return { ...ran, mails: (readFileSync(box, 'latin1').match(/^Subject: message/gm) ?? []).length }
  }

  it('Maildir: every number is kept, and mbsync and fetchmail download nothing again', async () => {
    assert.ok(demo)
    await fill()
    const first = await mbsync(ports[0] ?? 0)
    assert.deepEqual([first.code, first.files], [0, 10], first.stdout + first.stderr)
    const fetched = await fetchmail(ports[1] ?? 0)
    assert.deepEqual([fetched.code, fetched.mails], [0, 6], fetched.stdout + fetched.stderr)
    const before = await seen(ports[0] ?? 0, secret)

    const maildir = path.join(folder, 'mail', alice, 'Maildir')
    const dry = await cli(['import', 'maildir', maildir, '--home', demo.home, '--account', alice, '--dry-run'])
    assert.match(dry.stdout, /INBOX: 6 found; UIDs kept: clients download nothing again/)
    const brought = await cli(['import', 'maildir', maildir, '--home', demo.home, '--account', alice])
    assert.match(brought.stdout, /10 messages found, 10 added, 0 problems/, brought.stderr)

    assert.deepEqual(await seen(demo.imap, secret), before)
    const again = await mbsync(demo.imap)
    assert.deepEqual([again.code, again.files], [0, 10], again.stdout + again.stderr)
    const polled = await fetchmail(demo.pop3)
    // fetchmail's code 1: there was no new mail.
    assert.deepEqual([polled.code, polled.mails], [1, 6], polled.stdout + polled.stderr)
  })

  it('IMAP: the same by the network, with the UIDLs of Dovecot', async () => {
    assert.ok(demo)
    const bob = 'carol@example.org'
    const made = await cli(['accounts', 'add', bob, '--home', demo.home, '--password-stdin'], secret)
    assert.equal(made.code, 0, made.stderr)
    process.env.IMPORT_PASSWORD = secret
    const args = ['--home', demo.home, '--account', bob, '--user', alice, '--port', String(ports[0]), '--plain']
    const brought = await cli(['import', 'imap', '127.0.0.1', ...args, '--uidl', 'dovecot'])
    assert.match(brought.stdout, /10 messages found, 10 added, 0 problems/, brought.stdout + brought.stderr)
    const again = await cli(['import', 'imap', '127.0.0.1', ...args])
    assert.match(again.stdout, /10 messages found, 0 added, 0 problems/)
    const [out, back] = [path.join(folder, 'out'), path.join(folder, 'back')]
    for (const [name, to] of [
      [alice, out],
      [bob, back],
    ] as const) {
      assert.equal((await cli(['export', 'maildir', to, '--home', demo.home, '--account', name])).code, 0)
    }
    for (const file of ['dovecot-uidlist', '.Entw&APw-rfe.2024/dovecot-uidlist']) {
      assert.equal(readFileSync(path.join(back, file), 'utf8'), readFileSync(path.join(out, file), 'utf8'))
    }
  })
})

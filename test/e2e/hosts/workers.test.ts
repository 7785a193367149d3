import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ImapFlow } from 'imapflow'
import { createTransport } from 'nodemailer'
import { Wire } from '../../kit'
import { ACCOUNTS, cli, type Demo, removeHome, startDemo } from '../demo'

const alice = 'alice@example.org'
const password = ACCOUNTS[alice]

async function send(demo: Demo, subject: string): Promise<void> {
  const transport = createTransport({ host: '127.0.0.1', port: demo.smtp, ignoreTLS: true, name: 'localhost' })
  await transport.sendMail({ from: 'a@example.net', to: alice, subject, text: subject })
  transport.close()
}

/**
 * A greeted connection, as a client gets one that tries again: Node's cluster may hand one connection to a worker that has just been
 * killed or is stopped, and nobody answers that one.
 */
async function greeted(port: number, tries = 10): Promise<Wire> {
  const wire = new Wire(port)
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, 500, undefined))
  const greeting = await Promise.race([wire.until(/^(\+|\* )OK.*\r\n/).catch(() => undefined), late])
  if (greeting !== undefined) return wire
  wire.close()
  if (tries === 1) throw new Error(`nobody answers on port ${port}`)
  return greeted(port, tries - 1)
}

async function pop3(demo: Demo): Promise<Wire> {
  const wire = await greeted(demo.pop3)
  wire.send(`USER ${alice}\r\nPASS ${password}\r\n`)
  await wire.until(/^\+OK\r\n(\+OK|-ERR).*\r\n/)
  return wire
}

async function imap(demo: Demo): Promise<Wire> {
  const wire = await greeted(demo.imap)
  wire.send(`a LOGIN ${alice} "${password}"\r\n`)
  await wire.until(/^a OK.*\r\n/m)
  return wire
}

interface Shown {
  readonly holders: readonly { readonly protocol: string; readonly process: string }[]
}
async function holders(demo: Demo): Promise<Shown['holders']> {
  const shown: Shown[] = JSON.parse((await cli(['locks', 'list', '--json', '--home', demo.home])).stdout)
  return shown.flatMap((one) => one.holders)
}
const pidOf = (holder: { readonly process: string } | undefined): number => Number(holder?.process.split('.')[0])

describe('across workers', function () {
  this.timeout(60_000)
  let demo: Demo
  before(async () => {
    demo = await startDemo([
      '--nodes',
      '4',
      '--set',
      'mailbox_locks.ini:main.expiry=5s',
      '--set',
      'mailbox_locks.ini:wait.imap=0s',
      '--set',
      'mailbox_locks.ini:wait.pop3=0s',
    ])
  })
  after(async () => {
    await demo?.stop()
    removeHome(demo)
  })

  it('counts by reason, all workers summed', async () => {
    const counted = async (): Promise<Map<string, number>> => {
      const { stdout } = await cli(['metrics', '--home', demo.home])
      return new Map([...stdout.matchAll(/^(\w+(?:\{[^}]*\})?) (\S+)$/gm)].map(([, name = '', n]) => [name, Number(n)]))
    }
    const before = await counted()
    const since = async (name: string) => ((await counted()).get(name) ?? 0) - (before.get(name) ?? 0)
    const clients = await Promise.all(Array.from({ length: 6 }, () => imap(demo)))
    for (const client of clients) client.send('b SELECT INBOX\r\n')
    await Promise.all(clients.map((client) => client.until(/^b OK.*\r\n/m)))
    assert.equal(await since('mailbox_lock_granted_total{protocol="imap"}'), 6)
    assert.equal(await since('mailbox_locks{protocol="imap"}'), 6)
    const refused = await pop3(demo)
    assert.equal(await since('mailbox_lock_refused_total{protocol="pop3",holder="imap"}'), 1)
    refused.close()
    for (const client of clients) client.send('c LOGOUT\r\n')
    await Promise.all(clients.map((client) => client.until(/^c OK.*\r\n/m)))
    assert.equal(await since('mailbox_lock_ended_total{protocol="imap",reason="released"}'), 6)
    assert.equal(await since('mailbox_locks{protocol="imap"}'), 0)
    assert.equal(await since('mailbox_logins_total{protocol="imap",verdict="granted",reason="right"}'), 6)
  })

  it('every worker tells its idling clients of a delivery to another worker', async () => {
    const clients = await Promise.all(Array.from({ length: 8 }, () => imap(demo)))
    for (const client of clients) client.send('b SELECT INBOX\r\n')
    await Promise.all(clients.map((client) => client.until(/^b OK.*\r\n/m)))
    for (const client of clients) client.send('c IDLE\r\n')
    await Promise.all(clients.map((client) => client.until(/^\+ .*\r\n/m)))
    assert.ok(new Set((await holders(demo)).map(pidOf)).size > 1, 'they are in several workers')
    await send(demo, 'for all')
    await Promise.all(clients.map((client) => client.until(/^\* 1 EXISTS\r\n/m)))
    for (const client of clients) client.send('DONE\r\nd LOGOUT\r\n')
    await Promise.all(clients.map((client) => client.end()))
  })

  it('a killed worker: its sessions end, its lock is free at once, nothing stored is lost', async () => {
    const wire = await pop3(demo)
    wire.send('DELE 1\r\n')
    await wire.until(/^\+OK deleted\r\n/)
    const refused = await imap(demo)
    refused.send('b SELECT INBOX\r\n')
    await refused.until(/^b NO \[INUSE\] Mailbox locked by POP3 since \d\d:\d\d\r\n/m)
    process.kill(pidOf((await holders(demo))[0]), 'SIGKILL')
    await wire.end()
    const client = await imap(demo)
    client.send('b SELECT INBOX\r\n')
    assert.match(await client.until(/^b .*\r\n/m), /\* 1 EXISTS[\s\S]*b OK/)
    client.close()
    refused.close()
    await send(demo, 'after the kill')
  })

  it('a POP3 session that was stopped past its lease deletes nothing', async () => {
    const wire = await pop3(demo)
    wire.send('DELE 1\r\nDELE 2\r\n')
    await wire.until(/(\+OK deleted\r\n){2}/)
    const pid = pidOf((await holders(demo))[0])
    process.kill(pid, 'SIGSTOP')
    try {
      // Another POP3 session comes in once the lease has run out, and goes.
      for (;;) {
        const other = await pop3Elsewhere(demo)
        if (other) {
          other.send('QUIT\r\n')
          await other.end()
          break
        }
      }
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    wire.send('QUIT\r\n')
    assert.equal(await wire.end(), '-ERR [SYS/TEMP] some deleted messages not removed\r\n')
    const client = await imap(demo)
    client.send('b SELECT INBOX\r\n')
    assert.match(await client.until(/^b .*\r\n/m), /\* 2 EXISTS/)
    client.close()
  })

  /** A login by a worker that is not stopped; undefined when it is refused. */
  async function pop3Elsewhere(demo: Demo): Promise<Wire | undefined> {
    const wire = await greeted(demo.pop3)
    wire.send(`USER ${alice}\r\nPASS ${password}\r\n`)
    const answer = await wire.until(/^\+OK\r\n(\+OK|-ERR).*\r\n/)
    if (/-ERR/.test(answer)) {
      wire.close()
      return undefined
    }
    return wire
  }

  it('the demo stops with the process that started it, even when that is killed', async () => {
    const other = await startDemo(['--nodes', '2'])
    const children = (pid: number): number[] =>
      readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
    const [haraka = 0] = children(other.pid)
    assert.ok(haraka > 0)
    await other.stop('SIGKILL')
    execFileSync('tail', [`--pid=${haraka}`, '-f', '/dev/null'], { timeout: 15_000 })
    removeHome(other)
  })
})

describe('a third-party plugin of one file', function () {
  this.timeout(60_000)

  it('uses server.notes.mailbox and joins the hook login', async () => {
    const home = mkdtempSync(path.join(tmpdir(), 'mailbox-plugin-'))
    mkdirSync(path.join(home, 'plugins'), { recursive: true })
    writeFileSync(
      path.join(home, 'plugins/guest.js'),
      `exports.register = function () {
  this.register_hook('login', 'guest')
  this.register_hook('init_master', 'start')
}
exports.start = function (next, server) {
  const { locks, store, version } = server.notes.mailbox
  store.accounts.find('bob@example.org')
    .then((account) => locks.acquire({ account: account.id, access: 'exclusive', protocol: 'api', address: '127.0.0.1', wait: 0 }))
    .then((lease) => this.lognotice('guest holds bob: ' + lease.ok + ' ' + version))
    .catch((error) => this.logerror(error.message))
  next()
}
exports.guest = function (next, attempt) {
  if (attempt.user === 'guest' && attempt.password() === 'welcome') {
    attempt.account = '${alice}'
    return next(OK)
  }
  if (attempt.user === 'thrower') throw new Error('oops')
  next()
}
`,
    )
    const demo = await startDemo(['--nodes', '0', '--plugin', 'guest', '--set', 'mailbox_locks.ini:wait.imap=0s'], home)
    try {
      const client = new ImapFlow({
        host: '127.0.0.1',
        port: demo.imap,
        secure: false,
        doSTARTTLS: false,
        auth: { user: 'guest', pass: 'welcome' },
        logger: false,
      })
      await client.connect()
      await client.mailboxOpen('INBOX')
      await client.logout()
      for (const user of ['thrower', 'guest']) {
        const wire = new Wire(demo.imap)
        await wire.until(/^\* OK.*\r\n/)
        wire.send(`a LOGIN ${user} wrong\r\n`)
        assert.match(await wire.until(/^a .*\r\n/m), /NO \[AUTHENTICATIONFAILED\] Authentication failed\./)
        wire.close()
      }
      const bob = new Wire(demo.imap)
      await bob.until(/^\* OK.*\r\n/)
      bob.send(`a LOGIN bob@example.org ${ACCOUNTS['bob@example.org']}\r\nb SELECT INBOX\r\n`)
      await bob.until(/^b NO \[INUSE\] .*\r\n/m)
      bob.close()
      assert.match(readFileSync(path.join(home, 'haraka.log'), 'utf8'), /guest holds bob: true \d/)
    } finally {
      await demo.stop()
      removeHome(demo)
    }
  })
})

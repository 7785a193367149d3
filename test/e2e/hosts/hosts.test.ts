import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { settingCredentials } from '../../../lib/store/account'
import { newTotpSecret, totpAt } from '../../../lib/web/who/totp'
import { client } from '../../http/web'
import { Wire } from '../../kit'
import { databaseOrSkip, openTestStore, type TestDatabase } from '../../postgres'
import { REDIS, redisOrSkip, removeKeys } from '../../redis'
import { ACCOUNTS, cli, type Demo, freePorts, removeHome, run, startDemo } from '../demo'

const alice = 'alice@example.org'
const bob = 'bob@example.org'
const HOSTS = 3
const MAILS = 8

async function open(port: number): Promise<Wire> {
  const wire = new Wire(port)
  await wire.until(/^.*\r\n/)
  return wire
}

async function imap(demo: Demo, user: keyof typeof ACCOUNTS = alice): Promise<Wire> {
  const wire = await open(demo.imap)
  wire.send(`a LOGIN ${user} "${ACCOUNTS[user]}"\r\n`)
  await wire.until(/^a .*\r\n/m)
  return wire
}

async function command(wire: Wire, tag: string, text: string): Promise<string> {
  wire.send(`${tag} ${text}\r\n`)
  return wire.until(new RegExp(`^${tag} .*\\r\\n`, 'm'))
}

/** One message by SMTP; resolves with the reply to its end. */
async function deliver(demo: Demo, subject: string): Promise<string> {
  const wire = await open(demo.smtp)
  for (const line of ['HELO test.example.org', 'MAIL FROM:<x@example.com>', `RCPT TO:<${alice}>`, 'DATA']) {
    wire.send(`${line}\r\n`)
    await wire.until(/^\d{3} .*\r\n/m)
  }
  wire.send(`From: x@example.com\r\nDate: Mon, 1 Jan 2024 00:00:00 +0000\r\nSubject: ${subject}\r\n\r\nbody\r\n.\r\n`)
  const reply = await wire.until(/^\d{3} .*\r\n/m)
  wire.close()
  return reply
}

/** Resolves with the reply to PASS. */
async function pop3(wire: Wire, user: keyof typeof ACCOUNTS, password: string = ACCOUNTS[user]): Promise<string> {
  wire.send(`USER ${user}\r\n`)
  await wire.until(/^\+OK.*\r\n/m)
  wire.send(`PASS ${password}\r\n`)
  return wire.until(/^(\+OK|-ERR).*\r\n/m)
}

const prefix = `hosts-e2e-${randomBytes(4).toString('hex')}`
/** What hosts share beside the database of the mail. */
const SHARED = {
  postgres: ['mailbox_login.ini:attempts.driver=postgres'],
  redis: [
    `mailbox_locks.ini:main.redis=${REDIS}`,
    `mailbox_locks.ini:main.redis_prefix=${prefix}`,
    'mailbox_login.ini:attempts.driver=redis',
    `mailbox_login.ini:attempts.redis=${REDIS}`,
    `mailbox_login.ini:attempts.redis_prefix=${prefix}`,
  ],
}

/** Three hosts, each with a home of its own. */
for (const [locks, shared] of Object.entries(SHARED)) {
  describe(`three Haraka hosts over one PostgreSQL${locks === 'redis' ? ' and one Redis' : ''}`, function () {
    this.timeout(120_000)
    const hosts: Demo[] = []
    let database: TestDatabase | undefined
    const host = (index: number): Demo => {
      const found = hosts[index % HOSTS]
      if (!found) throw new Error('no such host')
      return found
    }

    before(async function () {
      database = locks === 'postgres' || (await redisOrSkip()) ? await databaseOrSkip() : undefined
      if (!database) return this.skip()
      const settings = [
        `mailbox_store.ini:postgres.url=${database.url}`,
        ...shared,
        'mailbox_locks.ini:wait.imap=0s',
        'mailbox_locks.ini:wait.pop3=0s',
        // A notice that did not come must fail a test, not be found by a poll.
        'mailbox_store.ini:views.safety_poll=0s',
      ].flatMap((text) => ['--set', text])
      const args = ['--store', 'postgres', '--locks', locks, '--nodes', '0', ...settings]
      const ports = await freePorts(HOSTS)
      const started = await Promise.allSettled(ports.map((port) => startDemo([...args, '--http', String(port)])))
      // Those that did start are stopped afterwards, also when another did not.
      for (const demo of started) if (demo.status === 'fulfilled') hosts.push(demo.value)
      for (const demo of started) if (demo.status === 'rejected') throw demo.reason
    })
    after(async () => {
      await Promise.all(hosts.map((demo) => demo.stop()))
      for (const demo of hosts) removeHome(demo)
      await database?.drop()
      if (hosts.length > 0 && locks === 'redis') await removeKeys(`{${prefix}}:`)
    })

    it('what POP3 holds on one host is refused on the others', async () => {
      const holder = await open(host(0).pop3)
      holder.send(`USER ${bob}\r\nPASS ${ACCOUNTS[bob]}\r\n`)
      await holder.until(/^\+OK\r\n\+OK.*\r\n/)
      for (const index of [1, 2]) {
        const refused = await imap(host(index), bob)
        assert.match(await command(refused, 'b', 'SELECT INBOX'), /^b NO \[INUSE\]/m)
        refused.close()
        const second = await open(host(index).pop3)
        second.send(`USER ${bob}\r\nPASS ${ACCOUNTS[bob]}\r\n`)
        await second.until(/^-ERR \[IN-USE\].*\r\n/m)
        second.close()
      }
      holder.send('QUIT\r\n')
      await holder.end()
      const free = await imap(host(1), bob)
      assert.match(await command(free, 'b', 'SELECT INBOX'), /^b OK/m)
      free.close()
    })

    it('a web session is one on all hosts; a password that one of them changes ends it on all', async () => {
      const at = (index: number): string => `http://127.0.0.1:${host(index).http}`
      const carol = 'carol@example.org'
      const home = ['--home', host(2).home]
      assert.equal((await cli(['accounts', 'add', carol, ...home, '--password-stdin'], 'first secret')).code, 0)
      const browser = client(at(0))
      const [first, second] = [client(at(0)), client(at(1))]
      for (const one of [browser, first, second]) {
        assert.equal((await one.logIn(carol, { password: 'first secret' })).status, 200)
      }
      assert.equal((await browser.get('mailboxes', { at: at(1) })).status, 200)
      assert.equal((await first.get('sessions', { at: at(2) })).body.sessions.length, 3)
      assert.equal((await second.ask('DELETE', 'sessions')).status, 200)
      for (const index of [0, 1, 2]) assert.equal((await browser.get('session', { at: at(index) })).status, 401)
      await browser.logIn(carol, { password: 'first secret' })
      assert.equal((await cli(['accounts', 'passwd', carol, ...home, '--password-stdin'], 'second secret')).code, 0)
      for (const index of [0, 1, 2]) assert.equal((await browser.get('session', { at: at(index) })).status, 401)
    })

    it('one TOTP code at two hosts at once opens once', async () => {
      const dora = 'dora@example.org'
      const { code: added } = await cli(
        ['accounts', 'add', dora, '--home', host(0).home, '--password-stdin'],
        'first secret',
      )
      assert.equal(added, 0)
      const secret = newTotpSecret()
      const store = await openTestStore(database ?? assert.fail('no database'))
      try {
        const account = await store.accounts.find(dora)
        assert.ok(account && (await store.accounts.update(account.id, settingCredentials({ totp: secret }))).ok)
      } finally {
        await store.close()
      }
      for (let round = 0; round < 3; round++) {
        // The code of the step before, of this one, of the next: each is good now, and good once.
        const code = totpAt(secret, Math.floor(Date.now() / 30_000) - 1 + round)
        const statuses = await Promise.all(
          hosts.map(async (demo) => {
            const browser = client(`http://127.0.0.1:${demo.http}`)
            return (await browser.logIn(dora, { password: 'first secret', code })).status
          }),
        )
        assert.equal(statuses.filter((status) => status === 200).length, 1, `${statuses}`)
        assert.ok(
          statuses.every((status) => status === 200 || status === 401),
          `${statuses}`,
        )
        // For the others it was used already: wrong codes, which count.
        assert.equal((await cli(['lockouts', 'clear', '--all', '--home', host(1).home])).code, 0)
      }
    })

    it('mail comes in at all hosts at once: each session hears of every message, in order of UID, at once', async () => {
      const sessions = await Promise.all(hosts.map((demo) => imap(demo)))
      for (const wire of sessions) await command(wire, 'b', 'SELECT INBOX')
      for (const wire of sessions) wire.send('c IDLE\r\n')
      await Promise.all(sessions.map((wire) => wire.until(/^\+ .*\r\n/m)))
      const total = MAILS * HOSTS
      const heard = Promise.all(sessions.map((wire) => wire.until(new RegExp(`^\\* ${total} EXISTS\\r\\n`, 'm'))))
      const replies = await Promise.all(
        Array.from({ length: total }, (_nothing, index) => deliver(host(index), `m${index}`)),
      )
      for (const reply of replies) assert.match(reply, /^250 /)
      await heard
      const lists: string[] = []
      for (const wire of sessions) {
        wire.send('DONE\r\n')
        await wire.until(/^c OK.*\r\n/m)
        const answer = await command(wire, 'd', 'FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])')
        lists.push(answer.replace(/^d OK.*\r\n/m, ''))
        wire.close()
      }
      const [first = ''] = lists
      const uids = [...first.matchAll(/UID (\d+)/g)].map((match) => Number(match[1]))
      assert.deepEqual(
        uids,
        Array.from({ length: total }, (_nothing, index) => index + 1),
      )
      const subjects = new Set([...first.matchAll(/Subject: (m\d+)/g)].map((match) => match[1]))
      assert.equal(subjects.size, total, 'each message once')
      for (const list of lists) assert.equal(list, first)
    })

    it('a change of flags and an expunge on one host reach the others', async () => {
      const [here, there] = await Promise.all([imap(host(0)), imap(host(1))])
      for (const wire of [here, there]) await command(wire, 'b', 'SELECT INBOX')
      there.send('c IDLE\r\n')
      await there.until(/^\+ .*\r\n/m)
      await command(here, 'c', 'STORE 2 +FLAGS (\\Deleted)')
      await there.until(/^\* 2 FETCH .*\\Deleted.*\r\n/m)
      await command(here, 'd', 'EXPUNGE')
      await there.until(/^\* 2 EXPUNGE\r\n/m)
      for (const wire of [here, there]) wire.close()
    })

    it('a session on one host is ended from another', async () => {
      const holder = await open(host(0).pop3)
      assert.match(await pop3(holder, bob), /^\+OK/m)
      const kicked = await cli(['locks', 'kick', bob, '--home', host(1).home])
      assert.match(kicked.stdout, /^ended 1 session of bob@example.org$/m)
      await holder.end()
      const next = await open(host(2).pop3)
      assert.match(await pop3(next, bob), /^\+OK/m)
      next.send('QUIT\r\n')
      await next.end()
    })

    it('how long IDLE takes from one host to another', async () => {
      const idle = await imap(host(1))
      await command(idle, 'b', 'SELECT INBOX')
      idle.send('c IDLE\r\n')
      await idle.until(/^\+ .*\r\n/m)
      const times: number[] = []
      for (let i = 0; i < 20; i++) {
        const heard = idle.until(/^\* \d+ EXISTS\r\n/m).then(() => performance.now())
        assert.match(await deliver(host(0), `timed ${i}`), /^250 /)
        const replied = performance.now()
        times.push((await heard) - replied)
      }
      idle.close()
      times.sort((a, b) => a - b)
      const at = (part: number): string => (times[Math.floor((times.length - 1) * part)] ?? Number.NaN).toFixed(0)
      console.log(`      from the reply to DATA to EXISTS on the other host: median ${at(0.5)} ms, worst ${at(1)} ms`)
    })

    it('a host that is killed takes nothing along: its mail is there, its lock is free, the invariants hold', async () => {
      const victim = host(2)
      assert.match(await deliver(victim, 'last words'), /^250 /)
      const holder = await open(victim.pop3)
      assert.match(await pop3(holder, bob), /^\+OK/m)
      const waiting = await open(host(0).pop3)
      assert.match(await pop3(waiting, bob), /^-ERR \[IN-USE\]/m)
      waiting.close()
      // The demo's own process would let its Haraka end in good order.
      const { stdout } = await run('pgrep', ['-P', String(victim.pid)])
      const pids = stdout.split('\n').filter(Boolean).map(Number)
      assert.equal(pids.length, 1)
      for (const pid of pids) process.kill(pid, 'SIGKILL')
      await victim.stop('SIGKILL')
      let answer = ''
      for (let tries = 0; tries < 100 && !answer.startsWith('+OK'); tries++) {
        const next = await open(host(1).pop3)
        answer = await pop3(next, bob)
        if (answer.startsWith('-ERR')) assert.match(answer, /\[IN-USE\]/)
        next.send('QUIT\r\n')
        await next.end()
      }
      assert.match(answer, /^\+OK/)
      const wire = await imap(host(0))
      await command(wire, 'b', 'SELECT INBOX')
      assert.match(await command(wire, 'c', 'SEARCH SUBJECT "last words"'), /^\* SEARCH \d+\r\n/m)
      wire.close()
      assert.ok(database)
      const store = await openTestStore(database)
      const account = await store.accounts.find(alice)
      assert.ok(account)
      assert.deepEqual(await store.check(account.id), [])
      await store.close()
    })

    it('failures on all hosts count together: the account is closed on each', async () => {
      for (let i = 0; i < 4; i++) {
        const wire = await open(host(i % 2).pop3)
        assert.match(await pop3(wire, alice, `wrong ${i}`), /^-ERR \[AUTH\]/m)
        wire.close()
      }
      for (const index of [0, 1]) {
        const wire = await open(host(index).pop3)
        assert.match(await pop3(wire, alice), /^-ERR/m)
        wire.close()
        const other = await open(host(index).pop3)
        assert.match(await pop3(other, bob), /^\+OK/m)
        other.send('QUIT\r\n')
        await other.end()
      }
    })
  })
}

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { Wire } from '../../kit'
import { REDIS, redisOrSkip, removeKeys } from '../../redis'
import { ACCOUNTS, cli, type Demo, removeHome, startDemo } from '../demo'

const alice = 'alice@example.org'

async function enter(port: number, greeting: RegExp, login: string): Promise<Wire> {
  const wire = new Wire(port)
  await wire.until(greeting)
  wire.send(login)
  return wire
}
const pop3 = (demo: Demo): Promise<Wire> =>
  enter(demo.pop3, /^\+OK.*\r\n/, `USER ${alice}\r\nPASS ${ACCOUNTS[alice]}\r\n`)
const imap = (demo: Demo): Promise<Wire> =>
  enter(demo.imap, /^\* OK.*\r\n/, `a LOGIN ${alice} "${ACCOUNTS[alice]}"\r\nb SELECT INBOX\r\n`)

/** Two Haraka homes over one store, locks on Redis: what one holds, the other refuses. */
describe('two Haraka instances that share a Redis', function () {
  this.timeout(60_000)
  const prefix = `locks-e2e-${randomBytes(4).toString('hex')}`
  let one: Demo
  let two: Demo

  before(async function () {
    if (!(await redisOrSkip())) return this.skip()
    const locks = ['--locks', 'redis', '--nodes', '2']
    const settings = [`redis=${REDIS}`, `redis_prefix=${prefix}`, 'expiry=5s'].flatMap((text) => [
      '--set',
      `mailbox_locks.ini:main.${text}`,
    ])
    const wait = ['--set', 'mailbox_locks.ini:wait.imap=0s', '--set', 'mailbox_locks.ini:wait.pop3=20s']
    one = await startDemo([...locks, ...settings, ...wait])
    const shared = ['--set', `mailbox_store.ini:main.path=${path.join(one.home, 'mailbox-data')}`]
    two = await startDemo([...locks, ...settings, ...wait, ...shared])
  })
  after(async () => {
    await two?.stop()
    await one?.stop()
    removeHome(two)
    removeHome(one)
    if (one) await removeKeys(`{${prefix}}:`)
  })

  it('POP3 in one refuses IMAP in the other, and IMAP POP3', async () => {
    const first = await pop3(one)
    await first.until(/^\+OK\r\n\+OK.*\r\n/)
    const refused = await imap(two)
    await refused.until(/^b NO \[INUSE\] Mailbox locked by POP3 since \d\d:\d\d\r\n/m)
    first.send('QUIT\r\n')
    await first.end()
    refused.send('c SELECT INBOX\r\n')
    await refused.until(/^c OK.*\r\n/m)

    // Now POP3 waits for IMAP, in the other instance, and is let in by its LOGOUT.
    const waiting = await pop3(one)
    refused.send('d LOGOUT\r\n')
    await refused.end()
    await waiting.until(/^\+OK\r\n\+OK.*\r\n/)
    waiting.send('QUIT\r\n')
    await waiting.end()
  })

  it('two IMAP sessions share, and each hears what the other does', async () => {
    const here = await imap(one)
    const there = await imap(two)
    await Promise.all([here.until(/^b OK.*\r\n/m), there.until(/^b OK.*\r\n/m)])
    there.send('c IDLE\r\n')
    await there.until(/^\+ .*\r\n/m)
    here.send('c APPEND INBOX {17+}\r\nSubject: x\r\n\r\nhi\n\r\n')
    await Promise.all([here.until(/^c OK.*\r\n/m), there.until(/^\* 1 EXISTS\r\n/m)])
    for (const wire of [here, there]) wire.close()
  })

  it('a POP3 session that was stopped past its lease deletes nothing, and says so', async () => {
    const stopped = await pop3(one)
    await stopped.until(/^\+OK\r\n\+OK 1 messages\r\n/)
    stopped.send('DELE 1\r\n')
    await stopped.until(/^\+OK.*\r\n/)
    const { stdout } = await cli(['locks', 'list', '--json', '--home', one.home])
    const [held]: { holders: { process: string }[] }[] = JSON.parse(stdout)
    const pid = Number(held?.holders[0]?.process.split('.')[0])
    process.kill(pid, 'SIGSTOP')
    try {
      const next = await pop3(two)
      await next.until(/^\+OK\r\n\+OK 1 messages\r\n/)
      next.send('QUIT\r\n')
      await next.end()
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    stopped.send('QUIT\r\n')
    assert.equal(await stopped.end(), '-ERR [SYS/TEMP] some deleted messages not removed\r\n')
    const after = await pop3(two)
    await after.until(/^\+OK\r\n\+OK 1 messages\r\n/)
    after.close()
  })
})

import assert from 'node:assert/strict'
import { becomes } from '../eventually'
import { type Kit, startKit, Wire } from '../kit'

const MESSAGE = 'Subject: one\r\n\r\ntext\r\n'
const INUSE = 'NO \\[INUSE\\] Mailbox locked by POP3 since \\d\\d:\\d\\d'

/** What each command answers while a POP3 session has the account's mail (docs/imap.md); the rest takes no lock. */
const WHILE_LOCKED: readonly (readonly [command: string, answer: string])[] = [
  ['SELECT INBOX', INUSE],
  ['EXAMINE INBOX', INUSE],
  ['SELECT INBOX (CONDSTORE)', INUSE],
  ['ENABLE QRESYNC', 'OK .*'],
  ['SELECT INBOX (QRESYNC (1 1))', INUSE],
  ['STATUS INBOX (MESSAGES UIDNEXT)', INUSE],
  ['CREATE new', INUSE],
  ['DELETE old', INUSE],
  ['RENAME old other', INUSE],
  ['RENAME INBOX other', INUSE],
  [`APPEND INBOX {${MESSAGE.length}+}\r\n${MESSAGE}`, INUSE],
  [`APPEND INBOX {${MESSAGE.length}+}\r\n${MESSAGE} {${MESSAGE.length}+}\r\n${MESSAGE}`, INUSE],
  [
    'LIST "" * RETURN (STATUS (MESSAGES))',
    'OK LIST completed without STATUS: Mailbox locked by POP3 since \\d\\d:\\d\\d',
  ],
  ['LIST "" *', 'OK LIST completed'],
  ['LSUB "" *', 'OK LSUB completed'],
  ['SUBSCRIBE INBOX', 'OK SUBSCRIBE completed'],
  ['NAMESPACE', 'OK NAMESPACE completed'],
  ['GETQUOTAROOT INBOX', 'OK GETQUOTAROOT completed'],
  ['ID NIL', 'OK ID completed'],
  ['NOOP', 'OK NOOP completed'],
  ['CHECK', 'BAD CHECK not in this state'],
  ['FETCH 1 FLAGS', 'BAD FETCH not in this state'],
  ['REPLACE 1 INBOX {1+}\r\nx', 'BAD REPLACE not in this state'],
]

/** What takes the lock, each as the first command of a session. */
const TAKES: readonly string[] = [
  'SELECT INBOX',
  'EXAMINE INBOX',
  'STATUS INBOX (MESSAGES)',
  'CREATE new',
  'DELETE old',
  'RENAME old other',
  `APPEND INBOX {${MESSAGE.length}+}\r\n${MESSAGE}`,
  'LIST "" * RETURN (STATUS (MESSAGES))',
]

describe('IMAP and the mailbox lock', () => {
  let kit: Kit
  const wires: Wire[] = []
  const open = async (port: number, greeting: RegExp): Promise<Wire> => {
    const wire = new Wire(port)
    wires.push(wire)
    await wire.until(greeting)
    return wire
  }
  async function pop3(answer = /^\+OK 1 messages\r\n/m): Promise<Wire> {
    const wire = await open(kit.pop3, /^\+OK.*\r\n/)
    wire.send('USER ann@example.org\r\nPASS pass\r\n')
    await wire.until(answer)
    return wire
  }
  async function imap(): Promise<Wire> {
    const wire = await open(kit.imap, /^\* OK.*\r\n/)
    wire.send('a LOGIN ann@example.org pass\r\n')
    await wire.until(/^a OK.*\r\n/m)
    return wire
  }
  const ask = (wire: Wire, command: string): Promise<string> => {
    wire.send(`t ${command}\r\n`)
    return wire.until(/^t (?:OK|NO|BAD).*\r\n/m)
  }
  const holders = async (): Promise<number> => (await kit.locks.list()).flatMap((lock) => lock.holders).length
  /** everything that a locked-out session could have changed */
  async function contents(): Promise<unknown> {
    const account = await kit.store.accounts.find('ann@example.org')
    assert.ok(account)
    const mailboxes = await kit.store.mailboxes.list(account.id)
    return mailboxes.map(({ name, messages, uidNext, highestModSeq }) => ({ name, messages, uidNext, highestModSeq }))
  }
  async function start(lockAt: 'access' | 'login'): Promise<void> {
    kit = await startKit({ imap: { session: { lock_at: lockAt } } })
    const id = await kit.account('ann@example.org')
    await kit.deliver(id, MESSAGE)
    const wire = await imap()
    await ask(wire, 'CREATE old')
    wire.send('z LOGOUT\r\n')
    await wire.end()
  }
  afterEach(async () => {
    for (const wire of wires.splice(0)) wire.close()
    assert.deepEqual(kit.errors, [])
    await kit.close()
  })

  it('lock_at = access: each command while POP3 has the mail, and again when it has gone', async () => {
    await start('access')
    const before = await contents()
    const holder = await pop3()
    const session = await imap()
    for (const [command, answer] of WHILE_LOCKED)
      assert.match(await ask(session, command), new RegExp(`^t ${answer}\r\n$`, 'm'), command)
    assert.deepEqual(await contents(), before)
    assert.equal(await holders(), 1)
    holder.send('QUIT\r\n')
    await holder.end()
    assert.match(await ask(session, 'SELECT INBOX'), /^t OK \[READ-WRITE\]/m)
  })

  for (const command of TAKES)
    it(`lock_at = access: ${command.split('\r')[0]} takes the lock, which stays until LOGOUT`, async () => {
      await start('access')
      const session = await imap()
      await ask(session, 'LIST "" *')
      assert.equal(await holders(), 0)
      await ask(session, command)
      assert.equal(await holders(), 1)
      await pop3(/^-ERR \[IN-USE\] Mailbox Locked.*\r\n/m)
      await ask(session, 'CLOSE')
      assert.equal(await holders(), 1)
      session.send('z LOGOUT\r\n')
      await session.end()
      await pop3(/^\+OK \d messages\r\n/m)
    })

  it('the lock ends with the connection, in IDLE and in the middle of a literal too', async () => {
    await start('access')
    for (const last of ['NOOP\r\n', 'IDLE\r\n', 'APPEND INBOX {100}\r\nhalf']) {
      const session = await imap()
      await ask(session, 'SELECT INBOX')
      session.send(`l ${last}`)
      await session.until(last.startsWith('NOOP') ? /^l OK.*\r\n/m : /^\+.*\r\n/m)
      session.close()
      // The other side hears of it by the network, not at once.
      await becomes(holders, 0)
      const holder = await pop3()
      holder.send('QUIT\r\n')
      await holder.end()
    }
  })

  it('UNAUTHENTICATE gives back the lock, and the log has a line for each login (RFC 8437)', async () => {
    await start('access')
    const before = kit.lines.length
    const session = await imap()
    await ask(session, 'SELECT INBOX')
    await ask(session, 'FETCH 1 BODY[]')
    assert.equal(await holders(), 1)
    assert.match(await ask(session, 'UNAUTHENTICATE'), /^t OK/m)
    assert.equal(await holders(), 0)
    const holder = await pop3()
    assert.match(await ask(session, 'LOGIN ann@example.org pass'), /^t OK/m)
    assert.match(await ask(session, 'SELECT INBOX'), new RegExp(`^t ${INUSE}`, 'm'))
    holder.send('QUIT\r\n')
    await holder.end()
    assert.match(await ask(session, 'SELECT INBOX'), /^t OK/m)
    session.send('z LOGOUT\r\n')
    await session.end()
    const lines = kit.lines.slice(before).filter((line) => line.includes('protocol=imap'))
    assert.equal(lines.length, 2, lines.join('\n'))
    assert.match(lines[0] ?? '', /user="ann@example\.org".* in=8\d out=\d+ .*fetched=[1-9]\d+ end="unauthenticate"/)
    assert.match(lines[1] ?? '', /user="ann@example\.org".* in=7\d out=\d+ .*fetched=0 end="logout"/)
  })

  it('the lock ends with the idle timer and with too many bad commands', async () => {
    kit = await startKit({ imapIdle: 200, imap: { limits: { bad_commands: '5' } } })
    await kit.account('ann@example.org')
    for (const last of ['', 'c nonsense\r\n'.repeat(5)]) {
      const session = await open(kit.imap, /^\* OK.*\r\n/)
      session.send(`a LOGIN ann@example.org pass\r\nb SELECT INBOX\r\n${last}`)
      await session.until(/^b OK.*\r\n[\s\S]*^\* BYE .*\r\n/m)
      await session.end()
      assert.equal(await holders(), 0)
    }
  })

  it('lock_at = login: refused at login, without a word about the password; no try is counted', async () => {
    await start('login')
    const holder = await pop3()
    const wire = await open(kit.imap, /^\* OK.*\r\n/)
    for (let tries = 0; tries < 5; tries++)
      assert.match(
        await ask(wire, 'LOGIN ann@example.org pass'),
        /^t NO \[UNAVAILABLE\] Mailbox locked by POP3 since \d\d:\d\d\r\n$/m,
      )
    assert.match(await ask(wire, 'LOGIN ann@example.org wrong'), /^t NO \[AUTHENTICATIONFAILED\]/m)
    holder.send('QUIT\r\n')
    await holder.end()
    assert.match(await ask(wire, 'LOGIN ann@example.org pass'), /^t OK/m)
    assert.equal(await holders(), 1)
    await pop3(/^-ERR \[IN-USE\] Mailbox Locked.*\r\n/m)
    wire.send('z LOGOUT\r\n')
    await wire.end()
    await pop3()
  })
})

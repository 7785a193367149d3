import assert from 'node:assert/strict'
import type { MailDeed } from '../../lib/mailbox/deeds/deed'
import type { AccountId } from '../../lib/terms/names'
import { becomes } from '../eventually'
import { type Kit, startKit, Wire } from '../kit'

const MESSAGE = 'Subject: one\r\n\r\ntext\r\n'
const LITERAL = `{${MESSAGE.length}+}\r\n${MESSAGE}`
const INUSE = 'NO \\[INUSE\\] Mailbox locked by POP3 since \\d\\d:\\d\\d'
const BOX = '"Other Users/ann@example.org/INBOX"'

/** What each command of a guest answers while its owner has the mail by POP3 (docs/locks.md#guests). */
const WHILE_LOCKED: readonly (readonly [command: string, answer: string])[] = [
  [`SELECT ${BOX}`, INUSE],
  [`EXAMINE ${BOX}`, INUSE],
  [`STATUS ${BOX} (MESSAGES)`, INUSE],
  [`APPEND ${BOX} ${LITERAL}`, INUSE],
  ['CREATE "Other Users/ann@example.org/INBOX/new"', INUSE],
  [`DELETE ${BOX}`, INUSE],
  [`RENAME ${BOX} "Other Users/ann@example.org/INBOX/new"`, INUSE],
  [
    'LIST "" * RETURN (STATUS (MESSAGES))',
    'OK LIST completed without STATUS: Mailbox locked by POP3 since \\d\\d:\\d\\d',
  ],
  ['LIST "" *', 'OK LIST completed'],
  [`MYRIGHTS ${BOX}`, 'OK MYRIGHTS completed'],
  [`GETACL ${BOX}`, 'OK GETACL completed'],
  [`SUBSCRIBE ${BOX}`, 'OK SUBSCRIBE completed'],
  // Of what nobody may know of, nobody hears that it is locked.
  ['SELECT "Other Users/ann@example.org/Private"', 'NO \\[NONEXISTENT\\] There is no such mailbox'],
  ['SELECT "Other Users/ann@example.org/None"', 'NO \\[NONEXISTENT\\] There is no such mailbox'],
  // With these rights neither (RFC 4314 4).
  ['SELECT "Other Users/ann@example.org/Posts"', 'NO \\[NONEXISTENT\\] There is no such mailbox'],
  [`APPEND "Other Users/ann@example.org/Posts" ${LITERAL}`, 'NO \\[NONEXISTENT\\] There is no such mailbox'],
  ['CREATE "Other Users/ann@example.org/Posts/new"', 'NO \\[NOPERM\\] You have no right to do this'],
  ['SELECT INBOX', 'OK \\[READ-WRITE\\] SELECT completed'],
  [`COPY 1 ${BOX}`, INUSE],
  [`MOVE 1 ${BOX}`, INUSE],
  [`REPLACE 1 ${BOX} ${LITERAL}`, INUSE],
  ['COPY 1 INBOX', 'OK \\[COPYUID .*'],
]

describe('guests in a mailbox', () => {
  let kit: Kit
  let owner: AccountId
  const deeds: MailDeed[] = []
  const wires: Wire[] = []
  const open = async (port: number, greeting: RegExp): Promise<Wire> => {
    const wire = new Wire(port)
    wires.push(wire)
    await wire.until(greeting)
    return wire
  }
  async function pop3(answer = /^\+OK \d messages\r\n/m): Promise<Wire> {
    const wire = await open(kit.pop3, /^\+OK.*\r\n/)
    wire.send('USER ann@example.org\r\nPASS pass\r\n')
    await wire.until(answer)
    return wire
  }
  async function imap(user: string): Promise<Wire> {
    const wire = await open(kit.imap, /^\* OK.*\r\n/)
    wire.send(`a LOGIN ${user}@example.org pass\r\n`)
    await wire.until(/^a OK.*\r\n/m)
    return wire
  }
  const ask = (wire: Wire, command: string): Promise<string> => {
    wire.send(`t ${command}\r\n`)
    return wire.until(/^t (?:OK|NO|BAD).*\r\n/m)
  }
  const holders = async () => (await kit.locks.list()).flatMap((lock) => lock.holders)

  before(async () => {
    kit = await startKit()
    kit.room.onDeed((deed) => deeds.push(deed))
    owner = await kit.account('ann@example.org')
    await kit.deliver(owner, MESSAGE)
    await kit.deliver(await kit.account('bob@example.org'), MESSAGE, MESSAGE)
    const wire = await imap('ann')
    assert.match(await ask(wire, 'CREATE Private'), /^t OK/m)
    assert.match(await ask(wire, 'CREATE Posts'), /^t OK/m)
    assert.match(await ask(wire, 'SETACL Posts bob p'), /^t OK/m)
    assert.match(await ask(wire, 'SETACL INBOX bob lrswipkxtea'), /^t OK/m)
    wire.send('z LOGOUT\r\n')
    await wire.end()
  })
  afterEach(() => {
    for (const wire of wires.splice(0)) wire.close()
    deeds.length = 0
    assert.deepEqual(kit.errors, [])
  })
  after(() => kit.close())

  it('each command while the owner has the mail by POP3, and again when it is gone', async () => {
    const holder = await pop3()
    const guest = await imap('bob')
    for (const [command, answer] of WHILE_LOCKED)
      assert.match(await ask(guest, command), new RegExp(`^t ${answer}\r\n$`, 'm'), command)
    assert.deepEqual(
      (await holders()).map(({ protocol }) => protocol).sort(),
      ['imap', 'pop3'],
      'the guest has the lock of its own account only',
    )
    holder.send('QUIT\r\n')
    await holder.end()
    assert.match(await ask(guest, `COPY 1 ${BOX}`), /^t OK \[COPYUID/m)
    assert.match(await ask(guest, `SELECT ${BOX}`), /^t OK \[READ-WRITE\]/m)
  })

  it('a guest shuts POP3 of the owner out while it has the mailbox open, or for one command; IMAP goes beside it', async () => {
    const guest = await imap('bob')
    for (const command of [`STATUS ${BOX} (MESSAGES)`, `APPEND ${BOX} ${LITERAL}`]) {
      assert.match(await ask(guest, command), /^t OK/m)
      const session = await pop3()
      session.send('QUIT\r\n')
      await session.end()
    }
    assert.match(await ask(guest, `SELECT ${BOX}`), /^t OK/m)
    const [held] = await holders()
    assert.equal(held?.client, 'guest bob@example.org')
    await pop3(/^-ERR \[IN-USE\] Mailbox Locked by IMAP since.*\r\n/m)
    const beside = await imap('ann')
    assert.match(await ask(beside, 'SELECT INBOX'), /^t OK/m)
    beside.send('z LOGOUT\r\n')
    await beside.end()
    assert.match(await ask(guest, 'SELECT INBOX'), /^t OK/m)
    await pop3()
  })

  it('the override of the owner decides the mode, not that of the guest', async () => {
    await kit.store.accounts.update(owner, () => ({ ok: true, value: { overrides: { 'lock.mode': 'pop3' } } }))
    const session = await pop3()
    const guest = await imap('bob')
    assert.match(await ask(guest, `SELECT ${BOX}`), /^t OK/m)
    session.send('QUIT\r\n')
    await session.end()
    await kit.store.accounts.update(owner, () => ({ ok: true, value: { overrides: {} } }))
  })

  it('who may not read any more gets nothing more, and may go to another mailbox', async () => {
    const wire = await imap('ann')
    await ask(wire, 'CREATE Once')
    await ask(wire, `APPEND Once ${LITERAL}`)
    await ask(wire, 'SETACL Once bob lr')
    const once = '"Other Users/ann@example.org/Once"'
    for (const command of [
      'FETCH 1 (FLAGS BODY.PEEK[])',
      'UID SEARCH ALL',
      'ESEARCH ALL',
      'COPY 1 INBOX',
      'SELECT INBOX',
    ]) {
      await ask(wire, 'SETACL Once bob +r')
      const guest = await imap('bob')
      assert.match(await ask(guest, `SELECT ${once}`), /^t OK/m)
      assert.match(await ask(wire, 'SETACL Once bob -r'), /^t OK/m)
      const answer = await ask(guest, command)
      if (command === 'SELECT INBOX') assert.match(answer, /^t OK \[READ-WRITE\]/m)
      else {
        assert.match(answer, /^t NO \[NOPERM\] You have no right to do this\r\n/, command)
        await guest.until(/^\* BYE You may not read this mailbox any more\r\n/m)
      }
    }
    wire.send('z LOGOUT\r\n')
    await wire.end()
  })

  it('who ends the sessions of the owner’s account ends those of guests in it, and no others', async () => {
    const [guest, other] = [await imap('bob'), await imap('bob')]
    assert.match(await ask(guest, `SELECT ${BOX}`), /^t OK/m)
    assert.match(await ask(other, 'SELECT INBOX'), /^t OK/m)
    assert.equal(await kit.kick(owner), 1)
    await guest.until(/^\* BYE The mailbox is needed elsewhere\r\n/m)
    assert.match(await ask(other, 'NOOP'), /^t OK/m)
    await becomes(async () => (await holders()).length, 1)
  })

  it('what a guest does is in the log of the owner, by its name', async () => {
    const inbox = await kit.store.mailboxes.find(owner, 'INBOX')
    assert.ok(inbox)
    await kit.account('dora@example.org')
    await kit.store.acl.change(owner, inbox.id, 'dora@example.org', () => 'lrswipkxtea')
    const guest = await imap('dora')
    // It is told once an hour that a guest has opened it.
    for (let time = 0; time < 3; time++) await ask(guest, `SELECT ${BOX}`)
    await ask(guest, 'STORE 1 +FLAGS (\\Deleted)')
    await ask(guest, 'EXPUNGE')
    await ask(guest, 'MOVE 1 INBOX')
    await ask(guest, 'SETACL "Other Users/ann@example.org/Private" dora lr')
    await ask(guest, `SETACL ${BOX} carl lr`)
    const told = deeds.map(({ account, what, mailbox, messages, to, by }) => [
      ...[account, what, mailbox, messages > 0, to],
      by.guest,
    ])
    const ann = 'ann@example.org'
    const dora = 'dora@example.org'
    assert.deepEqual(told, [
      [ann, 'opened', 'INBOX', true, '', dora],
      [ann, 'expunged', 'INBOX', true, '', dora],
      [ann, 'moved', 'INBOX', true, 'INBOX', dora],
      [ann, 'shared', 'INBOX', false, 'carl@example.org lr', dora],
    ])
    const binned: string[] = []
    for await (const page of kit.store.bin?.list(owner) ?? []) for (const { mailbox } of page) binned.push(mailbox)
    assert.equal(binned.length, 2, 'what it removed, and took away, can be given back')
  })
})

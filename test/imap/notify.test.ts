import assert from 'node:assert/strict'
import type { Notice } from '../../lib/mailbox/mailbox'
import type { AccountId } from '../../lib/terms/names'
import { type Kit, startKit, Wire } from '../kit'
import { talker } from './qresync-client'

/** What transcripts cannot say of NOTIFY (RFC 5465): silence, floods, losses, locks. */
describe('NOTIFY', () => {
  let kit: Kit
  /** plays another process */
  let notice: (notice: Notice) => void
  let accounts = 0
  before(async () => {
    kit = await startKit({
      bus: {
        publish: () => undefined,
        subscribe: (listener) => {
          notice = listener
          return () => undefined
        },
        close: async () => undefined,
      },
    })
  })
  after(async () => {
    assert.deepEqual(kit.errors, [])
    await kit.close()
  })

  interface Client {
    readonly wire: Wire
    say(command: string): Promise<string>
  }
  async function client(name: string): Promise<Client> {
    const wire = new Wire(kit.imap)
    const say = talker(wire)
    await wire.until(/^\* OK.*\r\n/m)
    await say(`LOGIN ${name} pass`)
    return { wire, say }
  }
  /** An account with three messages, a client that watches and one that does things. */
  async function two(): Promise<{ id: AccountId; watcher: Client; other: Client }> {
    const name = `n${++accounts}`
    const id = await kit.account(name)
    await kit.deliver(id, 'Subject: one\n\nx\n', 'Subject: two\n\nx\n', 'Subject: three\n\nx\n')
    return { id, watcher: await client(name), other: await client(name) }
  }
  const close = (...clients: readonly Client[]): void => {
    for (const { wire } of clients) wire.close()
  }

  it('RFC 5465 5: a client is not told of what it did itself', async () => {
    const { watcher, other } = await two()
    await watcher.say('CREATE Fence')
    await watcher.say(
      'NOTIFY SET (SELECTED (MessageNew (UID) MessageExpunge FlagChange)) ' +
        '(PERSONAL (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange MailboxMetadataChange ServerMetadataChange))',
    )
    const own = [
      await watcher.say('CREATE Own/Mailbox'),
      await watcher.say('SUBSCRIBE Own/Mailbox'),
      await watcher.say('SETMETADATA INBOX (/private/comment "x")'),
      await watcher.say('SETMETADATA "" (/private/comment "x")'),
      await watcher.say('APPEND Own/Mailbox {5+}\r\nA: b\n'),
      await watcher.say('RENAME Own/Mailbox Own/Renamed'),
      await watcher.say('DELETE Own/Renamed'),
    ].join('')
    assert.doesNotMatch(own, /^\*/m)
    await watcher.say('SELECT INBOX')
    // What its commands do it hears of, without a FETCH that it did not ask for (RFC 5465 5.2).
    assert.doesNotMatch(await watcher.say('COPY 1 INBOX'), /FETCH/)
    assert.doesNotMatch(await watcher.say('COPY 1 Fence'), /STATUS/)
    assert.match(await watcher.say('STORE 1 +FLAGS.SILENT (\\Deleted)'), /^t\d+ OK/)
    assert.match(await watcher.say('EXPUNGE'), /^\* 1 EXPUNGE\r\n\* HIGHEST|^\* 1 EXPUNGE\r\nt/)
    await other.say('APPEND Fence {5+}\r\nA: b\n')
    const heard = await watcher.wire.until(/^\* STATUS Fence .*\r\n/m)
    assert.match(heard, /^\* STATUS Fence \(MESSAGES 2 UIDNEXT 3 UIDVALIDITY \d+ UNSEEN 2\)\r\n$/)
    close(watcher, other)
  })

  it('RFC 5465 5 and 6: groups add up, and NONE is no event of those mailboxes', async () => {
    const { watcher, other } = await two()
    for (const name of ['Quiet', 'Quiet/Below', 'Loud', 'Last']) await other.say(`CREATE ${name}`)
    await watcher.say(
      'NOTIFY SET (SUBTREE (Quiet) NONE) (PERSONAL (MessageNew MessageExpunge)) (MAILBOXES Loud (SubscriptionChange))',
    )
    for (const name of ['Quiet', 'Quiet/Below', 'Loud']) await other.say(`APPEND ${name} {5+}\r\nA: b\n`)
    for (const name of ['Quiet', 'Last', 'Loud']) await other.say(`SUBSCRIBE ${name}`)
    await other.say('APPEND Last {5+}\r\nA: b\n')
    const heard = await watcher.wire.until(/^\* STATUS Last \(MESSAGES 1 .*\r\n/m)
    assert.doesNotMatch(heard, /Quiet|LIST.*Last/)
    assert.match(heard, /^\* STATUS Loud \(MESSAGES 1 [\s\S]*^\* LIST \(\\Subscribed \\HasNoChildren\) "\/" Loud\r\n/m)
    close(watcher, other)
  })

  it('RFC 5465 3.1: a NOTIFY that is refused changes nothing', async () => {
    const { id, watcher, other } = await two()
    await watcher.say('SELECT INBOX')
    const group = '(SELECTED NONE)'
    const names = Array.from({ length: 1001 }, (_, index) => `m${index}`).join(' ')
    const many = Array.from({ length: 101 }, () => '(PERSONAL (MailboxName))').join(' ')
    const refused = /^t\d+ NO \[NOTIFICATIONOVERFLOW\] More than/
    assert.match(await watcher.say(`NOTIFY SET ${group} (MAILBOXES (${names}) (MailboxName))`), refused)
    assert.match(await watcher.say(`NOTIFY SET ${many}`), refused)
    for (let index = 0; index <= 1000; index++) await kit.store.mailboxes.create(id, `b${index}`)
    assert.match(await watcher.say('NOTIFY SET STATUS (PERSONAL (MessageNew MessageExpunge))'), refused)
    await other.say('APPEND INBOX {5+}\r\nA: b\n')
    assert.match(await watcher.say('NOOP'), /^\* 4 EXISTS\r\n/m)
    assert.match(
      await watcher.say('NOTIFY SET STATUS (SUBTREE b7 (MessageNew MessageExpunge))'),
      /^\* STATUS b7 .*\r\nt/,
    )
    close(watcher, other)
  }).timeout(30_000)

  it('RFC 5465 5.8: too much to tell is NOTIFICATIONOVERFLOW, once, and NOTIFY NONE from then on', async () => {
    const { id, watcher, other } = await two()
    await watcher.say('NOTIFY SET (PERSONAL (MailboxName MessageNew MessageExpunge))')
    const change = { account: id, kind: 'created', mailbox: undefined } as const
    for (let index = 0; index <= 1000; index++) notice({ kind: 'list', change: { ...change, name: `x${index}` } })
    assert.equal(
      await watcher.wire.until(/^\* OK.*\r\n/m),
      '* OK [NOTIFICATIONOVERFLOW] Too much to tell: there are no more notifications\r\n',
    )
    await other.say('APPEND INBOX {5+}\r\nA: b\n')
    assert.match(await watcher.say('NOOP'), /^t\d+ OK/)
    assert.match(
      await watcher.say('NOTIFY SET STATUS (PERSONAL (MessageNew MessageExpunge))'),
      /^\* STATUS INBOX \(MESSAGES 4 /,
    )
    close(watcher, other)
  })

  it('tells of a mailbox as it is, once, however often it changed while the client did not read', async () => {
    const { id, watcher, other } = await two()
    await other.say('CREATE Busy')
    const busy = (await kit.store.mailboxes.find(id, 'Busy'))?.id
    assert.ok(busy)
    await watcher.say('NOTIFY SET (PERSONAL (MessageNew MessageExpunge))')
    for (let modSeq = 1; modSeq <= 10_000; modSeq++)
      notice({ kind: 'mailbox', account: id, mailbox: busy, modSeq, happened: ['added'] })
    await watcher.wire.until(/^\* STATUS Busy .*\r\n/m)
    const more = (await watcher.say('NOOP')).match(/STATUS/g)?.length ?? 0
    assert.ok(more <= 1, `${more} times more`)
    close(watcher, other)
  })

  it('tells all counts again when notices were lost, and where names may be lost says so', async () => {
    const { watcher, other } = await two()
    await other.say('CREATE Work')
    await watcher.say('NOTIFY SET (PERSONAL (MessageNew MessageExpunge))')
    notice({ kind: 'gap' })
    const heard = await watcher.wire.until(/^\* STATUS Work .*\r\n/m)
    assert.match(heard, /^\* STATUS INBOX \(MESSAGES 3 UIDNEXT 4 UIDVALIDITY \d+\)\r\n\* STATUS Work \(MESSAGES 0 /)
    await watcher.say('NOTIFY SET (PERSONAL (MailboxName))')
    notice({ kind: 'gap' })
    await watcher.wire.until(/^\* OK \[NOTIFICATIONOVERFLOW\] .*\r\n/m)
    close(watcher, other)
  })

  it('takes the lock of the account for messages, as STATUS does, and none for names', async () => {
    const name = `n${++accounts}`
    await kit.account(name)
    const pop = new Wire(kit.pop3)
    await pop.until(/^\+OK.*\r\n/m)
    pop.send(`USER ${name}\r\nPASS pass\r\n`)
    await pop.until(/^\+OK.*\r\n\+OK.*\r\n/m)
    const watcher = await client(name)
    assert.match(await watcher.say('NOTIFY SET (PERSONAL (MessageNew MessageExpunge))'), /^t\d+ NO \[INUSE\]/)
    assert.match(await watcher.say('NOTIFY SET (PERSONAL (MailboxName))'), /^t\d+ OK/)
    pop.send('QUIT\r\n')
    await pop.until(/^\+OK.*\r\n/m)
    assert.match(await watcher.say('NOTIFY SET (PERSONAL (MessageNew MessageExpunge))'), /^t\d+ OK/)
    close(watcher)
    pop.close()
  })

  it('says BYE at once when the selected mailbox is deleted, and nothing after LOGOUT', async () => {
    const { watcher, other } = await two()
    await other.say('CREATE Work')
    await watcher.say('SELECT Work')
    await watcher.say('NOTIFY SET (SELECTED (MessageNew MessageExpunge)) (MAILBOXES Work (MailboxName))')
    await other.say('DELETE Work')
    assert.match(await watcher.wire.end(), /^\* BYE The mailbox was deleted\r\n/m)
    const { watcher: leaving, other: staying } = await two()
    await leaving.say('NOTIFY SET (PERSONAL (MessageNew MessageExpunge MailboxName))')
    leaving.wire.send('x NOOP\r\ny LOGOUT\r\nz NOOP\r\n')
    await staying.say('CREATE Work')
    assert.match(await leaving.wire.end(), /^\* BYE[^\r]*\r\ny OK[^\r]*\r\n$/m)
    close(other, staying)
  })

  it('fetches what is new as fast as the client reads, and only what came after NOTIFY', async () => {
    const { id, watcher, other } = await two()
    const big = `Subject: big\n\n${`${'y'.repeat(990)}\n`.repeat(300)}`
    await watcher.say('SELECT INBOX')
    assert.doesNotMatch(await watcher.say('NOTIFY SET (SELECTED (MessageNew (UID BODY[]) MessageExpunge))'), /FETCH/)
    watcher.wire.socket.pause()
    for (let count = 0; count < 20; count++) await kit.deliver(id, big)
    // Others are served meanwhile.
    assert.match(await other.say('STATUS INBOX (MESSAGES)'), /MESSAGES 23/)
    watcher.wire.socket.resume()
    for (let uid = 4; uid <= 23; uid++)
      await watcher.wire.until(new RegExp(`^\\* ${uid} FETCH \\(UID ${uid} BODY`, 'm'))
    assert.doesNotMatch(await watcher.say('FETCH 4 FLAGS'), /Seen/)
    close(watcher, other)
  })
})

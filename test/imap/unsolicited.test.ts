import assert from 'node:assert/strict'
import { statusResponse } from '../../lib/imap/base/mailboxes/status'
import { defineCommand, nothing } from '../../lib/imap/kernel/command'
import type { Extension } from '../../lib/imap/kernel/extension'
import { done } from '../../lib/imap/kernel/reply'
import type { Session } from '../../lib/imap/kernel/session'
import { LOGGED_IN } from '../../lib/imap/kernel/state'
import { type Moment, Unsolicited } from '../../lib/imap/kernel/unsolicited'
import { untagged } from '../../lib/imap/wire/response'
import type { MailRoom } from '../../lib/mailbox/mailbox'
import type { AccountId, MailboxId } from '../../lib/terms/names'
import { type Kit, startKit, Wire } from '../kit'

/** A promise that the test resolves. */
function gate() {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

describe('the queue of what nobody asked for', () => {
  const errors: unknown[] = []
  let flushes = 0
  let ready: () => boolean | Promise<boolean>
  const queue = () => new Unsolicited({ ready: () => ready(), flush: () => flushes++, failed: (e) => errors.push(e) })
  beforeEach(() => {
    errors.length = 0
    flushes = 0
    ready = () => true
  })

  it('says at its two moments only, and what came up meanwhile once more', async () => {
    const unsolicited = queue()
    const moments: string[] = []
    let toldTwice = (): unknown => undefined
    const tell = async ({ when, expunges, withUid }: Moment) => {
      moments.push(`${when} ${expunges} ${withUid}`)
      toldTwice()
      return when === 'command' ? ['CODE 1'] : []
    }
    const remove = unsolicited.add({ between: false, tell })
    unsolicited.wake()
    await unsolicited.during('between', async () => unsolicited.wake())
    assert.deepEqual(moments, [])
    assert.deepEqual(await unsolicited.drain('hold', true), ['CODE 1'])
    const twice = gate()
    await unsolicited.during('idle', async () => {
      unsolicited.wake()
      unsolicited.wake()
      toldTwice = () => moments.length === 3 && twice.open()
      await twice.opened
    })
    assert.deepEqual(moments.splice(0), ['command hold true', 'idle say false', 'idle say false'])
    unsolicited.add({ between: true, tell })
    await unsolicited.during('between', async () => {})
    remove()
    unsolicited.wake()
    assert.deepEqual(moments, ['between say false'])
    assert.equal(flushes, 3)
  })

  it('says to its end what it has begun before the next command runs, and nothing after it', async () => {
    const unsolicited = queue()
    const { open, opened } = gate()
    const said: string[] = []
    unsolicited.add({
      between: true,
      tell: async () => {
        said.push('begun')
        await opened
        said.push('ended')
        return []
      },
    })
    const command = unsolicited.during('between', async () => 'line').then((line) => said.push(line))
    unsolicited.wake()
    open()
    await command
    assert.deepEqual(said, ['begun', 'ended', 'line'])
  })

  it('goes on after a failure, and waits for a client that does not read', async () => {
    const unsolicited = queue()
    let broken = true
    let told = 0
    unsolicited.add({
      between: false,
      tell: async () => {
        if (broken) throw new Error('the store is away')
        told++
        return []
      },
    })
    await unsolicited.during('idle', async () => {})
    assert.equal(errors.length, 1)
    broken = false
    const { open, opened } = gate()
    ready = () => opened.then(() => true)
    const idle = unsolicited.during('idle', async () => {})
    await Promise.resolve()
    assert.equal(told, 0)
    open()
    await idle
    assert.equal(told, 1)
    ready = async () => false
    await unsolicited.during('idle', async () => {})
    assert.deepEqual([told, errors.length], [1, 1])
  })
})

/** The smallest relative of NOTIFY (RFC 5465): the selected mailbox at once, and STATUS of the others. */
function watching(room: () => MailRoom): Extension {
  const sessions = new WeakSet<Session>()
  const watch = defineCommand({
    name: 'WATCH',
    rfc: 'RFC 5465 3.1',
    states: LOGGED_IN,
    parse: nothing,
    run: async ({ session, slots, state: { mail } }) => {
      sessions.add(session)
      const changed = new Set<MailboxId>()
      session.unsolicited.add({
        between: true,
        tell: async () => {
          const { state } = session
          for (const id of changed) {
            const mailbox = await mail.findById(id)
            const selected = state.name === 'selected' && state.view.mailbox.id === id
            if (mailbox && !selected) session.say(await statusResponse(session, slots, mailbox, ['MESSAGES']))
          }
          changed.clear()
          return []
        },
      })
      const off = room().hub.onMailbox(mail.id, (mailbox, _modSeq, happened) => {
        if (happened.includes('added')) changed.add(mailbox)
        session.unsolicited.wake()
      })
      session.connection.closed.addEventListener('abort', off)
      return done('WATCH completed')
    },
  })
  return {
    commands: [watch],
    news: {
      between: (session) => sessions.has(session),
      // RFC 5465 5.2: FETCH of what is new, behind EXISTS
      said: async (session, { view }, updates) => {
        if (!sessions.has(session)) return undefined
        for (const update of updates)
          if (update.kind === 'exists')
            session.say(untagged(update.count, 'FETCH', `(UID ${view.uidAt(update.count)})`))
        return undefined
      },
    },
  }
}

describe('IMAP between commands', () => {
  let kit: Kit
  let id: AccountId
  before(async () => {
    kit = await startKit({ imapExtensions: [watching(() => kit.room)] })
    id = await kit.account('a@x')
    await kit.deliver(id, 'Subject: one\n\nbody\n', 'Subject: two\n\nbody\n')
  })
  after(() => kit.close())
  async function selected(): Promise<Wire> {
    const wire = new Wire(kit.imap)
    wire.send('a LOGIN a@x pass\r\nb SELECT INBOX\r\n')
    await wire.until(/^b OK.*\r\n/m)
    return wire
  }

  it('hears of its mailbox and of others without a command when an extension wants it, in IDLE too', async () => {
    const [watcher, other] = [await selected(), await selected()]
    watcher.send('c WATCH\r\n')
    await watcher.until(/^c OK.*\r\n/m)
    other.send('c CREATE Work\r\nd COPY 1 Work\r\n')
    assert.match(await watcher.until(/^\* STATUS .*\r\n/m), /^\* STATUS Work \(MESSAGES 1\)\r\n$/)
    await kit.deliver(id, 'Subject: three\n\nbody\n')
    const news = await watcher.until(/^\* 3 FETCH \(UID 3\)\r\n/m)
    assert.match(news, /^\* 3 EXISTS\r\n\* \d RECENT\r\n\* 3 FETCH/)
    watcher.send('d IDLE\r\n')
    await watcher.until(/^\+ .*\r\n/m)
    other.send('e STORE 1 +FLAGS (\\Deleted)\r\nf EXPUNGE\r\n')
    assert.match(
      await watcher.until(/^\* 1 EXPUNGE\r\n/m),
      /^\* 1 FETCH \(FLAGS \(.*\\Deleted\)\)\r\n\* 1 EXPUNGE\r\n$/,
    )
    watcher.send('DONE\r\n')
    assert.equal(await watcher.until(/^d .*\r\n/m), 'd OK IDLE completed\r\n')
    for (const wire of [watcher, other]) wire.close()
  })

  it('hears nothing otherwise, until its next command', async () => {
    const wire = await selected()
    await kit.deliver(id, 'Subject: four\n\nbody\n')
    wire.send('c NOOP\r\n')
    assert.match(await wire.until(/^c OK.*\r\n/m), /^\* 3 EXISTS\r\n\* \d RECENT\r\nc OK/)
    wire.close()
  })

  it('reads the next line of a watching client whole, whatever comes up meanwhile', async () => {
    const [watcher, other] = [await selected(), await selected()]
    watcher.send('c WATCH\r\nd APPEND INBOX {17}\r\n')
    await watcher.until(/^\+ .*\r\n/m)
    other.send('c STORE 1:* FLAGS (\\Seen)\r\n')
    await other.until(/^c OK.*\r\n/m)
    watcher.send('Subject: x\r\n\r\nx\r\n\r\n')
    assert.match(await watcher.until(/^d .*\r\n/m), /^d OK \[APPENDUID \d+ 5\]/m)
    for (const wire of [watcher, other]) wire.close()
  })
})

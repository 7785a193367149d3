import assert from 'node:assert/strict'
import { Client } from 'pg'
import type { AccountId } from '../../lib/terms/names'
import { type Kit, startKit, Wire } from '../kit'
import { databaseOrSkip, openTestStore, type TestDatabase } from '../postgres'

/**
 * Round trips to PostgreSQL of what clients do most. A number that grows makes every user wait: change it only with a reason. Statements
 * that are sent together are one.
 */
const EXPECTED = {
  // owner; mailbox; lock and read; octets; index; commit
  deliver: 6,
  // owner; mailboxes
  'IMAP login': 2,
  // fence of the lock; mailbox; its index; recent messages, read and taken
  SELECT: 5,
  'STATUS of another mailbox': 2,
  // Every command ends by asking whether there is news.
  'FETCH 1:100 (FLAGS)': 1,
  'FETCH 1:100 (ENVELOPE BODYSTRUCTURE)': 2,
  'FETCH 1 BODY[]': 3,
  // lock and read; entries; flags; counters and log; commit, which has seen all news
  'UID STORE of one': 5,
  'UID STORE of 100': 5,
  'SEARCH SUBJECT': 2,
  'NOOP without news': 1,
  // owner; fence; maildrop; UIDLs
  'POP3 login, STAT, QUIT': 4,
} as const

describe('round trips to PostgreSQL', function () {
  this.timeout(60_000)
  let database: TestDatabase | undefined
  let kit: Kit
  let id: AccountId
  const texts: string[] = []
  const original = Client.prototype.query

  before(async function () {
    database = await databaseOrSkip()
    if (!database) return this.skip()
    kit = await startKit({ store: await openTestStore(database) })
    id = await kit.account('count@x')
    await kit.store.mailboxes.create(id, 'Other')
    for (let n = 0; n < 100; n++) await kit.deliver(id, `Subject: mail ${n}\n\nbody\n`)
    Client.prototype.query = function (this: Client, ...args: unknown[]) {
      const [first] = args
      texts.push(typeof first === 'string' ? first : JSON.stringify(Reflect.get(Object(first), 'text')))
      return Reflect.apply(original, this, args)
    } as typeof original
  })
  after(async () => {
    Client.prototype.query = original
    await kit?.close()
    await database?.drop()
  })

  it('are no more than they must be', async () => {
    const wire = new Wire(kit.imap)
    await wire.until(/\r\n/)
    const say = async (command: string): Promise<string> => {
      wire.send(`a ${command}\r\n`)
      return wire.until(/^a (?:OK|NO|BAD).*\r\n/m)
    }
    const found: Record<string, number> = {}
    const run = async (what: string, command: string): Promise<void> => {
      texts.length = 0
      assert.match(await say(command), /^a OK/m)
      found[what] = texts.length
    }
    texts.length = 0
    await kit.deliver(id, 'Subject: one more\n\nbody\n')
    found.deliver = texts.length
    await run('IMAP login', 'LOGIN count@x pass')
    await run('SELECT', 'SELECT INBOX')
    await run('STATUS of another mailbox', 'STATUS Other (MESSAGES UNSEEN UIDNEXT)')
    await run('FETCH 1:100 (FLAGS)', 'FETCH 1:100 (FLAGS)')
    await run('FETCH 1:100 (ENVELOPE BODYSTRUCTURE)', 'FETCH 1:100 (ENVELOPE BODYSTRUCTURE)')
    await run('FETCH 1 BODY[]', 'FETCH 1 (BODY.PEEK[])')
    await run('UID STORE of one', 'UID STORE 1 +FLAGS (\\Seen)')
    await run('UID STORE of 100', 'UID STORE 1:100 +FLAGS (\\Flagged)')
    await run('SEARCH SUBJECT', 'SEARCH SUBJECT "mail 7"')
    await run('NOOP without news', 'NOOP')
    await say('LOGOUT')
    wire.close()
    const pop3 = new Wire(kit.pop3)
    texts.length = 0
    pop3.send('USER count@x\r\nPASS pass\r\nSTAT\r\nQUIT\r\n')
    assert.match(await pop3.end(), /^\+OK 101 /m)
    pop3.close()
    found['POP3 login, STAT, QUIT'] = texts.length
    assert.deepEqual(found, EXPECTED)
  })
})

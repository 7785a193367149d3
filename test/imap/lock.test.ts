import assert from 'node:assert/strict'
import type { AccountId } from '../../lib/terms/names'
import { type Kit, startKit, Wire } from '../kit'

const MESSAGE = 'Subject: x\r\n\r\ny\r\n'
const LITERAL = `{${MESSAGE.length}+}\r\n${MESSAGE}`
const IN_USE = /^c NO \[INUSE\] Mailbox locked by POP3 since \d\d:\d\d\r\n$/

/** What a session that has no lock answers while POP3 is in. */
const WHILE_LOCKED: readonly (readonly [command: string, answer: RegExp])[] = [
  ['SELECT INBOX', IN_USE],
  ['SELECT INBOX (CONDSTORE)', IN_USE],
  ['EXAMINE INBOX', IN_USE],
  ['SELECT missing', IN_USE],
  ['STATUS INBOX (MESSAGES UIDNEXT)', IN_USE],
  ['STATUS INBOX (HIGHESTMODSEQ)', IN_USE],
  [`APPEND INBOX ${LITERAL}`, IN_USE],
  [`APPEND INBOX (\\Seen) ${LITERAL} "01-Jan-2026 00:00:00 +0000" ${LITERAL}`, IN_USE],
  ['CREATE new', IN_USE],
  ['CREATE new (USE (\\Drafts))', IN_USE],
  ['DELETE work', IN_USE],
  ['RENAME work play', IN_USE],
  ['RENAME INBOX old', IN_USE],
  // RFC 5819 2: STATUS is left out, the names are told.
  ['LIST "" * RETURN (STATUS (MESSAGES))', /^\* LIST [^\r]* INBOX\r\n\* LIST [^\r]* work\r\nc OK .*\r\n$/],
  // The names of mailboxes, what a client subscribes to, and the quota are no mailbox.
  ['LIST "" *', /^\* LIST [^\r]* INBOX\r\n\* LIST [^\r]* work\r\nc OK .*\r\n$/],
  ['LSUB "" *', /^\* LSUB \(\) "\/" INBOX\r\nc OK .*\r\n$/],
  ['NAMESPACE', /^\* NAMESPACE .*\r\nc OK .*\r\n$/],
  ['UNSUBSCRIBE work', /^c OK .*\r\n$/],
  ['GETQUOTA ""', /^c NO \[NONEXISTENT\] .*\r\n$/],
  ['GETQUOTAROOT INBOX', /^\* QUOTAROOT INBOX\r\nc OK .*\r\n$/],
  ['ENABLE CONDSTORE', /^\* ENABLED CONDSTORE\r\nc OK .*\r\n$/],
  ['IDLE\r\nDONE', /^\+ .*\r\nc OK .*\r\n$/],
  ['ID NIL', /^\* ID .*\r\nc OK .*\r\n$/],
  ['NOOP', /^c OK .*\r\n$/],
  ...[
    'CLOSE',
    'UNSELECT',
    'EXPUNGE',
    'UID EXPUNGE 1:*',
    'CHECK',
    'FETCH 1 FLAGS',
    'UID FETCH 1 FLAGS',
    'STORE 1 +FLAGS (\\Deleted)',
    'UID STORE 1 +FLAGS (\\Deleted)',
    'SEARCH ALL',
    'UID SEARCH ALL',
    'SORT (DATE) UTF-8 ALL',
    'THREAD REFERENCES UTF-8 ALL',
    'COPY 1 work',
    'UID COPY 1 work',
    'MOVE 1 work',
    'UID MOVE 1 work',
    `REPLACE 1 INBOX ${LITERAL}`,
    `UID REPLACE 1 INBOX ${LITERAL}`,
  ].map((command) => [command, /^c BAD [^\r]* not in this state\r\n$/] as const),
]

/** The ways in which the shared lock comes free. */
const RELEASES: readonly (readonly [how: string, send: (wire: Wire) => Promise<void>])[] = [
  [
    'LOGOUT',
    async (wire) => {
      wire.send('d LOGOUT\r\n')
      await wire.until(/^d OK .*\r\n/m)
    },
  ],
  ['a client that vanishes', async (wire) => wire.close()],
  [
    'a client that vanishes in IDLE',
    async (wire) => {
      wire.send('d IDLE\r\n')
      await wire.until(/^\+ .*\r\n/m)
      wire.close()
    },
  ],
  [
    'a client that vanishes in a literal',
    async (wire) => {
      wire.send('d APPEND INBOX {100}\r\n')
      await wire.until(/^\+ .*\r\n/m)
      wire.close()
    },
  ],
  [
    'too many bad commands',
    async (wire) => {
      wire.send('d nonsense\r\n'.repeat(100))
      await wire.until(/^\* BYE .*\r\n/m)
    },
  ],
]

for (const lockAt of ['access', 'login'] as const) {
  describe(`IMAP and the mailbox lock, lock_at = ${lockAt}`, () => {
    let kit: Kit
    let id: AccountId
    before(async () => {
      kit = await startKit({
        imap: { session: { lock_at: lockAt } },
        locks: { wait: { pop3: '5s', imap: '0s' } },
      })
      id = await kit.account('user')
      await kit.deliver(id, 'Subject: one\n\nbody\n')
      await kit.store.mailboxes.create(id, 'work', {})
    })
    after(async () => {
      assert.deepEqual(kit.errors, [])
      await kit.close()
    })

    const open: Wire[] = []
    afterEach(() => {
      for (const wire of open.splice(0)) wire.close()
    })
    const holders = async () =>
      (await kit.locks.list()).flatMap((account) => account.holders.map(({ protocol }) => protocol))
    function connect(port: number): Wire {
      const wire = new Wire(port)
      open.push(wire)
      return wire
    }
    async function pop3(): Promise<Wire> {
      const wire = connect(kit.pop3)
      wire.send('USER user\r\nPASS pass\r\n')
      await wire.until(/^\+OK[\s\S]*^\+OK[\s\S]*^(\+OK|-ERR).*\r\n/m)
      return wire
    }
    async function quit(wire: Wire): Promise<void> {
      wire.send('QUIT\r\n')
      await wire.end()
    }
    async function imap(): Promise<Wire> {
      const wire = connect(kit.imap)
      wire.send('a LOGIN user pass\r\n')
      return wire
    }

    if (lockAt === 'login') {
      it('refuses a LOGIN and an AUTHENTICATE while POP3 is in, as nothing that is wrong with the password', async () => {
        const holder = await pop3()
        const wire = await imap()
        await wire.until(/^a NO \[UNAVAILABLE\] Mailbox locked by POP3 since \d\d:\d\d\r\n/m)
        wire.send(`b AUTHENTICATE PLAIN ${Buffer.from('\0user\0pass').toString('base64')}\r\nc SELECT INBOX\r\n`)
        await wire.until(/^b NO \[UNAVAILABLE\] .*\r\nc BAD .*\r\n/m)
        await quit(holder)
        // The same connection goes on.
        wire.send('d LOGIN user pass\r\n')
        await wire.until(/^d OK .*\r\n/m)
      })
    } else {
      for (const [command, answer] of WHILE_LOCKED) {
        const [name = ''] = command.split('\r\n')
        it(`${name}: changes nothing while POP3 is in, and the connection goes on`, async () => {
          const holder = await pop3()
          const wire = await imap()
          await wire.until(/^a OK .*\r\n/m)
          const before = await kit.store.mailboxes.list(id)
          wire.send(`c ${command}\r\n`)
          assert.match(await wire.until(/^c .*\r\n/m), answer)
          assert.deepEqual(await kit.store.mailboxes.list(id), before)
          await quit(holder)
          wire.send('d SELECT INBOX\r\n')
          await wire.until(/^d OK \[READ-WRITE\] .*\r\n/m)
        })
      }
    }

    for (const [how, end] of RELEASES) {
      it(`the lock ends with ${how}`, async () => {
        const wire = await imap()
        wire.send('b SELECT INBOX\r\n')
        await wire.until(/^b OK .*\r\n/m)
        assert.deepEqual(await holders(), ['imap'])
        await end(wire)
        // A POP3 session waits for it, and is woken.
        const next = await pop3()
        next.send('STAT\r\n')
        await next.until(/^\+OK 1 .*\r\n/m)
        await quit(next)
      })
    }

    it('the lock ends with the idle timer', async () => {
      const short = await startKit({
        imap: { session: { lock_at: lockAt } },
        imapIdle: 200,
        locks: { wait: { pop3: '5s' } },
      })
      try {
        await short.account('user')
        const wire = connect(short.imap)
        wire.send('a LOGIN user pass\r\nb SELECT INBOX\r\n')
        await wire.until(/^b OK .*\r\n[\s\S]*^\* BYE Idle .*\r\n/m)
        const next = connect(short.pop3)
        next.send('USER user\r\nPASS pass\r\nSTAT\r\n')
        await next.until(/^\+OK 0 0\r\n/m)
        await quit(next)
      } finally {
        await short.close()
      }
    })

    for (const command of ['CLOSE', 'UNSELECT']) {
      it(`the lock stays after ${command}: the session may open the next mailbox`, async () => {
        const wire = await imap()
        wire.send(`b EXAMINE INBOX\r\nc ${command}\r\n`)
        await wire.until(/^c OK .*\r\n/m)
        assert.deepEqual(await holders(), ['imap'])
        wire.send('d LOGOUT\r\n')
        await wire.end()
        assert.deepEqual(await holders(), [])
      })
    }
  })
}

import assert from 'node:assert/strict'
import { bombs, INDEXED_GROWTH, type Site } from './bomb'

/** 20,000 small messages, by copies of copies. */
async function manyMessages(site: Site): Promise<void> {
  const alice = await site.imap()
  if (!(await alice.imap('CREATE Many')).startsWith('OK')) return
  const names = ['ann', 'bob', 'cid', 'dan', 'eve', 'fay', 'gil', 'hal', 'ian', 'joy']
  for (const [nth, name] of names.entries()) {
    const text = `From: ${name}@example.org\r\nSubject: about ${name}\r\nMessage-ID: <${nth}@a>\r\nReferences: <${nth - 1}@a>\r\n\r\n.`
    assert.match(await alice.append('Many', Buffer.from(text)), /^OK/)
  }
  await alice.imap('SELECT Many')
  for (let count = names.length; count < 20_000; count *= 2)
    assert.match(await alice.imap(`COPY 1:${count} Many`), /^OK/)
  await alice.imap('UNSELECT')
}

const odd = (limit: number): string => Array.from({ length: limit }, (_, nth) => 2 * nth + 1).join(',')
const selected = (...commands: readonly (readonly [string, RegExp])[]) => ({
  prepare: manyMessages,
  growth: INDEXED_GROWTH,
  async run(site: Site) {
    const alice = await site.imap()
    assert.match(await alice.imap('SELECT Many'), /^OK/)
    for (const [command, answer] of commands) assert.match(await alice.imap(command), answer, command.slice(0, 60))
    assert.match(await alice.imap('NOOP'), /^OK/)
  },
})

bombs('IMAP commands', {
  '30,000 commands in one packet': {
    async run(site) {
      const alice = await site.imap()
      alice.send('p NOOP\r\n'.repeat(30_000))
      assert.match(await alice.imap('NOOP'), /^OK/)
    },
  },
  'a megabyte of brackets, of parentheses, of empty literals': selected(
    [`SEARCH ${'('.repeat(60_000)}`, /^BAD/],
    [`SEARCH ${'NOT '.repeat(15_000)}ALL`, /^BAD/],
    [`FETCH 1 (${'('.repeat(60_000)}`, /^BAD/],
    [`LIST (${'('.repeat(60_000)}`, /^BAD/],
    [`SEARCH${' TEXT {0+}\r\n'.repeat(50_000)}`, /^(?:BAD|NO)/],
    [`APPEND Many${' {1+}\r\nx'.repeat(100_000)}`, /^(?:BAD|NO)/],
    [`ID (${'"a" "b" '.repeat(7000)}`, /^BAD/],
    [`ENABLE ${'CONDSTORE '.repeat(6000)}CONDSTORE`, /^OK/],
  ),
  'sequence sets of thousands of numbers': selected(
    [`FETCH ${odd(9000)} (FLAGS UID)`, /^OK/],
    [`UID FETCH ${odd(9000)} (FLAGS)`, /^OK/],
    [`SEARCH ${odd(9000)}`, /^OK/],
    [`SEARCH NOT (${Array.from({ length: 500 }, (_, nth) => `UID ${nth + 1}:20000`).join(' ')})`, /^OK/],
    [`FETCH ${'1:*,'.repeat(12_000)}1 (FLAGS)`, /^OK/],
    [`STORE ${odd(9000)} +FLAGS.SILENT (\\Flagged)`, /^OK/],
    ['STORE 1:* +FLAGS (\\Seen)', /^OK/],
    ['COPY 1:* Many', /^OK/],
    ['UID SEARCH RETURN (ALL COUNT MIN MAX) ALL', /^OK/],
    ['SEARCH RETURN (PARTIAL 1:20000) NOT DELETED', /^OK/],
  ),
  'SORT, THREAD and SEARCH of 20,000 and more': selected(
    ['SORT (SUBJECT REVERSE DATE FROM) UTF-8 ALL', /^OK/],
    ['SORT (ARRIVAL) UTF-8 ALL', /^OK/],
    ['THREAD REFERENCES UTF-8 ALL', /^OK/],
    ['THREAD ORDEREDSUBJECT UTF-8 ALL', /^OK/],
    ['SEARCH SUBJECT nowhere', /^OK/],
    ['SEARCH HEADER X-Nothing x', /^OK/],
    ['FETCH 1:* (UID FLAGS ENVELOPE BODYSTRUCTURE PREVIEW)', /^OK/],
  ),
  'contexts of 20,000 and more that change as a whole': {
    prepare: manyMessages,
    growth: INDEXED_GROWTH,
    async run(site) {
      const alice = await site.imap()
      assert.match(await alice.imap('SELECT Many'), /^OK/)
      for (const search of ['SEARCH', 'UID SEARCH', 'SEARCH'])
        assert.match(await alice.imap(`${search} RETURN (UPDATE COUNT) UNANSWERED`), /^OK/)
      assert.match(await alice.imap('SEARCH RETURN (UPDATE) UNANSWERED 1:* (NOT 7:9000)'), /^OK/)
      assert.match(await alice.imap('UID SORT RETURN (UPDATE COUNT) (SUBJECT) UTF-8 UNANSWERED'), /^OK/)
      assert.match(await alice.imap('STORE 1:20000 +FLAGS.SILENT (\\Answered)'), /^OK/)
      assert.match(await alice.imap('STORE 1:20000 -FLAGS.SILENT (\\Answered)'), /^OK/)
    },
  },
  'ESEARCH in hundreds of mailboxes, filters that fan out, CATENATE of a thousand parts': {
    prepare: manyMessages,
    growth: INDEXED_GROWTH,
    async run(site) {
      const alice = await site.imap()
      for (let nth = 0; nth < 300; nth++) await alice.imap(`CREATE box${nth}`)
      assert.match(await alice.imap('ESEARCH IN (personal) RETURN (ALL COUNT) TEXT nowhere'), /^OK/)
      assert.match(
        await alice.imap(`ESEARCH IN (mailboxes (${'Many '.repeat(9000)}Many)) SUBJECT about`),
        /^(?:OK|NO|BAD ESEARCH)/,
      )
      const fan = `OR FILTER a OR FILTER a ${'FILTER a '.repeat(900)}ALL`
      await alice.imap(`SETMETADATA "" (/private/filters/values/a "${fan}")`)
      assert.match(await alice.imap('SELECT Many'), /^OK/)
      assert.match(await alice.imap('SEARCH FILTER a'), /^NO/)
      const part = ' URL "/Many/;UID=1"'
      assert.match(await alice.imap(`APPEND Many CATENATE (TEXT {1+}\r\nx${part.repeat(999)})`), /^OK/)
      assert.match(await alice.imap(`APPEND Many CATENATE (TEXT {1+}\r\nx${part.repeat(1000)})`), /^BAD/)
      assert.match(await alice.imap('UIDBATCHES 500'), /^OK/)
    },
  },
  'QRESYNC with huge sets': {
    prepare: manyMessages,
    async run(site) {
      const alice = await site.imap()
      await alice.imap('ENABLE QRESYNC')
      const uids = odd(8000)
      assert.match(await alice.imap(`SELECT Many (QRESYNC (1 1 ${uids} (${odd(10)} ${odd(10)})))`), /^(?:OK|NO|BAD)/)
      assert.match(await alice.imap(`SELECT Many (QRESYNC (1 1 1:*))`), /^(?:OK|NO|BAD)/)
      assert.match(await alice.imap('FETCH 1:* (FLAGS) (CHANGEDSINCE 1 VANISHED)'), /^(?:OK|BAD)/)
      assert.match(await alice.imap('UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1 VANISHED)'), /^OK/)
    },
  },
  'LIST of patterns that match nowhere': {
    async run(site) {
      const alice = await site.imap()
      for (let nth = 0; nth < 300; nth++) await alice.imap(`CREATE ${'a/'.repeat(5)}${'a'.repeat(100)}${nth}`)
      const pattern = `${'*a%a'.repeat(60)}b`
      assert.match(await alice.imap(`LIST "" ${pattern}`), /^(?:OK|BAD|NO)/)
      // Fewer letters than the names have: their length says nothing.
      for (const wildcard of ['*', '%']) {
        for (const command of ['LIST', 'LSUB'])
          assert.match(await alice.imap(`${command} "" ${`${wildcard}a`.repeat(12)}b`), /^OK/)
        const many = Array.from({ length: 20 }, (_, nth) => `${`${wildcard}a`.repeat(30)}${nth}b`)
        assert.match(await alice.imap(`LIST "" (${many.join(' ')})`), /^OK/)
      }
      assert.match(
        await alice.imap(
          `LIST (SUBSCRIBED) "" (${Array.from({ length: 200 }, (_, nth) => `${pattern}${nth}`).join(' ')}) RETURN (CHILDREN STATUS (MESSAGES UNSEEN SIZE))`,
        ),
        /^(?:OK|BAD|NO)/,
      )
      assert.match(await alice.imap('LIST "" * RETURN (STATUS (MESSAGES UNSEEN SIZE HIGHESTMODSEQ))'), /^OK/)
    },
  },
  'EXPUNGE of 20,000': selected(['STORE 1:20000 +FLAGS.SILENT (\\Deleted)', /^OK/], ['EXPUNGE', /^OK/]),
  'forty sessions of one account that send 45 MB each, and stall': {
    async run(site) {
      const piece = Buffer.alloc(1_000_000, 'a line of text\r\n')
      const sessions = []
      for (let nth = 0; nth < 40; nth++) {
        const alice = await site.imap()
        alice.send('s APPEND INBOX {45000000+}\r\n')
        sessions.push(alice)
      }
      for (let sent = 0; sent < 30; sent++) {
        for (const alice of sessions) alice.send(piece)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      await new Promise((resolve) => setTimeout(resolve, 1000))
      for (const alice of sessions) alice.close()
      const alice = await site.imap()
      assert.match(await alice.append('INBOX', Buffer.from('a: b\r\n\r\nc\r\n')), /^OK/)
    },
  },
})

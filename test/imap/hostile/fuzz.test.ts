import assert from 'node:assert/strict'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Kit, startKit, Wire } from '../../kit'
import { randomFrom } from '../../random'

type Pick = (below: number) => number

/** Words of commands: `<...>` is one of the list below. */
const COMMANDS = [
  'NOOP',
  'CAPABILITY',
  'CHECK',
  'NAMESPACE',
  'ID NIL',
  'ID ("name" "fuzz" "version" NIL)',
  'ENABLE <mode>',
  'LOGIN <text> <text>',
  'AUTHENTICATE PLAIN <base64>',
  'AUTHENTICATE PLAIN',
  'SELECT <box>',
  'SELECT <box> (CONDSTORE)',
  'SELECT <box> (QRESYNC (<number> <number> <set> (<set> <set>)))',
  'SELECT <box> (QRESYNC (<number> <number>) CONDSTORE)',
  'EXAMINE <box>',
  'CLOSE',
  'UNSELECT',
  'CREATE <box>',
  'CREATE <box> (USE (\\Archive))',
  'DELETE <box>',
  'RENAME <box> <box>',
  'SUBSCRIBE <box>',
  'UNSUBSCRIBE <box>',
  'LIST "" <pattern>',
  'LIST (<select>) "" (<pattern> <pattern>) RETURN (<return>)',
  'LSUB "" <pattern>',
  'STATUS <box> (<status> <status>)',
  'APPEND <box> <flags> <date> <message>',
  'APPEND <box> <message>',
  'APPEND <box> <message> <flags> <message>',
  'FETCH <set> <item>',
  'FETCH <set> (<item> <item> <item>)',
  'UID FETCH <set> (<item> <item>) (CHANGEDSINCE <number>)',
  'UID FETCH <set> FLAGS (CHANGEDSINCE <number> VANISHED)',
  'UID FETCH <set> <item> (<result>)',
  'REPLACE <set> <box> <flags> <message>',
  'UID REPLACE <set> <box> <message>',
  'STORE <set> <sign>FLAGS <flags>',
  'STORE <set> (UNCHANGEDSINCE <number>) <sign>FLAGS.SILENT <flags>',
  'UID STORE <set> <sign>FLAGS <flags>',
  'COPY <set> <box>',
  'UID COPY <set> <box>',
  'MOVE <set> <box>',
  'UID MOVE <set> <box>',
  'EXPUNGE',
  'UID EXPUNGE <set>',
  'SEARCH <key>',
  'SEARCH RETURN (<result> <result>) <key>',
  'SEARCH CHARSET <charset> <key> <key>',
  'UID SEARCH <key> <key>',
  'SORT (<order> <order>) UTF-8 <key>',
  'UID SORT RETURN (<result> <result>) (<order>) UTF-8 <key>',
  'UID SORT (<order>) <charset> <key>',
  'THREAD REFERENCES UTF-8 <key>',
  'THREAD ORDEREDSUBJECT UTF-8 <key>',
  'GETQUOTAROOT <box>',
  'GETQUOTA <text>',
  'SETQUOTA <text> (STORAGE <number>)',
  'SETMETADATA "" (/private/filters/values/f "<key> FILTER f")',
  'LANGUAGE <language> <language>',
  'UIDBATCHES <number>',
  'UIDBATCHES 500 <number>:<number>',
  'ESEARCH IN (<source> <source>) RETURN (<result> <result>) <key>',
  'ESEARCH <key> <key>',
  'CANCELUPDATE <text>',
  'APPEND <box> CATENATE (TEXT <message> URL <url>)',
  'UID REPLACE <set> <box> CATENATE (URL <url> URL <url>)',
  'UNAUTHENTICATE\r\nx LOGIN fuzz pass\r\nx SELECT INBOX',
  'IDLE\r\nDONE',
  'IDLE\r\n<junk>',
  'STARTTLS',
  'COMPRESS <text>',
  '<junk>',
  '<junk> <junk>',
] as const

const WORDS: Readonly<Record<string, readonly string[]>> = {
  mode: ['CONDSTORE', 'QRESYNC', 'IMAP4rev2', 'UTF8=ACCEPT', 'UIDONLY', 'X'],
  language: ['de', 'FR-CA', 'default', 'i-default', '*', 'x', '"\xc3\xa4"'],
  source: ['selected', 'personal', 'subscribed', 'mailboxes <box>', 'subtree ("a" INBOX)', 'subtree-one a', 'x'],
  url: [
    '/INBOX/;UID=1',
    '"/INBOX;UIDVALIDITY=1/;UID=1/;SECTION=1.MIME"',
    '"/INBOX/;UID=2/;SECTION=HEADER.FIELDS%20(SUBJECT)/;PARTIAL=0.10"',
    '"/%C3%28/;UID=1"',
    '"/%00/;UID=1"',
    '"/INBOX/;UID=1/;SECTION=%5D"',
    'imap://x/INBOX/;UID=1',
    '{3+}\r\n/\xff;',
  ],
  text: ['fuzz', '"pass"', '{4+}\r\npass', '""', '"\\""', '{0+}\r\n', 'DEFLATE2', '{4}\r\nx'],
  base64: ['=', 'AGZ1enoAcGFzcw==', '====', 'AAAA', '*'],
  box: [
    'INBOX',
    'inbox',
    'a',
    'a/b',
    '"a b"',
    '&AOQ-',
    '{5+}\r\nINBOX',
    '"\xc3\xa4"',
    'x/',
    '/',
    'a//b',
    '&',
    '""',
    'Sent',
  ],
  pattern: ['%', '*', 'a/%', '""', '%/%', 'a*b*c*d*', '"INBOX"', '*%*%*%*%', '{1+}\r\n*'],
  select: ['', 'SUBSCRIBED', 'SPECIAL-USE', 'RECURSIVEMATCH', 'SUBSCRIBED RECURSIVEMATCH', 'REMOTE'],
  return: ['', 'CHILDREN', 'SUBSCRIBED', 'SPECIAL-USE', 'STATUS (MESSAGES UIDNEXT)', 'STATUS ()'],
  status: [
    'MESSAGES',
    'UIDNEXT',
    'UIDVALIDITY',
    'UNSEEN',
    'RECENT',
    'SIZE',
    'DELETED',
    'HIGHESTMODSEQ',
    'APPENDLIMIT',
    'X',
  ],
  flags: [
    '()',
    '(\\Seen)',
    '(\\Deleted work)',
    '\\Flagged',
    '(\\*)',
    '(\\Nothing)',
    '($A $B)',
    '(\\Recent)',
    '(a',
    'NIL',
  ],
  date: ['" 1-Jan-2026 00:00:00 +0000"', '"31-Feb-2026 00:00:00 +0000"', '"x"', '"31-Dec-9999 23:59:60 -9959"'],
  message: [
    '{6+}\r\n\r\nabc\n',
    '{0+}\r\n',
    '~{4+}\r\n\r\n\0\n',
    '{4+}\r\na\0b\n',
    '{44+}\r\nSubject: =?utf-8?q?a=C3=A4?=\r\nFrom: a:b;\r\n\r\nx',
    '{73+}\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\na\r\n--x\r\n\r\nb\r\n--x--\r\n',
    '{50+}\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nin\r\n',
    '{9}\r\n',
    'UTF8 (~{4+}\r\n\r\nx\n)',
  ],
  set: [
    '1',
    '1:*',
    '*',
    '*:1',
    '2,1',
    '1:3,2:*',
    '0',
    '4294967295',
    '4294967296',
    '1,,2',
    '$',
    '1:*,1:*,1:*',
    '7:9',
    ':',
    '1:',
  ],
  item: [
    ...[
      'FLAGS',
      'UID',
      'INTERNALDATE',
      'RFC822.SIZE',
      'ENVELOPE',
      'BODY',
      'BODYSTRUCTURE',
      'ALL',
      'FULL',
      'FAST',
      'MODSEQ',
    ],
    ...[
      'BODY[]',
      'BODY.PEEK[]<0.9>',
      'BODY[HEADER]',
      'BODY[TEXT]<3.4294967295>',
      'BODY[1]',
      'BODY[1.MIME]',
      'BODY[2.1.HEADER]',
    ],
    ...[
      'BODY.PEEK[HEADER.FIELDS (Subject "from")]',
      'BODY[HEADER.FIELDS.NOT ({2+}\r\nTo)]',
      'BODY[1.2.3.4.5.6.7.TEXT]',
    ],
    ...[
      'BINARY[1]',
      'BINARY.PEEK[]<0.1>',
      'BINARY.SIZE[1]',
      'PREVIEW',
      'PREVIEW (LAZY)',
      'EMAILID',
      'THREADID',
      'SAVEDATE',
    ],
    ...['RFC822', 'RFC822.HEADER', 'RFC822.TEXT', 'BODY[', 'BODY[0]', 'BODY[]<0.0>', 'BODY[HEADER.FIELDS ()]'],
  ],
  sign: ['+', '-', '', '*'],
  number: ['0', '1', '5', '9007199254740991', '9223372036854775807', '18446744073709551616', '-1'],
  key: [
    ...[
      'ALL',
      'SEEN',
      'NEW',
      'OLD',
      'RECENT',
      'UNDELETED',
      'KEYWORD work',
      'UNKEYWORD $A',
      'LARGER 3',
      'SMALLER 99999999999',
    ],
    ...[
      'SUBJECT a',
      'FROM "a"',
      'TO {1+}\r\nb',
      'HEADER Subject ""',
      'BODY abc',
      'TEXT x',
      'UID 1:*',
      '1:2',
      '*',
      '$',
      'MODSEQ 1',
      'FILTER f',
      'UIDAFTER 1',
      'UIDBEFORE 0',
    ],
    ...[
      'SINCE 1-Jan-2026',
      'BEFORE "1-Jan-2026"',
      'SENTON 31-Feb-2026',
      'OLDER 5',
      'YOUNGER 0',
      'SAVEDSINCE 1-Jan-2020',
    ],
    ...[
      'NOT SEEN',
      'OR SEEN NOT DELETED',
      '(SEEN (DELETED))',
      'OR (ALL) (OR ALL ALL)',
      '()',
      'NOT',
      'OR ALL',
      'EMAILID M1',
      'THREADID T1',
    ],
    ...[
      'MODSEQ "/flags/\\\\seen" all 5',
      'BCC "\xff"',
      'SUBJECT "\xc3\xa4"',
      `${'NOT '.repeat(60)}ALL`,
      `${'('.repeat(60)}ALL${')'.repeat(60)}`,
    ],
  ],
  result: ['MIN', 'MAX', 'ALL', 'COUNT', 'SAVE', 'PARTIAL 1:5', 'PARTIAL -1:-5', 'UPDATE', 'CONTEXT', 'X', ''],
  charset: ['UTF-8', 'US-ASCII', 'ISO-8859-1', 'KOI8-R', 'X-NONE', '""'],
  order: ['SUBJECT', 'DATE', 'REVERSE ARRIVAL', 'FROM', 'SIZE', 'DISPLAYTO', 'TO', 'CC', 'REVERSE', 'X'],
  junk: [
    '',
    ' ',
    '  ',
    '\0',
    '\xff',
    '(',
    ')',
    '"',
    '\\',
    '{',
    '{3}',
    '{3+}',
    '{99999999999}',
    '[',
    ']',
    '%',
    '*',
    '+',
    '~',
    'UID',
    'NIL',
    '\r',
    '\t',
  ],
}

const oneOf = <T>(pick: Pick, list: readonly T[]): T | undefined => list[pick(list.length)]

function command(pick: Pick): string {
  const text = (oneOf(pick, COMMANDS) ?? 'NOOP').replace(
    /<(\w+)>/g,
    (_whole, name: string) => oneOf(pick, WORDS[name] ?? []) ?? '',
  )
  const at = pick(text.length + 1)
  // One in three is spoilt.
  switch (pick(15)) {
    case 0:
      return text.slice(0, at) + text.slice(at + 1 + pick(5))
    case 1:
      return text.slice(0, at) + (oneOf(pick, WORDS.junk ?? []) ?? '') + text.slice(at)
    case 2:
      return text.slice(0, at) + String.fromCharCode(pick(256)) + text.slice(at)
    case 3:
      return text.slice(0, at)
    case 4:
      return text + text.slice(at)
    default:
      return text
  }
}

const LOGIN = 'l LOGIN fuzz pass\r\n'
/** What is sent first: every state in which commands come. */
const STATES: Readonly<Record<string, string>> = {
  'not authenticated': '',
  authenticated: LOGIN,
  selected: `${LOGIN}s SELECT INBOX\r\n`,
  'selected, read-only': `${LOGIN}s EXAMINE INBOX\r\n`,
  'selected, QRESYNC': `${LOGIN}e ENABLE QRESYNC\r\ns SELECT INBOX\r\n`,
  'selected, rev2': `${LOGIN}e ENABLE IMAP4rev2 UTF8=ACCEPT\r\ns SELECT INBOX\r\n`,
  'selected, UIDONLY': `${LOGIN}e ENABLE UIDONLY CONDSTORE\r\ns SELECT INBOX\r\nu UID SEARCH RETURN (UPDATE) ALL\r\n`,
  'in AUTHENTICATE': 'a AUTHENTICATE PLAIN\r\n',
  'in IDLE': `${LOGIN}s SELECT INBOX\r\ni IDLE\r\n`,
}

const LONG = Number(process.env.MAILBOX_LONG ?? 0) > 0
const COMMANDS_A_STATE = LONG ? 150_000 : 2_000
const COMMANDS_A_CONNECTION = 100
const CONNECTIONS_AT_ONCE = 4

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')
const heap = (): number => {
  collect()
  return process.memoryUsage().heapUsed
}

describe('IMAP and random commands', function () {
  this.timeout(LONG ? 1_800_000 : 60_000)
  let kit: Kit
  before(async () => {
    kit = await startKit({ imap: { limits: { bad_commands: '100000', tries: '100000' } } })
  })
  after(() => kit.close())

  /** A mailbox does not grow from one handful of connections to the next. */
  async function freshAccount(): Promise<void> {
    const old = await kit.store.accounts.find('fuzz')
    if (old) await kit.store.accounts.remove(old.id)
    const id = await kit.account('fuzz')
    await kit.deliver(
      id,
      'Subject: a\nFrom: a <a@b>\n\nx\n',
      'Content-Type: multipart/mixed; boundary=x\n\n--x\n\na\n--x--\n',
    )
    await kit.deliver(id, 'Content-Type: message/rfc822\n\nSubject: in\nTo: a:;\n\ny\n')
  }

  /** @returns how many tagged answers came */
  async function connection(pick: Pick, start: string): Promise<number> {
    const wire = new Wire(kit.imap)
    const lines = Array.from({ length: COMMANDS_A_CONNECTION }, (_nothing, n) => `f${n} ${command(pick)}\r\n`)
    const sent = Buffer.from(`${start}${lines.join('')}`, 'latin1')
    // In pieces that end anywhere.
    for (let at = 0; at < sent.length; ) {
      const end = at + 1 + pick(4000)
      wire.socket.write(sent.subarray(at, end))
      at = end
    }
    wire.socket.end()
    const answers = await wire.end()
    assert.doesNotMatch(answers, /SERVERBUG/, `${start}${lines.join('')}`)
    assert.match(answers, /^\* OK /)
    return answers.match(/^\S+ (OK|NO|BAD)/gm)?.length ?? 0
  }

  for (const [name, start] of Object.entries(STATES)) {
    it(`${COMMANDS_A_STATE} when ${name}: none stops the server, none is a bug of its own, nothing is left behind`, async () => {
      const pick = randomFrom(name.length)
      const rounds = COMMANDS_A_STATE / COMMANDS_A_CONNECTION / CONNECTIONS_AT_ONCE
      let before = 0
      let answered = 0
      for (let round = 0; round < rounds; round++) {
        await freshAccount()
        const counts = await Promise.all(Array.from({ length: CONNECTIONS_AT_ONCE }, () => connection(pick, start)))
        answered += counts.reduce((sum, count) => sum + count, 0)
        if (round === Math.floor(rounds / 3)) before = heap()
      }
      assert.deepEqual(kit.errors, [])
      const grown = heap() - before
      if (LONG)
        console.log(`      ${answered} answers; the heap grew by ${Math.round(grown / 1024)} KB in the last two thirds`)
      // Some are swallowed by a literal or an IDLE before them.
      assert.ok(answered > COMMANDS_A_STATE / 2, `only ${answered} answers`)
      assert.ok(grown < 30 * 1024 * 1024, `the heap grew by ${grown} octets`)
    })
  }
})

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the references of RFC 5229
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import type { Action } from '../../lib/sieve/action'
import { actionsOf } from './world'

/**
 * The same scripts and messages to Dovecot's Pigeonhole (`sieve-test` of Debian's dovecot-sieve) and to our interpreter: what it would do
 * must be the same. Left out of the grammar is where both are right in their own way (the comments say what), a group without
 * members in a test of addresses, and keys with more `?` than the value has characters, which can end Pigeonhole.
 */

const MESSAGES = [
  `From: coyote@desert.example.org
To: roadrunner@acme.example.com
Subject: I have a present for you

Look, I'm sorry about the whole anvil thing.
`,
  `Received: from a by b; Wed, 25 Nov 2026 23:30:00 -0500
Received: from c by d; Thu, 26 Nov 2026 01:00:00 +0100
From: "Doe, John" <John.Doe+list@Example.ORG>, second@example.net
Sender: <sender@example.net>
To: Friends: alice@example.org, "B o b" <bob@example.net>;
Cc: =?utf-8?Q?Gr=C3=BC=C3=9F?= <gruss@example.net> (comment)
Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= =?iso-8859-1?B?YXVzIEv2bG4=?= [list]
X-Fold: one
 two
	three
X-Empty:
X-Number: 007 days
X-Bad-Date: yesterday
X-Twice: first
X-Twice: second * star \\ back
Date: Thu, 26 Nov 2026 12:00:05 +0530
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

preamble anvil
--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: base64

R3LDvMOfZSBoZWxsbyB3b3JsZAo=
--b
Content-Type: text/html
Content-Transfer-Encoding: quoted-printable

<p>quoted =3D printable</p>
--b
Content-Type: application/octet-stream
Content-Transfer-Encoding: base64

YmluYXJ5IGNvbnRlbnQ=
--b--
`,
  `Subject:   spaces   inside
From: nobody@nowhere.example

`,
]

const HEADERS = [
  'subject',
  'Subject',
  'from',
  'to',
  'cc',
  'sender',
  'x-fold',
  'x-empty',
  'x-twice',
  'received',
  'x-none',
]
const ADDRESSES = ['from', 'to', 'cc', 'sender', 'reply-to']
const KEYS = [
  '',
  '*',
  '?*',
  '*@*',
  'coyote@desert.example.org',
  'COYOTE@DESERT.example.ORG',
  'desert.example.org',
  'example',
  'john.doe',
  'Example.ORG',
  'bob',
  'first',
  'second',
  'one two*three',
  'grüße aus köln [list]',
  'Grüße',
  '*[*]*',
  'spaces   inside',
  'i have',
  '*present*for*',
  '\\\\*',
  '* \\\\* star*',
  '*\\\\\\\\*',
  'hello world',
  '*quoted*',
  'anvil',
  'binary',
  '<p>',
]
const RELATIONS = ['gt', 'ge', 'lt', 'le', 'eq', 'ne']
const DATE_PARTS = [
  ...['year', 'month', 'day', 'date', 'julian', 'hour', 'minute', 'second', 'time'],
  ...['iso8601', 'std11', 'zone', 'weekday', 'Weekday'],
]
const EXPRESSIONS = [
  ...[
    '^Gr',
    'k.*LN',
    '(an+|ei)',
    '([a-z]+) +([a-z]+)',
    '[[:digit:]]+',
    '^$',
    'x*',
    '(first|second) .*star',
    '(.)(.)?$',
  ],
  ...['^[^ ]+ +([^ ]+)', 'e{2}', '\\\\[list\\\\]'],
]
const quoted = (text: string): string => `"${text}"`
const key = fc.constantFrom(...KEYS).map(quoted)
const listOf = (one: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof(
    one,
    fc.array(one, { minLength: 1, maxLength: 3 }).map((all) => `[${all.join(', ')}]`),
  )
const matching = fc.constantFrom('', ':is', ':contains', ':matches')
const comparator = fc.constantFrom('', ':comparator "i;octet"', ':comparator "i;ascii-casemap"')
const said = fc.constantFrom(':comparator "i;octet"', ':comparator "i;ascii-casemap"')
const addressPart = fc.constantFrom('', ':all', ':localpart', ':domain')
const words = (...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(...parts).map((all) => all.filter(Boolean).join(' '))
const word = (text: string): fc.Arbitrary<string> => fc.constant(text)

const simple: fc.Arbitrary<string> = fc.oneof(
  words(word('header'), matching, comparator, listOf(fc.constantFrom(...HEADERS).map(quoted)), listOf(key)),
  words(
    word('address'),
    addressPart,
    comparator,
    matching,
    listOf(fc.constantFrom(...ADDRESSES).map(quoted)),
    listOf(key),
  ),
  words(word('envelope'), addressPart, matching, listOf(fc.constantFrom('"from"', '"to"')), listOf(key)),
  words(word('exists'), listOf(fc.constantFrom(...HEADERS).map(quoted))),
  words(word('size'), fc.constantFrom(':over', ':under'), fc.constantFrom('1', '100', '1K', '1M')),
  // `:text` is the server's own choice (RFC 5173 5.3), and what `:content` makes of a multipart too.
  words(word('body :content'), fc.constantFrom('"text/plain"', '"text"', '"application"'), matching, listOf(key)),
  // The comparator is said: without it Pigeonhole compares strings and flags by i;octet, which is not RFC 5228's default (2.7.3).
  words(
    word('string'),
    matching,
    said,
    listOf(fc.constantFrom('"${v}"', '"${1}"', '"x${none}y"', '"Example"')),
    listOf(key),
  ),
  words(word('hasflag'), matching, said, listOf(fc.constantFrom('"f1"', '"F2"', '"\\\\Seen"', '"f*"'))),
  fc.constantFrom('true', 'false'),
  // RFC 5231: `:count` compares numbers as text where no comparator is said.
  words(
    fc.constantFrom('header', 'address'),
    fc.constantFrom(':count', ':value').chain((tag) => fc.constantFrom(...RELATIONS).map((one) => `${tag} "${one}"`)),
    fc.constantFrom('', ':comparator "i;ascii-numeric"', ':comparator "i;octet"'),
    listOf(fc.constantFrom(...ADDRESSES).map(quoted)),
    listOf(fc.constantFrom('"0"', '"1"', '"2"', '"3x"', '"sender@example.net"', '"b"')),
  ),
  words(
    word('header :value'),
    fc.constantFrom(...RELATIONS).map(quoted),
    word(':comparator "i;ascii-numeric"'),
    listOf(fc.constantFrom('"x-number"', '"x-twice"', '"x-none"')),
    listOf(fc.constantFrom('"0"', '"7"', '"007"', '"8"', '"99999999999999999999"', '"-1"', '"none"')),
  ),
  words(
    fc.constantFrom('header', 'address'),
    fc.constantFrom(':index 1', ':index 2', ':index 1 :last', ':last :index 2', ':index 5'),
    matching,
    listOf(fc.constantFrom(...ADDRESSES).map(quoted)),
    listOf(key),
  ),
  words(
    fc.constantFrom('address', 'envelope'),
    fc.constantFrom(':user', ':detail'),
    matching,
    listOf(fc.constantFrom('"from"', '"to"')),
    listOf(fc.constantFrom('"*"', '"list"', '"john.doe"', '"me"', '"detail"', '"?*"', '""')),
  ),
  words(
    word('date'),
    fc.constantFrom('', ':originalzone', ':zone "+0000"', ':zone "-0330"', ':zone "+1400"'),
    fc.constantFrom('', ':index 2', ':index 1 :last'),
    fc.constantFrom(':matches', ':is', ':value "ge"', ':count "eq"'),
    fc.constantFrom('"date"', '"received"', '"x-bad-date"', '"x-none"'),
    fc.constantFrom(...DATE_PARTS).map(quoted),
    listOf(fc.constantFrom('"*"', '"0*"', '"1"', '"2026-11-26"', '"12:00:00"', '"+0000"', '"4"', '"*T*Z"', '"*+*"')),
  ),
  words(
    word('header :regex'),
    fc.constant(''),
    listOf(fc.constantFrom('"subject"', '"from"', '"x-twice"', '"x-empty"')),
    listOf(fc.constantFrom(...EXPRESSIONS).map(quoted)),
  ),
  words(word('mailboxexists'), listOf(fc.constantFrom('"INBOX"', '"inbox"', '"Nope"'))),
  words(word('ihave'), listOf(fc.constantFrom('"fileinto"', '"nonsense"', '"comparator-i;octet"'))),
  words(
    word('valid_notify_method'),
    fc.constantFrom('"mailto:a@example.org"', '"mailto:a@example.org?subject=x"', '"tel:+1"', '"nonsense"'),
  ),
)
const { test } = fc.letrec<{ test: string }>((tie) => ({
  test: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    { weight: 4, arbitrary: simple },
    { weight: 1, arbitrary: tie('test').map((one) => `not ${one}`) },
    {
      weight: 1,
      arbitrary: fc.array(tie('test'), { minLength: 1, maxLength: 3 }).map((all) => `allof (${all.join(', ')})`),
    },
    {
      weight: 1,
      arbitrary: fc.array(tie('test'), { minLength: 1, maxLength: 3 }).map((all) => `anyof (${all.join(', ')})`),
    },
  ),
}))

const REQUIRE =
  'require ["fileinto", "imap4flags", "copy", "variables", "envelope", "body", "encoded-character", "vacation", "reject", ' +
  '"relational", "comparator-i;ascii-numeric", "index", "subaddress", "date", "regex", "mailbox", "ihave", "enotify"];\n'
const flagChange = words(
  fc.constantFrom('setflag', 'addflag', 'removeflag'),
  listOf(fc.constantFrom('"f1"', '"F2"', '"\\\\Seen"', '"f1 f3"')),
).map((one) => `${one};`)
const setting = words(
  word('set'),
  fc.constantFrom(
    '',
    ':lower',
    ':upper',
    ':lowerfirst',
    ':upperfirst',
    ':length',
    ':quotewildcard',
    ':upper :lowerfirst',
  ),
  word('"v"'),
  fc.constantFrom(
    '"Ab*c"',
    '"${v}x"',
    '"${1}-${2}"',
    '"GRÜSSE"',
    '"${unicode:40}"',
    '"${hex:41 42}"',

    '"${"',
    '"${v"',
  ),
).map((one) => `${one};`)
/** Each true test leaves a flag: many tests in one run. */
const probes = fc
  .array(
    fc.oneof({ weight: 5, arbitrary: test }, { weight: 1, arbitrary: flagChange }, { weight: 1, arbitrary: setting }),
    {
      minLength: 5,
      maxLength: 40,
    },
  )
  .map((all) => all.map((one, at) => (one.endsWith(';') ? one : `if ${one} { addflag "t${at}"; }`)).join('\n'))
  .map((body) => `${REQUIRE}${body}\nset "all" "\${v}";\nfileinto "v.\${all}";\nkeep;`)

const actionWord: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('keep;', 'discard;', 'stop;', 'keep :flags "own";'),
  words(
    word('fileinto'),
    fc.constantFrom('', ':flags "\\\\Flagged"', ':flags ["a b", "c"]'),
    fc.constantFrom('"x"', '"y"', '"${v}z"', ':copy "copy"'),
  ).map((one) => `${one};`),
  // With and without :copy to the same place: Pigeonhole takes the second for a duplicate that cancels no implicit keep.
  fc.constantFrom('redirect "a@example.net";', 'redirect :copy "b@example.net";'),
  flagChange,
  setting,
)
const { block } = fc.letrec<{ block: string; one: string }>((tie) => ({
  one: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    { weight: 4, arbitrary: actionWord },
    { weight: 1, arbitrary: fc.tuple(test, tie('block')).map(([when, then]) => `if ${when} { ${then} }`) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(test, tie('block'), test, tie('block'), tie('block'))
        .map(([a, x, b, y, z]) => `if ${a} { ${x} } elsif ${b} { ${y} } else { ${z} }`),
    },
  ),
  block: fc.array(tie('one'), { maxLength: 5 }).map((all) => all.join('\n')),
}))
const programs = block.map((body) => `${REQUIRE}${body}`)

const FROM = 'Coyote@desert.example.org'
const TO = 'me+detail@example.org'
const WORLD = {
  envelope: { from: FROM, to: TO },
  zone: () => 0,
  mailboxes: [{ name: 'INBOX', specialUse: [] }],
}
const flagText = (flags: readonly string[]): string =>
  [...new Set(flags.map((one) => one.toLowerCase()))].sort().join(' ')

function ours(script: string, octets: Buffer): readonly string[] | 'error' {
  const shown = (action: Action): string => {
    switch (action.kind) {
      case 'store':
        return `${action.mailbox ?? 'INBOX'} (${flagText(action.flags)})`
      case 'redirect':
        return `>${action.address}`
      default:
        return action.kind
    }
  }
  try {
    return actionsOf(script, octets, WORLD).map(shown).sort()
  } catch {
    return 'error'
  }
}

/** Reads the list that `sieve-test` prints. */
function listed(output: string): readonly string[] {
  const actions: string[] = []
  for (const line of output.split('\n')) {
    const [, mailbox] = /^ \* store message in folder: (.*)$/.exec(line) ?? []
    const [, address] = /^ \* redirect message to: <(.*)>$/.exec(line) ?? []
    const [, flags] = /^ {8}\+ add IMAP flags: (.*)$/.exec(line) ?? []
    if (mailbox !== undefined) actions.push(`${mailbox} ()`)
    else if (address !== undefined) actions.push(`>${address}`)
    else if (flags !== undefined)
      actions.push(`${actions.pop()?.slice(0, -2)}(${flagText(flags.split(' ').filter(Boolean))})`)
  }
  return actions.sort()
}

/** RFC 5703, RFC 5293, RFC 6609 and RFC 7352: what the generator does not make up. */
const SCRIPTS: Readonly<Record<string, string>> = {
  'parts one after another': `foreverypart {
    set "n" "part";
    if header :mime :contenttype :matches "Content-Type" "*" { set "n" "\${1}"; }
    if header :mime :subtype :matches "Content-Type" "*" { set "n" "\${n} \${1}"; }
    if header :mime :param "charset" :matches "Content-Type" "?*" { set "n" "\${n} \${1}"; }
    if header :mime :matches "Content-Transfer-Encoding" "*" { set "n" "\${n} \${1}"; }
    if exists :mime "Received" { set "n" "\${n} received"; }
    fileinto "\${n}";
  }`,
  'loops in loops, and break': `foreverypart :name "outer" {
    addflag "a";
    foreverypart { addflag "b"; if header :mime :type "Content-Type" "text" { break; } addflag "c"; }
    foreverypart { if header :mime :subtype "Content-Type" "html" { addflag "d"; break :name "outer"; } }
    addflag "e";
  } keep;`,
  'any child': `
    if header :mime :anychild :contenttype "Content-Type" "text/html" { addflag "html"; }
    if header :mime :contenttype "Content-Type" "text/html" { addflag "top"; }
    if header :mime :anychild :count "ge" "Content-Type" "3" { addflag "three"; }
    if exists :mime :anychild ["Content-Type", "Content-Transfer-Encoding"] { addflag "both"; }
    keep;`,
  // Pigeonhole counts octets, and takes what is no text for text.
  'the text of a part': `foreverypart {
    if header :mime :type "Content-Type" ["text", "multipart"] { extracttext :upper :first 2 "t"; fileinto "x\${t}"; }
  }`,
  'fields come and go': `
    addheader "X-New" "one"; addheader :last "X-New" "two"; addheader "X-Lang" "${'Gr\u00fc\u00dfe '.repeat(20).trim()}";
    if header :index 1 "X-New" "one" { addflag "first"; }
    if header :index 1 :last "X-New" "two" { addflag "last"; }
    deleteheader :index 1 "X-Twice"; if not header "X-Twice" "first" { addflag "gone"; }
    if header :matches "X-Twice" "second*" { addflag "stays"; }
    deleteheader :matches "X-Twice" ["none", "*star*"]; if not exists "X-Twice" { addflag "all"; }
    deleteheader "Subject"; if not exists "Subject" { addflag "subject"; }
    deleteheader :index 2 :last "Received"; if header :count "eq" "Received" "2" { addflag "trace"; }
    if header :contains "X-Lang" "${'Gr\u00fc\u00dfe Gr\u00fc\u00dfe'}" { addflag "lang"; }
    keep;`,
  'the same message twice': 'if duplicate { addflag "a"; } if duplicate :handle "x" { addflag "b"; } keep;',
  'a fault that ihave hides':
    'if ihave "vnd.none" { none :tag "x"; } elsif ihave ["date", "index"] { addflag "date"; } keep;',
}
const ALL_REQUIRE = REQUIRE.replace(
  '"ihave"',
  '"ihave", "mime", "foreverypart", "extracttext", "editheader", "duplicate"',
)

describe('Sieve beside Pigeonhole', function () {
  this.timeout(600_000)
  let folder: string

  before(function () {
    if (spawnSync('sieve-test', ['-x', '+x']).error) {
      console.log('      no sieve-test (dovecot-sieve): skipped')
      return this.skip()
    }
    folder = mkdtempSync(path.join(tmpdir(), 'mailbox-pigeonhole-'))
    // It refuses to work for root.
    chmodSync(folder, 0o777)
    writeFileSync(path.join(folder, 'dovecot.conf'), `mail_location = maildir:${folder}/mail\nlog_path = /dev/stderr\n`)
    for (const [at, message] of MESSAGES.entries())
      writeFileSync(path.join(folder, `${at}.eml`), message.replace(/\n/g, '\r\n'))
  })
  after(() => {
    if (folder) rmSync(folder, { recursive: true, force: true })
  })

  function theirs(script: string, at: number): readonly string[] | 'error' {
    const file = path.join(folder, 'script.sieve')
    writeFileSync(file, script)
    const words = [
      '-x',
      '+editheader +spamtest',
      '-c',
      path.join(folder, 'dovecot.conf'),
      '-C',
      '-f',
      FROM,
      '-a',
      TO,
      '-r',
      TO,
      file,
    ]
    const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
    const done = spawnSync('sieve-test', [...words, path.join(folder, `${at}.eml`)], {
      encoding: 'utf8',
      env: { ...process.env, TZ: 'UTC' },
      ...nobody,
    })
    return done.status === 0 ? listed(done.stdout) : 'error'
  }

  for (const [what, script] of Object.entries(SCRIPTS)) {
    // The message with parts: on one without, a loop in a loop of Pigeonhole's ends its run.
    it(what, () => {
      const octets = Buffer.from((MESSAGES[1] ?? '').replace(/\n/g, '\r\n'))
      const done = theirs(ALL_REQUIRE + script, 1)
      assert.deepEqual(ours(ALL_REQUIRE + script, octets), done)
      assert.notEqual(done, 'error')
    })
  }

  const runs = Number(process.env.MAILBOX_RUNS ?? (process.env.MAILBOX_LONG ? 20_000 : 50))
  const seed = process.env.MAILBOX_LONG ? {} : { seed: 5228 }
  for (const [what, scripts] of [
    ['tests', probes],
    ['actions', programs],
  ] as const) {
    it(`${what}: both do the same`, () => {
      fc.assert(
        fc.property(scripts, fc.nat(MESSAGES.length - 1), (script, at) => {
          const octets = Buffer.from((MESSAGES[at] ?? '').replace(/\n/g, '\r\n'))
          assert.deepEqual(ours(script, octets), theirs(script, at))
        }),
        { numRuns: runs, ...seed },
      )
    })
  }
})

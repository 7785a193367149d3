// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the references of RFC 5229
import assert from 'node:assert/strict'
import type { World } from '../../lib/sieve/extension'
import { CAPABILITIES } from '../../lib/sieve/extensions'
import { parseScript } from '../../lib/sieve/parse'
import type { Included } from '../../lib/sieve/values'
import { NotKnown } from '../../lib/sieve/world'
import { actionsOf, outcomeOf } from './world'

const MAIL = `Received: from a by b; Wed, 25 Nov 2026 23:30:00 -0500
Received: from c by d; Thu, 26 Nov 2026 01:00:00 +0100
From: "Doe, John" <john+list+x@example.org>
To: a@b.c
Date: Thu, 26 Nov 2026 12:00:05 +0530
Subject: Re: [list] one two 42
X-Bad-Date: yesterday
X-Num: 007
X-Twice: first
X-Twice: second
Message-ID: <1@example.net>

text
`

const REQUIRE = `require ${JSON.stringify(CAPABILITIES)};\n`
const octetsOf = (message: string): Buffer => Buffer.from(message.replace(/\n/g, '\r\n'))

/** Whether a test is true of the message. */
function holds(test: string, known: Partial<World> = {}, message = MAIL): boolean {
  return actionsOf(`${REQUIRE}if ${test} { discard; }`, octetsOf(message), known).length === 0
}
/** What a variable holds after some commands. */
function said(commands: string, known: Partial<World> = {}, message = MAIL): string {
  const [action] = actionsOf(`${REQUIRE}${commands}\nfileinto "x\${v}";`, octetsOf(message), known)
  return action?.kind === 'store' ? (action.mailbox ?? '').slice(1) : '?'
}

const MAILBOXES = [
  { name: 'INBOX', specialUse: [] },
  { name: '\u00e4mt', specialUse: ['\\Archive'] },
  { name: 'Junk', specialUse: ['\\Junk'] },
]

/** As the example of RFC 5173 5.2: each container has a word of its own. */
const CONTAINERS = `Subject: top
Content-Type: multipart/mixed; boundary=outer

before outer
-- no delimiter
--outer
Content-Type: multipart/alternative; boundary=inner

before inner
--inner
Content-Type: text/plain

hello
--inner--
after inner
--outer
Content-Type: message/rfc822

From: someone@example.net
Subject: asked

please
--outer--
after outer
`

describe('body :content (RFC 5173 5.2)', () => {
  const rows: readonly (readonly [string, string, boolean])[] = [
    ['"multipart"', ':contains "before outer\r\n-- no delimiter"', true],
    ['"multipart"', ':is "before inner"', true],
    ['"multipart/alternative"', ':contains "after inner"', true],
    ['"multipart/alternative"', ':contains "outer"', false],
    ['"multipart"', ':contains "after outer"', true],
    ['"multipart"', ':contains ["--outer", "--inner", "hello", "please"]', false],
    ['"message/rfc822"', ':contains "Subject: asked"', true],
    ['"message"', ':contains "please"', false],
    ['"text"', ':contains "please"', true],
    ['"text"', ':contains ["asked", "before"]', false],
    ['""', ':contains "Subject: asked"', true],
    ['"/multipart"', ':contains ""', false],
  ]
  for (const [types, matching, expected] of rows) {
    it(`${types} ${matching}`, () =>
      assert.equal(holds(`body :content ${types} ${matching}`, {}, CONTAINERS), expected))
  }
  it('body :text has no containers', () =>
    assert.equal(holds('body :text :contains ["before", "asked"]', {}, CONTAINERS), false))
})

describe('extensions of Sieve', () => {
  const rows: readonly (readonly [string, string, boolean, Partial<World>?])[] = [
    ['RFC 5231 :value by number', 'header :value "gt" :comparator "i;ascii-numeric" "x-num" "6"', true],
    ['RFC 5231 :value by letters', 'header :value "lt" "subject" "s"', true],
    ['RFC 5231 :value ne', 'header :value "ne" "x-twice" "first"', true],
    ['RFC 5231 :count', 'header :count "eq" "x-twice" "2"', true],
    ['RFC 5231 :count of none', 'header :count "lt" :comparator "i;ascii-numeric" "x-none" "1"', true],
    ['RFC 5231 :count of addresses', 'address :count "ge" ["from", "to"] "2"', true],
    ['RFC 4790 9.1 digits at the start', 'header :is :comparator "i;ascii-numeric" "x-num" "7 days"', true],
    [
      'RFC 4790 9.1 no digits is the most',
      'header :value "gt" :comparator "i;ascii-numeric" "subject" "99999999999999999999"',
      true,
    ],
    ['RFC 4790 9.1 no substrings', 'header :contains :comparator "i;ascii-numeric" "x-num" "7"', false],
    ['RFC 5233 :user', 'address :user "from" "john"', true],
    ['RFC 5233 :detail', 'address :detail "from" "list+x"', true],
    ['RFC 5233 without a detail there is none', 'address :detail :contains "to" ""', false],
    ['RFC 5233 no separators', 'address :user "from" "john"', false, { separators: '' }],
    ['RFC 5233 others', 'address :detail "from" "x@"', false, { separators: '-' }],
    ['RFC 5260 6 :index', 'header :index 2 "x-twice" "second"', true],
    ['RFC 5260 6 :last', 'header :index 2 :last "x-twice" "first"', true],
    ['RFC 5260 6 over all names, in their order', 'header :index 3 ["x-twice", "x-num"] "007"', true],
    ['RFC 5260 6 beyond', 'header :index 3 :contains "x-twice" ""', false],
    ['RFC 5260 6 of addresses counts fields', 'address :index 1 :is ["to", "from"] "a@b.c"', true],
    ['RFC 5260 4 zone of the server', 'date "date" "zone" "+0100"', true],
    ['RFC 5260 4 :originalzone', 'date :originalzone "date" "std11" "Thu, 26 Nov 2026 12:00:05 +0530"', true],
    ['RFC 5260 4.2 iso8601', 'date :zone "+0000" "date" "iso8601" "2026-11-26T06:30:05Z"', true],
    ['RFC 5260 4.2 iso8601 elsewhere', 'date :zone "-0330" "date" "iso8601" "2026-11-26T03:00:05-03:30"', true],
    ['RFC 5260 4.2 julian', 'date :zone "+0000" "date" "julian" "61370"', true],
    ['RFC 5260 4.2 weekday', 'date "date" "weekday" "4"', true],
    ['RFC 5260 4 behind a semicolon, of the first field', 'date :zone "+0000" "received" "date" "2026-11-26"', true],
    ['RFC 5260 4 no date', 'date :count "eq" "x-bad-date" "year" "0"', true],
    ['RFC 5260 5 currentdate', 'currentdate "time" "13:30:15"', true],
    ['RFC 5260 5 over midnight', 'currentdate :zone "+1400" "date" "2026-11-27"', true],
    ['RFC 5490 3.1', 'mailboxexists ["inbox", "a\u0308mt"]', true, { mailboxes: MAILBOXES }],
    ['RFC 5490 3.1 all of them', 'mailboxexists ["INBOX", "Nope"]', false, { mailboxes: MAILBOXES }],
    ['RFC 8579 3', 'specialuse_exists ["\\\\Junk", "\\\\archive"]', true, { mailboxes: MAILBOXES }],
    [
      'RFC 8579 3 of one mailbox',
      'specialuse_exists "Junk" ["\\\\Junk", "\\\\Archive"]',
      false,
      { mailboxes: MAILBOXES },
    ],
    ['RFC 5183', 'environment "host" "mx.example.org"', true],
    ['RFC 5183 domain', 'environment :is "domain" "example.org"', true],
    ['RFC 5183 what is not known', 'environment :contains "remote-ip" ""', false],
    ['RFC 5235 not tested', 'spamtest :value "eq" :comparator "i;ascii-numeric" "0"', true],
    ['RFC 5235 not tested, counted', 'spamtest :percent :count "eq" "0"', true],
    ['RFC 5235 clear', 'spamtest "1"', true, { scan: { spam: 0 } }],
    ['RFC 5235 spam', 'spamtest "10"', true, { scan: { spam: 100 } }],
    [
      'RFC 5235 :percent',
      'spamtest :percent :value "ge" :comparator "i;ascii-numeric" "37"',
      true,
      { scan: { spam: 37.4 } },
    ],
    ['RFC 5235 virus', 'virustest "5"', true, { scan: { virus: 5 } }],
    ['RFC 5463', 'allof (ihave ["fileinto", "date"], not ihave "nonsense")', true],
    ['RFC 7352 first', 'duplicate', false],
    ['RFC 7352 again', 'duplicate', true, { isRemembered: () => true }],
    ['RFC 7352 without a Message-ID', 'duplicate :header "x-none"', false, { isRemembered: () => true }],
    ['RFC 5435 5', 'valid_notify_method ["mailto:a@example.org", "mailto:?to=b@example.org&subject=x"]', true],
    ['RFC 5435 5 none', 'valid_notify_method ["xmpp:a@example.org"]', false],
    ['RFC 5435 5 no address', 'valid_notify_method ["mailto:a%0d%0aBcc:%20b@example.org"]', false],
    ['RFC 5436 2.2', 'notify_method_capability "mailto:a@example.org" "Online" "maybe"', true],
    ['regex', 'header :regex "subject" ["^re:", "[[:digit:]]{2}$"]', true],
    ['regex, i;octet', 'header :regex :comparator "i;octet" "subject" "^re:"', false],
  ]
  for (const [rule, test, expected, known] of rows)
    it(`${rule}: ${test}`, () => assert.equal(holds(test, known), expected))

  for (const [rule, commands, expected] of [
    [
      'regex sets match variables',
      'if header :regex "subject" "\\\\[(.*)\\\\] ([a-z]+)( none)?" { set "v" "${2}-${1}-${3}."; }',
      'one-list-.',
    ],
    [
      'draft-ietf-sieve-regex 5',
      'set :quoteregex "v" "a.b*c"; if string :regex "a.b*c" "^${v}$" { set "v" "same"; }',
      'same',
    ],
    ['RFC 5435 6', 'set :encodeurl :upper "v" "\u00e4 b/c~!"; ', '%C3%A4%20B%2FC~%21'],
    [
      'RFC 5229 5 :count of strings that are not empty',
      'if string :count "eq" ["", "${none}", "a"] "1" { set "v" "one"; }',
      'one',
    ],
    ['RFC 5260 5.1', 'if currentdate :matches "month" "*" { set "v" "${1}"; }', '11'],
  ] as const)
    it(`${rule}: ${commands}`, () => assert.equal(said(commands), expected))

  for (const [script, why] of [
    ['if header :value "xx" "a" "b" { keep; }', /expected gt, ge/],
    ['if header :count "eq" :is "a" "b" { keep; }', /only one of/],
    ['if header :last "a" "b" { keep; }', /:last stands without :index/],
    ['if header :index 0 "a" "b" { keep; }', /counts from 1/],
    ['if date :zone "x" "date" "year" "1" { keep; }', /is no time zone/],
    ['if date :zone "+0100" :originalzone "date" "year" "1" { keep; }', /only one of :zone :originalzone/],
    ['if date "date" "century" "1" { keep; }', /no part century/],
    ['if header :regex "a" "(" { keep; }', /is no regular expression/],
    ['if header :regex "a" "((a{1,900}){1,900}){1,900}" { keep; }', /too large|no regular/],
    [`if header :regex "a" ["${Array(60).fill('(a{1,900})').join('", "')}"] { keep; }`, /too many regular/],
    ['if header :regex "a" "(?<=a)b" { keep; }', /is no regular expression/],
    ['vacation :days 1 :seconds 1 "x";', /only one of :days :seconds/],
    ['notify "tel:+1";', /is no mailto URI/],
    ['notify :importance "4" "mailto:a@example.org";', /:importance is/],
    ['fileinto :specialuse "Junk" "x";', /no special use/],
    ['include "${v}";', /name of a script/],
    ['set "none.x" "y";', /namespace of none\.x is not built/],
  ] as const)
    it(`refuses ${script}`, () => assert.throws(() => parseScript(REQUIRE.replace('"ihave",', '') + script), why))

  it('tells which require is missing', () => {
    assert.throws(() => parseScript('if header :regex "a" "b" { keep; }'), /require "regex"/)
    assert.throws(() => parseScript('require "fileinto"; fileinto :create "x";'), /require "mailbox"/)
    for (const script of ['fileinto :create "x"; fileinto "x";', 'fileinto "x"; fileinto :create "x";']) {
      const [action, ...more] = actionsOf(`${REQUIRE}${script}`, octetsOf(MAIL))
      assert.ok(action?.kind === 'store' && action.create === true && more.length === 0, script)
    }
    assert.throws(() => parseScript('if header :comparator "i;ascii-numeric" "a" "b" { keep; }'), /needs require/)
  })

  it('RFC 6131, RFC 5490, RFC 8579: tags of vacation and fileinto', () => {
    const [vacation, store] = actionsOf(
      `${REQUIRE}vacation :seconds 90 "away"; fileinto :create :specialuse "\\\\Archive" "Old";`,
      octetsOf(MAIL),
    )
    assert.equal(vacation?.kind === 'vacation' && vacation.seconds, 90)
    assert.deepEqual(store, {
      kind: 'store',
      mailbox: 'Old',
      flags: [],
      create: true,
      specialUse: '\\Archive',
      octets: undefined,
    })
  })

  it('RFC 5436 2: what a notification says', () => {
    const uri =
      'mailto:a@example.org,b@example.org?cc=c@example.org&subject=S%20x&body=B&x-y=1&from=evil@example.org&date=1'
    const [notify] = actionsOf(
      `${REQUIRE}notify :importance "1" :message "M" "${uri}"; notify "${uri}";`,
      octetsOf(MAIL),
    )
    assert.deepEqual(notify, {
      kind: 'notify',
      from: undefined,
      to: ['a@example.org', 'b@example.org'],
      cc: ['c@example.org'],
      subject: 'M',
      body: 'B',
      fields: [['X-y', '1']],
      importance: '1',
    })
  })

  it('RFC 7352 3: remembered under handle and id; :last begins anew', () => {
    const asked: string[] = []
    const script = 'if duplicate :handle "h" :uniqueid "u" :seconds 60 { discard; } if duplicate :last { stop; }'
    const isRemembered = (what: string): boolean => asked.push(what) > 1
    assert.deepEqual(outcomeOf(REQUIRE + script, octetsOf(MAIL), { isRemembered }).remember, [
      { what: asked[0], seconds: 60, renew: false },
      { what: asked[1], seconds: 604_800, renew: true },
    ])
    assert.notEqual(asked[0], asked[1])
    assert.throws(() => outcomeOf(REQUIRE + script, octetsOf(MAIL), { isRemembered: () => undefined }), NotKnown)
  })

  it('RFC 5293: the message is changed for tests and actions that follow', () => {
    const actions = actionsOf(
      `${REQUIRE}fileinto "before"; addheader "X-New" "a\u0308\r\nBcc: x"; deleteheader "X-Twice"; deleteheader "Received";
       if allof (exists "X-New", not exists "X-Twice") { redirect :copy "a@example.org"; }`,
      octetsOf(MAIL),
    )
    const texts = actions.map((action) => 'octets' in action && action.octets?.toString('latin1'))
    const changed = octetsOf(MAIL)
      .toString()
      .replace(/X-Twice: .*\r\n/g, '')
    assert.equal(texts[0], undefined)
    assert.match(String(texts[1]), /^X-New: =\?utf-8\?B\?YcyI\?= Bcc: x\r\nReceived: from a/)
    assert.ok(String(texts[1]).endsWith(changed))
  })

  it('RFC 5293: not where a setting says so', () => {
    assert.throws(() => parseScript('require "editheader";', new Set(['editheader'])), /editheader is not built/)
    const asked = 'require "ihave"; if ihave "editheader" { addheader "x" "y"; }'
    assert.equal(parseScript(asked, new Set(['editheader'])).required.has('editheader'), false)
  })

  it('RFC 5703: values of parameters and parts', () => {
    const message = MAIL.replace(
      'X-Num',
      "Content-Type: Text/Plain; charset=utf-8; name*=utf-8''%c3%a4.txt\nContent-Disposition: attachment; filename=a.exe\nX-Num",
    )
    for (const test of [
      'header :mime :type "Content-Type" "text"',
      'header :mime :contenttype "Content-Type" "text/plain"',
      'header :mime :param ["NAME", "other"] "Content-Type" "\u00e4.txt"',
      'header :mime :anychild :param "filename" :matches ["Content-Type", "Content-Disposition"] "*.exe"',
      'not header :mime :param "none" :contains "Content-Type" ""',
    ])
      assert.ok(holds(test, {}, message), test)
    assert.equal(said('foreverypart { extracttext :first 3 "v"; }'), 'tex')
    assert.throws(() => parseScript(`${REQUIRE}extracttext "v";`.replace('"ihave",', '')), /in no foreverypart/)
    assert.throws(
      () => parseScript(`${REQUIRE}foreverypart { break :name "x"; }`.replace('"ihave",', '')),
      /no foreverypart x/,
    )
    assert.throws(
      () => parseScript(`${REQUIRE}if header :type "a" "b" { keep; }`.replace('"ihave",', '')),
      /without :mime/,
    )
  })

  describe('RFC 6609: include', () => {
    const scripts: Readonly<Record<string, string>> = {
      'personal set':
        'require ["variables", "include"]; global "g"; set "g" "global"; set "own" "theirs"; set "global.x" "y";',
      'personal return': 'require "include"; if true { return; } discard; stop;',
      'global stop': 'stop;',
      'personal self': 'require "include"; include "self";',
      'personal once': 'require ["include", "fileinto"]; fileinto "once"; include :once "once2";',
      'personal once2': 'require ["include", "variables"]; global "n"; set "n" "${n}x";',
      'personal wrong': 'nonsense;',
    }
    const script = ({ location, name }: Included) => {
      const text = scripts[`${location} ${name}`]
      try {
        return text === undefined ? undefined : parseScript(text)
      } catch (error) {
        return error instanceof Error ? error : undefined
      }
    }
    const run = (text: string): string =>
      actionsOf(REQUIRE + text, octetsOf(MAIL), { script })
        .map((action) => (action.kind === 'store' ? (action.mailbox ?? 'INBOX') : action.kind))
        .join()

    it('has variables of its own, and shares those that are global', () => {
      assert.equal(
        run('global "g"; set "own" "ours"; include "set"; fileinto "${g} ${own} ${global.x}";'),
        'global ours y',
      )
    })
    it('return ends the included script, stop everything', () => {
      assert.equal(run('include "return"; fileinto "after";'), 'after')
      assert.equal(run('include :global "stop"; discard;'), 'INBOX')
    })
    it(':once, :optional, and what cannot be', () => {
      assert.equal(
        run('global "n"; include "once"; include :once "once2"; include "once2"; fileinto "${n}";'),
        'once,xx',
      )
      assert.equal(run('include :optional "missing"; discard;'), '')
      assert.throws(() => run('include "missing";'), /no personal script missing/)
      assert.throws(() => run('include "self";'), /includes itself/)
      assert.throws(() => run('include "wrong";'), /no command nonsense/)
    })
    it('what scripts it needs is known before it runs', () => {
      assert.deepEqual(parseScript(`${REQUIRE}if true { include :global "a"; } include "b";`).includes, [
        { location: 'global', name: 'a' },
        { location: 'personal', name: 'b' },
      ])
    })
  })

  describe('RFC 5463: ihave', () => {
    const run = (text: string): number => actionsOf(`require "ihave"; ${text}`, octetsOf(MAIL)).length
    it('what is there need not be required', () => {
      assert.equal(run('if ihave ["fileinto", "mailbox"] { fileinto :create "x"; } else { discard; }'), 1)
    })
    it('what is not there is no mistake before it runs', () => {
      const text = 'if ihave "x" { xcommand :tag ["a"] 5 (xtest "b") { xother; } } else { discard; }'
      assert.equal(run(text), 0)
      assert.throws(() => run(text.replace('ihave "x"', 'true')), /no command xcommand/)
      assert.throws(() => run('if xtest :x "y" { keep; }'), /no test xtest/)
    })
    it('error ends the script with its text', () => assert.throws(() => run('error "so it is";'), /so it is/))
  })
})

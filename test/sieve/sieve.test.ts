// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the references of RFC 5229
import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Action } from '../../lib/sieve/action'
import { createBudget } from '../../lib/sieve/budget'
import { wildcards } from '../../lib/sieve/compare/wildcards'
import { parseScript } from '../../lib/sieve/parse'
import { actionsOf } from './world'

/** The messages of RFC 5228 9. */
const A = `From: coyote@desert.example.org
To: roadrunner@acme.example.com
Subject: I have a present for you

Look, I'm sorry about the whole anvil thing, and I really
didn't mean to try and drop it on you from the top of the
cliff.
`
const B = `From: youcouldberich!@reply-by-postal-mail.invalid
Sender: b1ff@de.res.example.com
To: rube@landru.example.com
Date:  Mon, 31 Mar 1997 18:26:10 -0800
Subject: $$$ YOU, TOO, CAN BE A MILLIONAIRE! $$$

YOU MAY HAVE ALREADY WON TEN MILLION DOLLARS, BUT I DOUBT
IT!
`

function run(script: string, message = A, envelope = { from: 's@example.net', to: 'me@example.org' }): string {
  const octets = Buffer.from(message.replace(/\r?\n/g, '\r\n'))
  const shown = (action: Action): string => {
    switch (action.kind) {
      case 'store':
        return `${action.mailbox ?? 'INBOX'}${action.flags.length > 0 ? ` (${action.flags.join(' ')})` : ''}`
      case 'redirect':
        return `>${action.address}`
      case 'reject':
        return `reject ${action.reason.trim()}`
      case 'notify':
        return `notify ${action.to.join()}`
      case 'vacation':
        return `vacation ${action.seconds / 86_400} ${action.subject ?? '-'} ${action.reason.trim()}`
    }
  }
  return actionsOf(script, octets, { envelope }).map(shown).join(', ')
}

const HTML = 'Content-Type: text/html\n\n<p>hello</p>\n'

describe('Sieve', () => {
  for (const [rule, script, message, expected] of [
    ['RFC 5228 2.10.2: implicit keep', '', A, 'INBOX'],
    [
      'RFC 5228 3.1',
      'require "fileinto"; if header :contains "from" "coyote" { discard; } elsif header :contains ["subject"] ["$$$"] { discard; } else { fileinto "INBOX"; }',
      A,
      '',
    ],
    [
      'RFC 5228 3.1, B',
      'require "fileinto"; if header :contains ["from"] ["coyote"] { redirect "acm@example.com"; } elsif header :contains "Subject" "$$$" { redirect "postmaster@example.com"; } else { redirect "field@example.com"; }',
      B,
      '>postmaster@example.com',
    ],
    [
      'RFC 5228 4.1',
      'require "fileinto"; if header :contains ["from"] "coyote" { fileinto "INBOX.harassment"; }',
      A,
      'INBOX.harassment',
    ],
    ['RFC 5228 5.1', 'if address :is :all "from" "coyote@desert.example.org" { discard; }', A, ''],
    ['RFC 5228 2.7.4', 'if address :domain :is "From" "DESERT.example.org" { discard; }', A, ''],
    ['RFC 5228 2.7.4, local part', 'if address :localpart "from" "coyote" { discard; }', A, ''],
    ['RFC 5228 5.4', 'require "envelope"; if envelope :all :is "from" "s@example.net" { discard; }', A, ''],
    ['RFC 5228 5.5', 'if not exists ["From","Date"] { discard; }', A, ''],
    [
      'RFC 5228 5.9',
      'if size :over 1M { discard; } elsif size :under 1K { keep; stop; } redirect "a@b.c";',
      A,
      'INBOX',
    ],
    ['RFC 5228 5.2, 5.3', 'if allof (not false, anyof (false, true)) { discard; }', A, ''],
    [
      'RFC 5228 2.7.3: i;octet',
      'if header :comparator "i;octet" :contains "subject" "PRESENT" { discard; }',
      A,
      'INBOX',
    ],
    ['RFC 5228 2.10.3', 'require "fileinto"; fileinto "x"; fileinto "x"; keep;', A, 'x, INBOX'],
    [
      'RFC 5228 2.4.2.4',
      'require ["encoded-character","fileinto"]; if header :contains "subject" "${hex:24 24}" { fileinto "${unicode:24}${hex: 41}"; }',
      B,
      '$A',
    ],
    [
      'RFC 5228 2.4.2.4: any number of digits, in any case; what is no hex pair is text',
      'require ["encoded-character","fileinto"]; fileinto "${UnICoDE:0000040}${unicode: 0001F600 }${HEX: 4 41}${hex:123}${hex:}";',
      A,
      '@\u{1f600}\u0004A${hex:123}${hex:}',
    ],
    [
      'RFC 5229 3: numbers with zeros before them; with none of that number nothing',
      'require ["fileinto","variables"]; if header :matches "Subject" "I * a *" { fileinto "${01} ${0000002} ${7}."; }',
      A,
      'have present for you .',
    ],
    [
      'RFC 5232 3.1: a variable of flags is a variable',
      'require ["imap4flags","fileinto","variables"]; setflag "flagvar" "\\\\Flagged"; fileinto :flags "${flagvar}" "Boss";',
      A,
      'Boss (\\Flagged)',
    ],
    [
      'RFC 5232 3: what `set` has set holds flags',
      'require ["imap4flags","fileinto","variables"]; set "f" "\\\\Seen $y"; if hasflag "F" "$Y" { addflag "f" ["$x", "\\\\seen"]; removeflag "f" "$y"; fileinto :flags "${f}" "x.${f}"; }',
      A,
      'x.\\Seen $x (\\Seen $x)',
    ],
    [
      'RFC 5232 2: flags are told apart without case, and those that cannot be set are left out',
      'require "imap4flags"; keep :flags ["\\\\seen \\\\Seen", "\\\\Recent", "\\\\Foo", "a", "A"];',
      A,
      'INBOX (\\seen a)',
    ],
    ['RFC 5228 8.2: no command', '', A, 'INBOX'],
    ['a BOM is no text', '\ufeffdiscard;', A, ''],
    [
      'RFC 5228 2.4.2: lines of text: and of "" are the same, whatever ends them',
      'require "variables"; set "a" text:\na\n..b\n.\n; if string "${a}" "a\n.b\r\n" { discard; }',
      A,
      '',
    ],
    [
      'a value that is no address is compared as a whole',
      'if address :is "cc" "no address" { discard; }',
      'Cc: no address\n\n',
      '',
    ],
    ['but has no domain', 'if address :domain :contains "cc" "" { discard; }', 'Cc: no address\n\n', 'INBOX'],
    [
      'RFC 5322 2.2.3: blanks of a fold are one blank',
      'if header "subject" "one two three" { discard; }',
      'Subject: one\n\ttwo \n   three\n\n',
      '',
    ],
    [
      'RFC 5228 9',
      `# Example Sieve Filter
require ["fileinto", "reject"];
if size :over 1M { reject text:
Please do not send me large attachments.
Put your file on a server and send me the URL.
..Thank you.
.
 ; stop; }
if header :is "Sender" "owner-ietf-mta-filters@imc.org" { fileinto "filter"; }
elsif address :DOMAIN :is ["From", "To"] "example.com" { keep; }
elsif anyof (NOT address :all :contains ["To", "Cc", "Bcc"] "me@example.com",
             header :matches "subject" ["*make*money*fast*", "*university*dipl*mas*"]) { fileinto "spam"; }
else { fileinto "personal"; }`,
      B,
      'spam',
    ],
    [
      'RFC 3894',
      'require ["copy","fileinto"]; fileinto :copy "incoming"; redirect :copy "a@b.c";',
      A,
      'incoming, >a@b.c, INBOX',
    ],
    [
      'RFC 5232 3',
      'require "imap4flags"; addflag "\\\\Deleted"; addflag ["\\\\Flagged \\\\Seen", "$Work"]; removeflag "\\\\deleted"; keep;',
      A,
      'INBOX (\\Flagged \\Seen $Work)',
    ],
    ['RFC 5232 5', 'require ["imap4flags","fileinto"]; fileinto :flags ["\\\\Seen","a b"] "x";', A, 'x (\\Seen a b)'],
    ['RFC 5232 4', 'require ["imap4flags"]; setflag "one two"; if hasflag :contains "tw" { discard; }', A, ''],
    [
      'RFC 5228 2.4.2.3',
      'redirect "\\"F. J.\\" Foo (x) <foo@b.c>"; redirect "b (y) <\u00e4@b.c>";',
      A,
      '>foo@b.c, >\u00e4@b.c',
    ],
    ['RFC 5173 5', 'require "body"; if body :contains "ANVIL" { discard; }', A, ''],
    ['RFC 5173 5.2', 'require "body"; if body :content "text/html" :contains "anvil" { discard; }', A, 'INBOX'],
    ['RFC 5173 5.1', 'require "body"; if body :raw :matches "*cliff*" { discard; }', A, ''],
    [
      'RFC 5229 3.2',
      'require ["fileinto","variables"]; if header :matches "List-ID" "*<*@*" { fileinto "INBOX.lists.${2}"; } elsif header :matches "Subject" "I have a * for ?*" { fileinto "${1}-${2}${3}"; }',
      A,
      'present-you',
    ],
    [
      'RFC 5229 4',
      'require ["variables","fileinto"]; set "a" "juMBlEd lETteRS"; set :lower :upperfirst "B" "${a}"; set :length "c" "${b}"; fileinto "${b} ${C} ${none}.";',
      A,
      'Jumbled letters 15 .',
    ],
    ['RFC 5229 5', 'require "variables"; set "x" "${1}y"; if string :is "${x}" "y" { discard; }', A, ''],
    ['RFC 5429 2', 'require "reject"; if header :contains "from" "coyote" { reject "no"; }', A, 'reject no'],
    [
      'RFC 5230 4',
      'require "vacation"; vacation :days 23 :subject "away" "I am away";',
      A,
      'vacation 23 away I am away, INBOX',
    ],
    [
      'RFC 5229 4.1.3: only letters of US-ASCII',
      'require ["variables","fileinto"]; set :upper "v" "gr\u00fcn"; fileinto "${v}";',
      A,
      'GR\u00fcN',
    ],
    [
      'RFC 5173 5.2: HTML as it is',
      'require "body"; if body :content "text/html" :contains "<p>" { discard; }',
      HTML,
      '',
    ],
    ['RFC 5173 5.3: HTML as it is read', 'require "body"; if body :text :contains "<p>" { discard; }', HTML, 'INBOX'],
    [
      'RFC 5173 6: no variable holds what a body matched',
      'require ["body","variables","fileinto"]; if body :raw :matches "*" { fileinto "x${0}"; }',
      A,
      'x',
    ],
  ] as const) {
    it(`${rule}: ${expected || 'discarded'}`, () => assert.equal(run(script, message), expected))
  }

  for (const [script, why] of [
    ['fileinto "x";', /line 1: fileinto needs require "fileinto"/],
    ['require "nothing";', /the extension nothing is not built/],
    ['keep; require "fileinto";', /require must come first/],
    ['\n\nif true { keep }', /line 3: expected ;/],
    ['else { keep; }', /else without if/],
    ['if header :is :contains "a" "b" { keep; }', /only one of :is :contains :matches/],
    ['if header :comparator "x" "a" "b" { keep; }', /no comparator x/],
    ['if size 1 { keep; }', /:over or :under/],
    ['redirect 5;', /redirect takes a string/],
    ['keep; }', /a } too many/],
    ['redirect "unended;', /is not expected here/],
    ['if address "subject" "x" { keep; }', /subject is no field of addresses/],
    ['require "variables"; redirect "${env.x}";', /the namespace of \$\{env\.x\} is not built/],
    ['require "encoded-character"; redirect "${unicode:D801}";', /D801 is no character/],
    ['require "encoded-character"; redirect "${unicode:41 00110000}";', /00110000 is no character/],
    ['require "imap4flags"; addflag "x" "y";', /with a variable needs require "variables"/],
    ['require "envelope"; if envelope "helo" "x" { keep; }', /no part helo/],
    ['constructor;', /there is no command constructor/],
    ['if toString { keep; }', /there is no test tostring/],
    [`${'if true { '.repeat(30)}keep;${'}'.repeat(30)}`, /too deep/],
    ['x'.repeat(300_000), /at most/],
  ] as const) {
    it(`refuses ${script.slice(0, 40).trim()}`, () => assert.throws(() => parseScript(script), why))
  }

  it('what goes wrong at run time throws, so that the message is kept', () => {
    assert.throws(() => run('require ["reject","fileinto"]; fileinto "x"; reject "y";'), /reject beside/)
    for (const wrong of ['nonsense', 'a@b.c, d@e.f', 'A <a@b.c>, B <d@e.f>', 'A <a>', 'A <a@b c>', '<>', 'A: a@b.c;'])
      assert.throws(() => run(`redirect "${wrong}";`), /no address/, wrong)
    assert.throws(
      () => run(Array.from({ length: 5 }, (_one, i) => `redirect "a${i}@b.c";`).join('')),
      /too many redirects/,
    )
    const variable = 'require ["envelope","variables"]; set "p" "helo"; if envelope "${p}" "x" { keep; }'
    assert.throws(() => run(variable), /no part helo/)
  })

  it(':matches agrees with a regular expression, in steps that grow with the value alone', () => {
    const letters = fc.array(fc.constantFrom('a', 'b', 'B', '*', '?', '\\*', '\u{1f600}'), { maxLength: 8 })
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', 'A', '*', '\u{1f600}'), { maxLength: 12 }),
        letters,
        (value, pattern) => {
          const source = pattern.map((one) =>
            one === '*' ? '([\\s\\S]*?)' : one === '?' ? '([\\s\\S])' : one === '\\*' ? '\\*' : one,
          )
          const expected = new RegExp(`^${source.join('')}$`, 'iu').exec(value.join(''))
          const text = value.join('').toLowerCase()
          const places = wildcards(text, pattern.join('').toLowerCase(), createBudget())
          const got = places?.map(([from, to]) => text.slice(from, to))
          assert.deepEqual(
            got,
            expected?.slice(1).map((one) => one.toLowerCase()),
          )
        },
      ),
      { numRuns: 500 },
    )
    assert.equal(wildcards('a'.repeat(100_000), '*a*a*a*a*a*a*a*a*b', createBudget(20_000)), undefined)
  })

  it('any text is a script or a mistake with its line; any script of words runs or throws an Error', () => {
    const words = fc.constantFrom(
      'if',
      'true',
      'not',
      '{',
      '}',
      ';',
      '(',
      ')',
      ',',
      '"a"',
      '["a","b"]',
      ':is',
      'header',
      'keep',
      'discard',
      '5K',
      '#x\n',
      'text:\na\n.\n',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(words, { maxLength: 30 }).map((list) => list.join(' ')),
        ),
        (text) => {
          try {
            run(text)
          } catch (error) {
            assert.ok(
              error instanceof Error && !(error instanceof TypeError) && !(error instanceof RangeError),
              String(error),
            )
          }
        },
      ),
      { numRuns: Number(process.env.MAILBOX_LONG ? 1_000_000 : 1000) },
    )
  })
})

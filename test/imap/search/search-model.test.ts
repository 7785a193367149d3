import assert from 'node:assert/strict'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import { describe, it } from 'mocha'
import { type Kit, kitOrSkip, Wire } from '../../kit'
import { DRIVERS } from '../../stores'

/**
 * SEARCH against a slow model: random messages are made from what they say, written in one of the many ways of mail, and random
 * programs are answered by IMAP and from what the messages say.
 */

const WORDS = ['quokka', 'Wombat', 'Größe', 'NAÏVE', 'Привет', '日本', 'Ελλάς', 'numbat', 'a', 'bo']
const word = fc.constantFrom(...WORDS)
const words = fc.array(word, { minLength: 1, maxLength: 4 })

/** What one message says; `fields` are those of its parts and of messages inside. */
interface Said {
  readonly subject: string
  readonly from: string
  readonly name: string
  readonly fields: readonly string[]
  readonly texts: readonly string[]
}

/** How it is written; numbers choose. */
type Dice = () => number

const hex = (octets: Buffer, mark: string): string =>
  [...octets].map((octet) => `${mark}${octet.toString(16).toUpperCase().padStart(2, '0')}`).join('')

/** Charsets that have these characters. */
function charsetFor(text: string, dice: Dice): string {
  const fit = ['utf-8', 'gb18030', 'koi8-r', 'iso-8859-1', 'iso-8859-7', 'shift_jis'].filter(
    (charset) => iconv.decode(iconv.encode(text, charset), charset) === text,
  )
  return fit[dice() % fit.length] ?? 'utf-8'
}

/** An unstructured field: words one by one or together, folded with blanks and tabs. */
function field(text: string, dice: Dice): string {
  const fold = (): string => [' ', '\r\n ', '\r\n\t', '  ', ' \t'][dice() % 5] ?? ' '
  if (/^[\x00-\x7f]*$/.test(text)) return text.replace(/ /g, fold)
  const charset = charsetFor(text, dice)
  const octets = iconv.encode(text, charset)
  if (dice() % 2) return `=?${charset}?Q?${hex(octets, '=')}?=`
  // Cut anywhere, also within a character.
  const cut = dice() % (octets.length + 1)
  return [octets.subarray(0, cut), octets.subarray(cut)]
    .map((piece) => `=?${charset}?B?${piece.toString('base64')}?=`)
    .join(fold())
}

function parameter(name: string, value: string, dice: Dice): string {
  const octets = Buffer.from(value)
  switch (dice() % 4) {
    case 0:
      return `${name}*=utf-8''${hex(octets, '%')}`
    case 1:
      return `${name}*1*=${hex(octets.subarray(3), '%')};\r\n ${name}*0*=utf-8''${hex(octets.subarray(0, 3), '%')}`
    case 2:
      return `${name}="=?utf-8?B?${octets.toString('base64')}?="`
    default:
      return `${name}="${octets.toString('latin1')}"`
  }
}

/** Header lines and body of a text, latin1. */
function textPart(text: string, dice: Dice): readonly string[] {
  const charset = charsetFor(text, dice)
  const octets = iconv.encode(text, charset)
  const type = `Content-Type: text/plain; ${dice() % 2 ? `charset="${charset}"` : `charset*0*=us-ascii''${hex(Buffer.from(charset), '%')}`}`
  switch (dice() % 3) {
    case 0:
      return [type, 'Content-Transfer-Encoding: base64', '', octets.toString('base64').replace(/.{9}/g, '$&\r\n')]
    case 1:
      return [
        type,
        'Content-Transfer-Encoding: quoted-printable',
        '',
        hex(octets, '=').replace(/(?:=..){8}/g, '$&= \r\n'),
      ]
    default:
      return [type, 'Content-Transfer-Encoding: 8bit', '', octets.toString('latin1')]
  }
}

function written({ subject, from, name, fields, texts }: Said, dice: Dice): Buffer {
  const head = [
    `From: ${/^[\x00-\x7f]*$/.test(name) ? `"${name}"` : field(name, dice)} <${from.replace('@', dice() % 2 ? '@' : ' @ ')}>`,
  ]
  head.push(`Subject: ${field(subject, dice)}`)
  const boundary = dice() % 2 ? 'boundary=b_1' : "boundary*1*=_1;\r\n boundary*0*=us-ascii''b"
  const [first = '', ...others] = texts
  const parts = others.map((text) =>
    dice() % 2
      ? ['Content-Type: message/rfc822', '', ...textPart(text, dice)]
      : ['Content-Type: message/delivery-status', '', `Diagnostic: ${Buffer.from(text).toString('latin1')}`],
  )
  for (const value of fields) {
    if (dice() % 2) parts.push(['Content-Type: message/rfc822', '', `Subject: ${field(value, dice)}`, '', '-'])
    else
      parts.push([
        'Content-Type: a/b',
        `Content-Disposition: attachment;\r\n ${parameter('filename', value, dice)}`,
        '',
        'quokka',
      ])
  }
  if (parts.length === 0) return Buffer.from([...head, ...textPart(first, dice), ''].join('\r\n'), 'latin1')
  const body = [textPart(first, dice), ...parts].flatMap((part) => ['--b_1', ...part])
  return Buffer.from(
    [...head, `Content-Type: multipart/mixed; ${boundary}`, '', ...body, '--b_1--', ''].join('\r\n'),
    'latin1',
  )
}

type Program =
  | { readonly key: 'SUBJECT' | 'FROM' | 'TEXT' | 'BODY'; readonly text: string }
  | { readonly key: 'NOT'; readonly of: Program }
  | { readonly key: 'OR' | 'AND'; readonly of: readonly [Program, Program] }

/** i;unicode-casemap for these words, in other terms than the server's. */
const plain = (text: string): string => [...text.normalize('NFD')].map((character) => character.toUpperCase()).join('')
const has = (text: string, part: string): boolean => plain(text).includes(plain(part))

function meant(program: Program, said: Said, revision: 'rev1' | 'rev2'): boolean {
  switch (program.key) {
    case 'NOT':
      return !meant(program.of, said, revision)
    case 'AND':
      return program.of.every((one) => meant(one, said, revision))
    case 'OR':
      return program.of.some((one) => meant(one, said, revision))
    case 'SUBJECT':
      return has(said.subject, program.text)
    case 'FROM':
      return has(said.from, program.text) || has(said.name, program.text)
    case 'BODY':
      return [...said.texts, ...(revision === 'rev1' ? said.fields : [])].some((text) => has(text, program.text))
    case 'TEXT':
      return [said.subject, said.from, said.name, ...said.fields, ...said.texts].some((text) => has(text, program.text))
  }
}

const literal = (text: string): string => `{${Buffer.byteLength(text)}+}\r\n${Buffer.from(text).toString('latin1')}`
function spoken(program: Program): string {
  switch (program.key) {
    case 'NOT':
      return `NOT ${spoken(program.of)}`
    case 'AND':
      return `(${program.of.map(spoken).join(' ')})`
    case 'OR':
      return `OR ${program.of.map(spoken).join(' ')}`
    default:
      return `${program.key} ${literal(program.text)}`
  }
}

const said = fc.record<Said>({
  subject: words.map((some) => some.join(' ')),
  from: word.map((one) => `${/^[a-z]+$/.test(one) ? one : 'user'}@wombat.example`),
  name: words.map((some) => some.join(' ')),
  fields: fc.array(
    words.map((some) => some.join(' ')),
    { maxLength: 2 },
  ),
  texts: fc.array(
    words.map((some) => some.join(' ')),
    { minLength: 1, maxLength: 3 },
  ),
})
/** Words that are in no name of a field or type, so that the model needs none. */
const asked = fc.oneof(
  fc.tuple(word, word).map(([a, b]) => `${a} ${b}`),
  word.filter((one) => one.length > 3).map((one) => one.slice(1, 4)),
  word.filter((one) => one.length > 2),
  fc.constantFrom('QUOKKA', 'größe', 'привет', 'ΕΛΛΆΣ', '本', 'wombat.example'),
)
const { program } = fc.letrec<{ program: Program }>((tie) => ({
  program: fc.oneof(
    { maxDepth: 3 },
    fc.record({ key: fc.constantFrom('SUBJECT', 'FROM', 'TEXT', 'BODY'), text: asked }),
    tie('program').map((of): Program => ({ key: 'NOT', of })),
    fc
      .tuple(fc.constantFrom('OR', 'AND'), tie('program'), tie('program'))
      .map(([key, a, b]): Program => ({ key, of: [a, b] })),
  ),
}))

for (const driver of DRIVERS) {
  describe(`SEARCH, compared with a slow model, on ${driver}`, () => {
    let kit: Kit
    let accounts = 0
    before(async function () {
      const made = await kitOrSkip(driver)
      if (made) kit = made
      else this.skip()
    })
    after(() => kit?.close())

    it('finds the messages that say so, and no others', async function () {
      this.timeout(120_000)
      const mailbox = fc.array(fc.tuple(said, fc.array(fc.nat(1000), { minLength: 40, maxLength: 40 })), {
        minLength: 1,
        maxLength: 12,
      })
      await fc.assert(
        fc.asyncProperty(mailbox, fc.array(program, { minLength: 1, maxLength: 25 }), async (messages, programs) => {
          const name = `model${++accounts}`
          await kit.account(name)
          const wire = new Wire(kit.imap)
          try {
            wire.send(`a LOGIN ${name} pass\r\n`)
            const octets = messages.map(([one, numbers]) => {
              let at = 0
              return written(one, () => numbers[at++ % numbers.length] ?? 0)
            })
            for (const one of octets) {
              wire.send(`b APPEND INBOX {${one.length}+}\r\n`)
              wire.send(one)
              wire.send('\r\n')
            }
            for (const revision of ['rev1', 'rev2'] as const) {
              wire.send(`${revision === 'rev2' ? 'e ENABLE IMAP4rev2\r\n' : ''}s SELECT INBOX\r\n`)
              await wire.until(/^s OK.*\r\n/m)
              for (const one of programs) {
                wire.send(`c SEARCH RETURN (ALL) CHARSET UTF-8 ${spoken(one)}\r\n`)
                const answer = await wire.until(/^c .*\r\n/m)
                assert.match(answer, /^c OK/m, answer)
                const found = new Set<number>()
                for (const [, low, high = low] of (/ALL ([\d:,]+)/.exec(answer)?.[1] ?? '').matchAll(
                  /(\d+)(?::(\d+))?/g,
                ))
                  for (let seq = Number(low); seq <= Number(high); seq++) found.add(seq)
                for (const [index, [what]] of messages.entries()) {
                  assert.equal(
                    found.has(index + 1),
                    meant(one, what, revision),
                    `${revision} ${JSON.stringify(one)} in ${JSON.stringify(what)}:\n${octets[index]?.toString('latin1')}`,
                  )
                }
              }
            }
          } finally {
            wire.close()
          }
        }),
        { numRuns: process.env.MAILBOX_LONG ? 300 : 15 },
      )
    })
  })
}

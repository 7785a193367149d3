import assert from 'node:assert/strict'
import type { MailRoom } from '../../lib/mailbox/mailbox'
import { find } from '../../lib/mailbox/search/find'
import { indexSome } from '../../lib/mailbox/texts/index-some'
import { prepare } from '../../lib/mime/prepare'
import { askedOf } from '../../lib/search/asked'
import { fuzzy } from '../../lib/search/fuzzy'
import type { SearchKey } from '../../lib/search/key'
import type { Store } from '../../lib/store/store'
import type { TextBuilder } from '../../lib/store/texts'
import { fold } from '../../lib/terms/casemap'
import { NO_FLAGS } from '../../lib/terms/flags'
import type { AccountId } from '../../lib/terms/names'
import { uid } from '../../lib/terms/numbers'
import { randomFrom, SEED } from '../random'
import { DRIVERS, storeOrSkip, type TestStore } from '../stores'
import { mailOf, roomOver, value } from './room'

const NOW = 1_800_000_000_000
const MESSAGES = process.env.MAILBOX_LONG ? 3000 : 120
const PROGRAMS = process.env.MAILBOX_LONG ? 5000 : 30

const below = randomFrom(SEED)
const pick = <T>(items: readonly [T, ...T[]]): T => items[below(items.length)] ?? items[0]

/** Words that meet in parts, in many scripts, cases and forms. */
const WORDS = [
  ...[
    'walnut',
    'Walnut',
    'walrus',
    'nut',
    'WAL',
    'straße',
    'STRASSE',
    'Éclair',
    'e\u0301clair',
    'ﬁsh',
    'fish',
    'ǆungla',
    'Ǆungla',
  ],
  ...[
    '東京',
    '京都',
    '東京都',
    'がく',
    'か\u3099く',
    '한국어',
    '한국',
    'ไทย',
    'Ωμέγα',
    'ωμεγα',
    'Москва',
    'москву',
    '\u{1f600}\u{1f600}',
    'a\u0000b',
  ],
  ...[
    'x',
    'xy',
    '1.5',
    'invoice-2026_07',
    'ann@example.org',
    'q=3D',
    '=?utf-8?',
    '%41',
    '&amp;',
    'end\u00a0of',
    'ｆｕｌｌ',
    '①',
  ],
] as const
const word = (): string => pick(WORDS)
const words = (most: number, between = ' '): string => Array.from({ length: 1 + below(most) }, word).join(between)
const prose = (): string =>
  Array.from({ length: 1 + below(6) }, () => words(8, pick([' ', '  ', '\t', ' ']))).join('\r\n')

const encodedWord = (text: string): string => `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`
const spelled = (text: string): string =>
  pick([encodedWord(text), text.replace(/[^\x20-\x7e]/g, ''), text.split(' ').map(encodedWord).join('\r\n '), text])

function encoded(text: string): [encoding: string, body: string] {
  const octets = Buffer.from(text)
  const quoted = [...octets].map((octet) => `=${octet.toString(16).toUpperCase().padStart(2, '0')}`)
  return pick<[string, string]>([
    ['8bit', text],
    ['base64', octets.toString('base64').replace(/.{76}/g, '$&\r\n')],
    ['quoted-printable', quoted.join('').replace(/.{72}/g, '$&=\r\n')],
  ])
}

function leaf(): string {
  const [encoding, body] = encoded(
    pick([prose, () => `<p>${words(5)}<b>${word()}</b>${word()}<!-- ${word()} --></p>`])(),
  )
  const type = pick(['text/plain; charset=utf-8', 'text/html; charset=utf-8', 'text/plain', 'application/pdf'])
  const name = below(3) === 0 ? `\r\nContent-Disposition: attachment; filename="${spelled(word())}"` : ''
  return `Content-Type: ${type}${name}\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${body}`
}

function entity(depth: number): string {
  const kind = depth === 0 ? 0 : below(5)
  if (kind === 1) {
    const parts = Array.from({ length: 1 + below(3) }, () => `--b${depth}\r\n${entity(depth - 1)}\r\n`)
    return `Content-Type: multipart/mixed; boundary=b${depth}\r\n\r\n${words(3)}\r\n${parts.join('')}--b${depth}--\r\n`
  }
  if (kind === 2) {
    const inner = `Subject: ${spelled(words(4))}\r\n${entity(depth - 1)}`
    return below(2) === 0
      ? `Content-Type: message/rfc822\r\n\r\n${inner}`
      : `Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.from(inner).toString('base64')}`
  }
  return leaf()
}

const message = (): Buffer =>
  Buffer.from(
    [
      `From: ${spelled(words(2))} <${pick(['ann', 'bob', 'walnut'])}@example.org>`,
      `To: ${spelled(word())} <list@example.org>, ann@example.org`,
      ...(below(2) === 0 ? [`Cc: ${spelled(word())} <c@example.net>`] : []),
      `Subject: ${spelled(words(5, pick([' ', '  ', '\r\n '])))}`,
      `X-Note: ${spelled(words(6))}`,
      entity(2),
    ].join('\r\n'),
  )

/** Something that may stand there, or nearly. */
function needle(): string {
  const text = pick([word, () => words(2), () => `${word()} ${word()}`, () => `${word()}  ${word()}`])()
  const folded = fold(text)
  const from = below(folded.length)
  return pick([folded, folded.slice(from), folded.slice(0, 1 + from), folded.slice(from, from + 2)])
}

/** With a letter that is missing, or too many, or beside its place. */
function misspelled(text: string): string {
  const at = below(text.length)
  return pick([
    text.slice(0, at) + text.slice(at + 1),
    `${text.slice(0, at)}${pick(['A', 'N'])}${text.slice(at)}`,
    text.slice(0, at) +
      text
        .slice(at, at + 2)
        .split('')
        .reverse()
        .join('') +
      text.slice(at + 2),
  ])
}

const field = (): SearchKey =>
  pick<SearchKey>([
    { kind: 'field', field: pick(['subject', 'from', 'to', 'cc', 'bcc']), text: needle() },
    { kind: 'header', name: pick(['subject', 'from', 'to']), text: needle() },
  ])

function program(depth = 2): SearchKey {
  const text = needle()
  const leafs: [SearchKey, ...SearchKey[]] = [
    { kind: 'text', text },
    { kind: 'body', text, fields: pick(['too', 'not']) },
    { kind: 'field', field: pick(['subject', 'from', 'to', 'cc', 'bcc']), text },
    { kind: 'header', name: pick(['subject', 'from', 'x-note', 'content-type', 'to']), text },
  ]
  if (below(4) === 0) return fuzzy({ kind: 'or', keys: leafs.map((key) => ({ ...key, text: misspelled(text) })) })
  if (below(4) === 0) return fuzzy(pick(leafs))
  if (depth === 0 || below(2) === 0) return pick(leafs)
  if (below(3) === 0) return { kind: 'not', key: program(depth - 1) }
  const keys = Array.from({ length: 1 + below(3) }, () => program(depth - 1))
  return { kind: pick(['and', 'or']), keys }
}

for (const name of DRIVERS) {
  describe(`a search by the text index finds what a search of all mail finds: ${name}, seed ${SEED}`, function () {
    this.timeout(process.env.MAILBOX_LONG ? 1_200_000 : 300_000)
    let own: TestStore | undefined
    let store: Store
    let builder: TextBuilder
    let asking: MailRoom
    let reading: MailRoom
    let account: AccountId
    before(async function () {
      own = await storeOrSkip(name)
      if (!own) return this.skip()
      store = await own.open()
      const leading = await store.texts?.lead()
      if (!leading) return this.skip()
      builder = leading
      asking = roomOver(store)
      reading = roomOver(store, { settings: { indexTexts: false } })
      account = value(await store.accounts.create({ name: 'a@example.org', credentials: {} })).id
    })
    after(async () => {
      await builder?.release()
      await asking?.close()
      await reading?.close()
      await store?.close()
      await own?.remove()
    })

    async function append(mailbox: string, count: number): Promise<void> {
      const to = await store.mailboxes.find(account, mailbox)
      assert.ok(to)
      const messages = Array.from({ length: count }, message)
      const fresh = messages.map((bytes) => ({ bytes, prepared: prepare(bytes), flags: NO_FLAGS, internalDate: NOW }))
      value(await store.messages.append(account, to.id, fresh))
    }
    async function index(): Promise<void> {
      const parts = { messages: store.messages, pool: asking.pool, mostOctets: 4000 }
      while ((await indexSome(parts, builder, account)) > 0);
      while (await builder.removeGone());
    }
    const open = async (room: MailRoom, mailbox: string) => {
      const mail = mailOf(room, account)
      return { room, mail, view: value(await mail.open(mailbox, 'peek')) }
    }

    it('whatever is asked for, of mail that was indexed, was not, came, went and was moved', async () => {
      value(await store.mailboxes.create(account, 'Other'))
      await append('INBOX', MESSAGES)
      await index()
      await append('Other', MESSAGES / 10)
      await index()
      const inbox = await store.mailboxes.find(account, 'INBOX')
      const other = await store.mailboxes.find(account, 'Other')
      assert.ok(inbox && other)
      const some = (count: number) => Array.from({ length: count }, () => uid(1 + below(MESSAGES)))
      const sorted = (count: number) => [...new Set(some(count))].sort((a, b) => a - b)
      value(await store.messages.move(account, inbox.id, sorted(MESSAGES / 20), other.id))
      value(await store.messages.copy(account, inbox.id, sorted(MESSAGES / 20), other.id))
      value(await store.messages.expunge(account, inbox.id, sorted(MESSAGES / 10), { only: 'all' }))
      await index()
      await append('INBOX', MESSAGES / 20)
      const boxes = await Promise.all(
        ['INBOX', 'Other'].map(async (box) => [await open(asking, box), await open(reading, box)] as const),
      )
      let matched = 0
      let left = 0
      for (let nth = 0; nth < PROGRAMS; nth++) {
        const key = program()
        for (const [by, without] of boxes) {
          const scores = [new Map<number, number>(), new Map<number, number>()] as const
          const found = await find(by, key, NOW, { scores: scores[0] })
          assert.deepEqual(found, await find(without, key, NOW, { scores: scores[1] }), JSON.stringify(key))
          assert.deepEqual([...scores[0]].sort(), [...scores[1]].sort(), JSON.stringify(key))
          for (const score of scores[0].values()) assert.ok(Number.isInteger(score) && score >= 1 && score <= 100)
          matched += found.length
          left += by.view.exists - found.length
        }
      }
      assert.ok(matched > PROGRAMS && left > PROGRAMS, `${matched} found, ${left} not`)
      for (const { view } of boxes.flat()) view.close()
    })

    it('the index leaves out nobody of those that stored keys know too, and most of the others', async () => {
      const { mail, view } = await open(asking, 'INBOX')
      const without = await open(reading, 'INBOX')
      let left = 0
      for (let nth = 0; nth < PROGRAMS; nth++) {
        const key = field()
        const [asked] = askedOf(key)
        const uids = asked && (await mail.mayHave(view, asked.anyOf, 'messages'))
        const found = await find(without, key, NOW)
        for (const seq of found) assert.ok(uids?.includes(view.uidAt(seq)) !== false, JSON.stringify(key))
        if (uids) left += view.exists - uids.length
      }
      assert.ok(left > (PROGRAMS * view.exists) / 4, `${left} of ${PROGRAMS * view.exists}`)
      view.close()
      without.view.close()
    })
  })
}

import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { GramSet, gramsOf, type TextPlace } from '../../lib/search/text-grams'
import { askTexts } from '../../lib/store/sqlite/texts/ask'
import { createTextReader, openForBuilding } from '../../lib/store/sqlite/texts/file'
import { silentLog } from '../../lib/terms/ports'
import { fractionsFrom } from '../random'

/**
 * `npm run bench:texts [-- 100000 4000]`: the text index of SQLite alone, fed with so many made-up messages of so many octets: what
 * a message costs, what it takes on the disk, how long questions take.
 */
const MESSAGES = Number(process.argv[2] ?? 10_000)
const OCTETS = Number(process.argv[3] ?? 4000)
const BATCH = 50
const ACCOUNT = 7

const next = fractionsFrom(1)
const below = (limit: number): number => Math.floor(next() * limit)
const syllables =
  'ba be bi co ca de di do fa fe ga ge ha he in is ka la le li ma me mi na ne no or pa pe qu ra re ri sa se si so ta te ti tu un ve wa'.split(
    ' ',
  )
const words = Array.from({ length: 20_000 }, () =>
  Array.from({ length: 2 + below(3) }, () => syllables[below(syllables.length)]).join(''),
)
/** As in prose: the nth word is about 1/n as frequent as the first. */
const word = (): string => words[Math.floor(words.length ** next()) - 1] ?? ''
const prose = (length: number): string => {
  let text = ''
  while (text.length < length) text += `${word()}${below(12) === 0 ? '.\n' : ' '}`
  return text
}
const noise = (length: number): string => Array.from({ length }, () => below(36).toString(36)).join('')

interface Texts {
  readonly octets: number
  readonly places: readonly (readonly [TextPlace, string])[]
}

function message(nth: number): Texts {
  const subject = `${prose(30).trim()} message ${nth}`
  const from = `${word()} ${word()} <${word()}${below(1000)}@${word()}.example>`
  const to = 'big owner <big@example.org>'
  const header = [
    `return-path: <${word()}@${word()}.example>`,
    `received: from mx${below(99)}.${word()}.example by mail.example.org with esmtps id ${noise(12)}; thu, 1 jan 2026 00:00:00 +0000`,
    `dkim-signature: v=1; a=rsa-sha256; d=${word()}.example; s=s1; h=from:to:subject:date; bh=${noise(44)}; b=${noise(344)}`,
    `from: ${from}`,
    `to: ${to}`,
    `subject: ${subject}`,
    `message-id: <${noise(20)}@${word()}.example>`,
  ].join('\n')
  const body = prose(OCTETS - header.length)
  const places: [TextPlace, string][] = [
    ['subject', subject],
    ['from', from],
    ['to', to],
    ['header', header],
    ['body', body],
  ]
  return { octets: header.length + body.length, places: places.map(([place, text]) => [place, text.toUpperCase()]) }
}

const cpu = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

async function main(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'mailbox-bench-'))
  const file = path.join(folder, 'texts.sqlite')
  const database = await openForBuilding(file, silentLog)
  let octets = 0
  let grams = 0
  let making = 0
  let hashing = 0
  const begun = cpu()
  const begin = performance.now()
  for (let first = 1; first <= MESSAGES; first += BATCH) {
    const numbers = Array.from({ length: Math.min(BATCH, MESSAGES - first + 1) }, (_nothing, at) => first + at)
    const made = cpu()
    const messages = numbers.map(message)
    making += cpu() - made
    const hashed = cpu()
    const sets = messages.map(({ places }) => {
      const set = new GramSet()
      for (const [place, text] of places) set.add(place, text)
      return set.grams()
    })
    hashing += cpu() - hashed
    const ends: number[] = []
    for (const set of sets) ends.push((ends.at(-1) ?? 0) + set.length)
    const all = new Uint32Array(ends.at(-1) ?? 0)
    for (const [at, set] of sets.entries()) all.set(set, (ends[at] ?? 0) - set.length)
    for (const one of messages) octets += one.octets
    grams += all.length
    const upto = numbers.at(-1) ?? first
    const ids = numbers.map((number) => BigInt(ACCOUNT) * 2n ** 32n + BigInt(number))
    await database.write('add', [{ account: ACCOUNT, upto, ids, ends, grams: all }, first - 1], 'visible', [all.buffer])
    if (first % 100_000 === 1 && first > 1)
      console.log(`${first - 1} messages, ${((performance.now() - begin) / 1000).toFixed(0)} s`)
  }
  const work = cpu() - begun - making
  const seconds = (performance.now() - begin) / 1000
  await database.close()
  const size = statSync(file).size
  const each = (total: number, digits = 2): string => (total / MESSAGES).toFixed(digits)
  console.log(`${MESSAGES} messages of ${each(octets, 0)} octets, ${each(grams, 0)} grams: ${seconds.toFixed(0)} s`)
  console.log(
    `CPU ${each(work)} ms each, ${each(hashing)} of it to find the grams: ${(1000 / (work / MESSAGES)).toFixed(0)} a second and core`,
  )
  console.log(`${(size / 1024 ** 2).toFixed(0)} MB, ${((100 * size) / octets).toFixed(0)} % of the mail`)

  const middle = Math.floor(MESSAGES / 2)
  const questions: [string, TextPlace[]][] = [
    [`message ${middle}`, ['subject']],
    [words[19_000] ?? '', ['subject']],
    [words[5] ?? '', ['subject']],
    ['big owner', ['to']],
    ['zwirbelfisch', ['header', 'fields', 'body']],
    [`message ${middle}`, ['header', 'fields', 'body']],
    [words[19_000] ?? '', ['header', 'fields', 'body']],
    [`${words[300]} ${words[200]}`, ['header', 'fields', 'body']],
    [words[5] ?? '', ['header', 'fields', 'body']],
    [(words[5] ?? '').slice(0, 3), ['header', 'fields', 'body']],
  ]
  for (const [text, places] of questions) {
    const anyOf = places.flatMap((place) => gramsOf(place, text.toUpperCase()) ?? [])
    const times: number[] = []
    let found: number | undefined
    for (let run = 0; run < 4; run++) {
      const reader = createTextReader(file, silentLog)
      const asked = performance.now()
      const answer = await askTexts(reader, ACCOUNT, anyOf)
      times.push(performance.now() - asked)
      found = answer?.messages.length
      reader.close()
    }
    const [first = 0, ...again] = times
    console.log(
      `${places.join('+')} "${text}": ${found ?? 'most'}, ${first.toFixed(1)} ms, again ${Math.min(...again).toFixed(1)}`,
    )
  }
  rmSync(folder, { recursive: true })
}

void main()

import { inHeader } from './contains'
import { FIELDS } from './evaluate'
import type { NearPlace, SearchKey } from './key'
import { editsOf, RIGHT } from './near'
import { type Grams, gramsOf, type TextPlace } from './text-grams'

/** Keys of a program that an index is asked about; of the others messages are read. */
const MOST_ASKED = 50

/** What a text index is asked for a key. A message that matches the key has all grams of one of the sets. */
export interface Asked {
  readonly key: SearchKey
  readonly anyOf: readonly Grams[]
  /** what decides where an index does not: the messages themselves, or stored keys */
  readonly instead: 'messages' | 'keys'
}

/** undefined: one of the texts is too short for an index to know of it. */
function gramsIn(texts: readonly (readonly [TextPlace, string])[]): readonly Grams[] | undefined {
  const sets = texts.flatMap(([place, text]) => gramsOf(place, text) ?? [])
  return sets.length === texts.length ? sets : undefined
}

/** What the comparisons of lib/search/evaluate need; undefined: an index knows nothing of this key. */
function gramsFor(key: SearchKey): readonly Grams[] | undefined {
  switch (key.kind) {
    case 'field':
      return gramsIn([[key.field, inHeader(key.text)]])
    case 'header': {
      const field = FIELDS.find((name) => name === key.name)
      return gramsIn([[field ?? 'header', inHeader(key.text)]])
    }
    case 'text':
      return gramsIn([
        ['header', inHeader(key.text)],
        ['fields', inHeader(key.text)],
        ['body', key.text],
      ])
    case 'body':
      return gramsIn([['body', key.text], ...(key.fields === 'too' ? [['fields', inHeader(key.text)] as const] : [])])
    case 'near':
      return nearGrams(key.word, key.in)
    default:
      return undefined
  }
}

/** Where a word is misspelled, its beginning or its end is right: an index has texts without marks too. */
function nearGrams(word: string, place: NearPlace): readonly Grams[] | undefined {
  const pieces = editsOf(word) === 0 ? [word] : [word.slice(0, RIGHT), word.slice(-RIGHT)]
  return gramsIn(placesOf(place).flatMap((where) => pieces.map((piece) => [where, piece] as const)))
}

function placesOf(place: NearPlace): readonly TextPlace[] {
  switch (place.kind) {
    case 'field':
      return [place.field]
    case 'header':
      return [FIELDS.find((name) => name === place.name) ?? 'header']
    case 'text':
      return ['header', 'fields', 'body']
    case 'body':
      return place.fields === 'too' ? ['body', 'fields'] : ['body']
  }
}

const insteadOf = (asked: SearchKey): Asked['instead'] => {
  const key = asked.kind === 'near' ? asked.in : asked
  return key.kind === 'field' || (key.kind === 'header' && FIELDS.some((name) => name === key.name))
    ? 'keys'
    : 'messages'
}

/** What to ask for a program, at most `MOST_ASKED`. */
export function askedOf(program: SearchKey): Asked[] {
  const asked: Asked[] = []
  function visit(key: SearchKey): void {
    if (key.kind === 'not') return visit(key.key)
    if (key.kind === 'and' || key.kind === 'or') return key.keys.forEach(visit)
    const anyOf = asked.length < MOST_ASKED ? gramsFor(key) : undefined
    if (anyOf) asked.push({ key, anyOf, instead: insteadOf(key) })
  }
  visit(program)
  return asked
}

/** UIDs, ascending, of messages that may match a key. */
export type Answers = ReadonlyMap<SearchKey, Uint32Array>

/** Whether ascending numbers have one. */
export function includesNumber(numbers: Uint32Array, number: number): boolean {
  let low = 0
  let high = numbers.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((numbers[middle] ?? 0) < number) low = middle + 1
    else high = middle
  }
  return numbers[low] === number
}

function union(all: readonly Uint32Array[]): Uint32Array {
  const numbers = new Uint32Array(all.reduce((sum, { length }) => sum + length, 0))
  let length = 0
  for (const some of all) {
    numbers.set(some, length)
    length += some.length
  }
  numbers.sort()
  return numbers.filter((number, at) => at === 0 || numbers[at - 1] !== number)
}

/** UIDs, ascending, of which all that match a program are; undefined: any may match. */
export function mayMatch(key: SearchKey, answers: Answers): Uint32Array | undefined {
  switch (key.kind) {
    case 'and': {
      const known = key.keys.flatMap((one) => mayMatch(one, answers) ?? [])
      return known.sort((a, b) => a.length - b.length)[0]
    }
    case 'or': {
      const known = key.keys.flatMap((one) => mayMatch(one, answers) ?? [])
      return known.length === key.keys.length ? union(known) : undefined
    }
    default:
      return answers.get(key)
  }
}

import { DAY } from '../terms/calendar'
import { contains, inHeader } from './contains'
import type { IndexFacts, KeyFacts, NearPlace, SearchKey, StoredFacts } from './key'
import { nearnessIn } from './near'

/** Whether a key asks for flags only: then all messages with the same flags have the same answer. */
export function asksFlagsOnly(key: SearchKey): boolean {
  switch (key.kind) {
    case 'all':
    case 'flag':
      return true
    case 'not':
      return asksFlagsOnly(key.key)
    case 'and':
    case 'or':
      return key.keys.every(asksFlagsOnly)
    default:
      return false
  }
}

function compareDay(is: 'before' | 'on' | 'since', day: number, wanted: number): boolean {
  return is === 'before' ? day < wanted : is === 'on' ? day === wanted : day >= wanted
}

/**
 * Decides without reading: from the index, and from the keys where they are given. undefined: something must be read.
 * @param known the message's stored keys, for those who read them in batches
 */
export function fromIndex(key: SearchKey, facts: IndexFacts, now: number, known?: KeyFacts): boolean | undefined {
  switch (key.kind) {
    case 'all':
      return true
    case 'not': {
      const inner = fromIndex(key.key, facts, now, known)
      return inner === undefined ? undefined : !inner
    }
    case 'and':
    case 'or':
      return decide(key, facts, now, known)
    case 'flag':
      return facts.flags.has(key.flag)
    case 'recent':
      return facts.recent
    case 'larger':
      return facts.size > key.octets
    case 'smaller':
      return facts.size < key.octets
    case 'numbers':
      return key.has(key.of === 'seq' ? facts.seq : facts.uid)
    case 'modseq':
      return facts.modSeq >= facts.toldSince(key.atLeast)
    case 'day':
      if (key.date === 'internal') return compareDay(key.is, Math.floor(facts.internalDate / DAY), key.day)
      return known && fromKeys(key, known)
    case 'age': {
      const limit = now - key.seconds * 1000
      return key.is === 'older' ? facts.internalDate <= limit : facts.internalDate >= limit
    }
    case 'id':
      return known && fromKeys(key, known)
    case 'field':
    case 'header':
    case 'text':
    case 'near':
      return facts.mayMatch(key) ? known && fromKeys(key, known) : false
    case 'body':
      return facts.mayMatch(key) ? undefined : false
    case 'attachment':
      return undefined
  }
}

function decide(
  { kind, keys }: Extract<SearchKey, { kind: 'and' | 'or' }>,
  facts: IndexFacts,
  now: number,
  known: KeyFacts | undefined,
): boolean | undefined {
  /** the answer of one key that is the answer of all */
  const decisive = kind === 'or'
  let open = false
  for (const key of keys) {
    const answer = fromIndex(key, facts, now, known)
    if (answer === decisive) return decisive
    if (answer === undefined) open = true
  }
  return open ? undefined : !decisive
}

/** Fields that the stored keys of a message have. */
export const FIELDS = ['subject', 'from', 'to', 'cc', 'bcc'] as const

/** HEADER asks for the field itself, not for what its parser makes of it. */
export const fieldItself = (known: string): string => known.split('\n', 1)[0] ?? ''

/** undefined: the keys do not know. */
function nearFromKeys(word: string, place: NearPlace, known: KeyFacts): boolean | undefined {
  switch (place.kind) {
    case 'field':
      return nearnessIn(known[place.field], word) > 0
    case 'header': {
      const field = FIELDS.find((name) => name === place.name)
      return field && nearnessIn(fieldItself(known[field]), word) > 0
    }
    case 'text':
      return FIELDS.some((field) => nearnessIn(known[field], word) > 0) || undefined
    case 'body':
      return undefined
  }
}

/** undefined: the keys do not know. */
function fromKeys(key: SearchKey, known: KeyFacts): boolean | undefined {
  switch (key.kind) {
    case 'field':
      return contains(known[key.field], inHeader(key.text))
    case 'id':
      return (key.of === 'email' ? known.emailId : known.threadId) === key.id
    case 'day':
      if (key.date === 'saved') return compareDay(key.is, Math.floor(known.saveDate / DAY), key.day)
      return known.sentDay !== undefined && compareDay(key.is, known.sentDay, key.day)
    case 'header': {
      // `HEADER Subject x` is `SUBJECT x`; with an empty text it asks whether the field is there, which the keys cannot tell.
      const field = FIELDS.find((one) => one === key.name)
      return field !== undefined && key.text !== ''
        ? contains(fieldItself(known[field]), inHeader(key.text))
        : undefined
    }
    case 'text':
      return FIELDS.some((field) => contains(known[field], inHeader(key.text))) || undefined
    case 'near':
      return nearFromKeys(key.word, key.in, known)
    default:
      return undefined
  }
}

/** Cheap keys first: a body is read only when nothing else decided. */
function cost(key: SearchKey): number {
  switch (key.kind) {
    case 'not':
      return cost(key.key)
    case 'and':
    case 'or':
      return Math.max(0, ...key.keys.map(cost))
    case 'field':
    case 'id':
      return 1
    case 'day':
      return key.date === 'internal' ? 0 : 1
    case 'header':
    case 'attachment':
      return 2
    case 'body':
    case 'text':
      return 3
    case 'near':
      return key.in.kind === 'field' ? 1 : key.in.kind === 'header' ? 2 : 3
    default:
      return 0
  }
}

const ordered = new WeakMap<SearchKey, readonly SearchKey[]>()

/** The keys of a program in the order in which they are asked; sorted once for all messages. */
function inOrder(key: Extract<SearchKey, { kind: 'and' | 'or' }>): readonly SearchKey[] {
  const known = ordered.get(key)
  if (known) return known
  const sorted = [...key.keys].sort((a, b) => cost(a) - cost(b))
  ordered.set(key, sorted)
  return sorted
}

class Gone extends Error {}

/** Cheapest first, and reads nothing that is not needed. A message that is gone matches nothing, not even NOT. */
export async function matches(key: SearchKey, facts: IndexFacts, stored: StoredFacts, now: number): Promise<boolean> {
  try {
    return await verdict(key, facts, stored, now)
  } catch (error) {
    if (error instanceof Gone) return false
    throw error
  }
}

async function verdict(key: SearchKey, facts: IndexFacts, stored: StoredFacts, now: number): Promise<boolean> {
  const quick = fromIndex(key, facts, now)
  if (quick !== undefined) return quick
  switch (key.kind) {
    case 'not':
      return !(await verdict(key.key, facts, stored, now))
    case 'and':
    case 'or': {
      const decisive = key.kind === 'or'
      for (const one of inOrder(key)) if ((await verdict(one, facts, stored, now)) === decisive) return decisive
      return !decisive
    }
    case 'field':
    case 'id':
    case 'day':
    case 'header':
    case 'text': {
      const known = await stored.keys()
      if (!known) throw new Gone()
      const answer = fromKeys(key, known)
      if (answer !== undefined) return answer
      if (key.kind === 'header') {
        const value = await stored.header(key.name)
        return value !== undefined && contains(value, inHeader(key.text))
      }
      if (key.kind !== 'text') return false
      return (await stored.headerHas(key.text)) || (await stored.bodyHas(key.text, 'too'))
    }
    case 'near':
      return isNear(key.word, key.in, stored)
    case 'body':
      return stored.bodyHas(key.text, key.fields)
    case 'attachment': {
      const names = await stored.attachments()
      return names.some((name) => contains(name, key.name))
    }
    default:
      return false
  }
}

async function isNear(word: string, place: NearPlace, stored: StoredFacts): Promise<boolean> {
  const known = await stored.keys()
  if (!known) throw new Gone()
  const answer = nearFromKeys(word, place, known)
  if (answer !== undefined) return answer
  switch (place.kind) {
    case 'header':
      return nearnessIn((await stored.header(place.name)) ?? '', word) > 0
    case 'text':
      return (await stored.headerNear(word)) > 0 || (await stored.bodyNear(word, 'too')) > 0
    case 'body':
      return (await stored.bodyNear(word, place.fields)) > 0
    case 'field':
      return false
  }
}

/** Words that a program looks for in bodies, each once. */
export function nearWordsOf(key: SearchKey): ReadonlySet<string> {
  switch (key.kind) {
    case 'not':
      return nearWordsOf(key.key)
    case 'and':
    case 'or':
      return new Set(key.keys.flatMap((one) => [...nearWordsOf(one)]))
    case 'near':
      return new Set(key.in.kind === 'body' || key.in.kind === 'text' ? [key.word] : [])
    default:
      return new Set()
  }
}

/** Everything that a program looks for in texts: they are read once for all. */
export function textsOf(key: SearchKey): string[] {
  switch (key.kind) {
    case 'not':
      return textsOf(key.key)
    case 'and':
    case 'or':
      return key.keys.flatMap(textsOf)
    case 'text':
    case 'body':
      return [key.text]
    default:
      return []
  }
}

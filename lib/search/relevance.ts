import { FIELDS, fieldItself } from './evaluate'
import type { NearPlace, SearchKey, StoredFacts } from './key'
import { LEAST_NEAR, nearnessIn } from './near'

/** Where a word counts how much when TEXT looks everywhere. */
const WEIGHTS = { subject: 1, from: 0.9, to: 0.9, cc: 0.9, bcc: 0.9, body: 0.8, header: 0.7 } as const
const LEAST = LEAST_NEAR * WEIGHTS.header

async function nearest(word: string, place: NearPlace, stored: StoredFacts): Promise<number> {
  const known = await stored.keys()
  if (!known) return 0
  switch (place.kind) {
    case 'field':
      return nearnessIn(known[place.field], word)
    case 'header': {
      const field = FIELDS.find((name) => name === place.name)
      return nearnessIn(field ? fieldItself(known[field]) : ((await stored.header(place.name)) ?? ''), word)
    }
    case 'body':
      return stored.bodyNear(word, place.fields)
    case 'text': {
      let best = Math.max(...FIELDS.map((field) => WEIGHTS[field] * nearnessIn(known[field], word)))
      if (best < WEIGHTS.body) best = Math.max(best, WEIGHTS.body * (await stored.bodyNear(word, 'not')))
      if (best < WEIGHTS.header) best = Math.max(best, WEIGHTS.header * (await stored.headerNear(word)))
      if (best < WEIGHTS.header) best = Math.max(best, WEIGHTS.header * (await stored.bodyNear(word, 'too')))
      return best
    }
  }
}

/** undefined: the key asks for no word that may be near */
async function quality(key: SearchKey, stored: StoredFacts): Promise<number | undefined> {
  switch (key.kind) {
    case 'near':
      return nearest(key.word, key.in, stored)
    case 'and':
    case 'or': {
      const all: number[] = []
      for (const one of key.keys) {
        const its = await quality(one, stored)
        if (its !== undefined) all.push(its)
      }
      if (all.length === 0) return undefined
      return key.kind === 'or' ? Math.max(...all) : all.reduce((sum, one) => sum + one, 0) / all.length
    }
    default:
      return undefined
  }
}

/** RFC 6203 4: 1 to 100; without a word that may be near, all that matches is as good. */
export const MOST_RELEVANT = 100

/** Of a message that matches. Reads no more than it needs. */
export async function relevance(key: SearchKey, stored: StoredFacts): Promise<number> {
  const its = await quality(key, stored)
  if (its === undefined) return MOST_RELEVANT
  return Math.max(1, Math.round(1 + ((MOST_RELEVANT - 1) * (its - LEAST)) / (1 - LEAST)))
}

import type { NearPlace, SearchKey } from './key'
import { askedWords } from './near'

/** Each word by itself, in any order; a text without words stays as it is. */
function near(key: SearchKey, text: string, place: NearPlace): SearchKey {
  const words = askedWords(text)
  return words.length === 0 ? key : { kind: 'and', keys: words.map((word) => ({ kind: 'near', word, in: place })) }
}

function loosened(key: SearchKey): SearchKey {
  switch (key.kind) {
    case 'and':
    case 'or':
      return { ...key, keys: key.keys.map(loosened) }
    case 'field':
      return near(key, key.text, { kind: 'field', field: key.field })
    case 'header':
      return near(key, key.text, { kind: 'header', name: key.name })
    case 'body':
      return near(key, key.text, { kind: 'body', fields: key.fields })
    case 'text':
      return near(key, key.text, { kind: 'text' })
    default:
      return key
  }
}

/**
 * A key that is matched fuzzily (RFC 6203 3): texts by their words. RFC 6203 5: where that means nothing (flags, dates, sizes,
 * numbers) matching stays exact, and so do texts behind NOT, which would else leave out what only resembles them.
 */
export const fuzzy = (key: SearchKey): SearchKey => ({ kind: 'and', keys: [loosened(key)], isFuzzy: true })

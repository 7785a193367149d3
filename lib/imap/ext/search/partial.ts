import { afterLogin, type Extension } from '../../kernel/extension'
import type { Cursor } from '../../wire/cursor'
import { list } from '../../wire/response'
import { compact } from '../../wire/sequence-set'

/** PARTIAL (RFC 9394): a part of what SEARCH finds, or of what UID FETCH names. */

interface PartialRange {
  /** from 1, low before high */
  readonly low: number
  readonly high: number
  readonly fromEnd: boolean
  /** as the answer repeats it */
  readonly shown: string
}

/** partial-range of RFC 9394 4: `1:500` from the oldest, `-1:-100` from the newest */
function partialRange(cursor: Cursor): PartialRange {
  const fromEnd = cursor.try('-')
  const from = cursor.nzNumber()
  cursor.expect(fromEnd ? ':-' : ':')
  const to = cursor.nzNumber()
  const shown = fromEnd ? `-${from}:-${to}` : `${from}:${to}`
  return { low: Math.min(from, to), high: Math.max(from, to), fromEnd, shown }
}

function part<T>(all: readonly T[], { low, high, fromEnd }: PartialRange): readonly T[] {
  return fromEnd
    ? all.slice(Math.max(0, all.length - high), Math.max(0, all.length - low + 1))
    : all.slice(low - 1, high)
}

export const partial: Extension = {
  rfcs: {
    9394: { title: 'IMAP PARTIAL' },
  },
  capabilities: afterLogin('PARTIAL'),
  returns: [
    {
      name: 'PARTIAL',
      // RFC 9394 3.1
      excludes: 'ALL',
      once: true,
      read: (cursor) => {
        cursor.space()
        const range = partialRange(cursor)
        return {
          name: 'PARTIAL',
          narrows: true,
          choose: (all) => part(all, range),
          text: (numbers) => `PARTIAL ${list([range.shown, compact(part(numbers, range)) || 'NIL'])}`,
        }
      },
    },
  ],
  fetchModifiers: [
    {
      name: 'PARTIAL',
      read: (cursor, _session, by, modifiers) => {
        // RFC 9394 3.3: of UID FETCH only.
        if (by === 'seq') cursor.fail('UID FETCH for PARTIAL')
        cursor.space()
        const range = partialRange(cursor)
        modifiers.choose = (seqs) => part(seqs, range)
      },
    },
  ],
}

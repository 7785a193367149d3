import { decodeLarge } from '../../../mailbox/large'
import { partAt } from '../../../mime/read/section'
import { type Partial, partial } from '../../base/messages/fetch-items'
import { afterLogin, type Extension } from '../../kernel/extension'
import type { FetchItem, FetchMessage } from '../../kernel/slots'
import type { Cursor } from '../../wire/cursor'

/** BINARY (RFC 3516, RFC 9051 6.4.5): parts with their transfer encoding undone. */

function path(cursor: Cursor): number[] {
  cursor.expect('[')
  const numbers: number[] = []
  if (!cursor.try(']')) {
    numbers.push(cursor.nzNumber())
    while (cursor.try('.')) numbers.push(cursor.nzNumber())
    cursor.expect(']')
  }
  return numbers
}

async function decoded(
  { session, row, mail, view }: FetchMessage,
  numbers: readonly number[],
): Promise<Buffer | 'unknown-cte' | undefined> {
  if (!row) return undefined
  if (numbers.length === 0) return mail.read(row.emailId, 0, row.prepared.size, view)
  const part = partAt(row.prepared.structure, numbers)
  if (!part) return Buffer.alloc(0)
  const octets = await mail.read(row.emailId, part.bodyStart, part.bodyEnd, view)
  if (!octets) return undefined
  // RFC 3516 4.3: multiparts have no encoding to undo.
  if (part.type === 'multipart') return octets
  return (await decodeLarge(session.ports.room.pool, mail.id, octets, part.encoding)) ?? 'unknown-cte'
}

function item(numbers: readonly number[], shownPart: Partial | undefined, setsSeen: boolean): FetchItem {
  const label = `BINARY[${numbers.join('.')}]${shownPart ? `<${shownPart.offset}>` : ''}`
  return {
    needs: 'row',
    setsSeen,
    write: async (message) => {
      const octets = await decoded(message, numbers)
      if (!octets || octets === 'unknown-cte') return octets
      const shown = shownPart ? octets.subarray(shownPart.offset, shownPart.offset + shownPart.length) : octets
      return [`${label} ${shown.includes(0) ? '~' : ''}{${shown.length}}\r\n`, shown]
    },
  }
}

export const binary: Extension = {
  rfcs: {
    3516: { title: 'IMAP4 BINARY', state: 'part', note: 'FETCH; literal8 in APPEND' },
  },
  capabilities: afterLogin('BINARY'),
  fetch: [
    ...(
      [
        ['BINARY', true],
        ['BINARY.PEEK', false],
      ] as const
    ).map(([name, setsSeen]) => ({
      name,
      read: (cursor: Cursor) => {
        const numbers = path(cursor)
        return item(numbers, partial(cursor), setsSeen)
      },
    })),
    {
      name: 'BINARY.SIZE',
      read: (cursor) => {
        const numbers = path(cursor)
        return {
          needs: 'row',
          write: async (message) => {
            const octets = await decoded(message, numbers)
            if (!octets || octets === 'unknown-cte') return octets
            return [`BINARY.SIZE[${numbers.join('.')}] ${octets.length}`]
          },
        }
      },
    },
  ],
}

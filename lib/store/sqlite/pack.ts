import { crc32 } from 'node:zlib'
import type { SearchKeys } from '../../mime/prepared'
import { digestOf } from '../ids'
import { encodePrepared } from '../prepared-codec'
import { markKey } from '../records/marks'
import { flagsText } from '../row-types'
import type { AppendOptions, NewMessage } from '../store'
import { DIGEST, type PackedMessage, type PackedMessages } from './write/append'

/** Names of a message that are looked up for its thread. */
const NAMES = 20

/** The message-ids that a message's thread may be known by, nearest first. */
const threadNames = ({ inReplyTo, references, messageId }: SearchKeys): string[] =>
  [inReplyTo, ...references.slice(-NAMES).reverse(), messageId].filter((id) => id !== '')

/** All octets of new messages in one piece of memory, which the writer is given without another copy. */
export function pack(
  messages: readonly NewMessage[],
  options: AppendOptions | undefined,
  now: number,
): PackedMessages & { readonly octets: ArrayBuffer } {
  const parts = messages.map(({ bytes, prepared }) => ({
    names: threadNames(prepared.keys),
    prepared: encodePrepared(prepared),
    bytes,
  }))
  const sizes = parts.map(({ names, prepared, bytes }) => names.length * DIGEST + prepared.length + bytes.length)
  const octets = new ArrayBuffer(sizes.reduce((sum, size) => sum + size, 0))
  const all = new Uint8Array(octets)
  let end = 0
  function put(piece: Uint8Array): void {
    all.set(piece, end)
    end += piece.length
  }
  const packed = messages.map((message, index): PackedMessage => {
    const { names = [], prepared = Buffer.alloc(0), bytes = prepared } = parts[index] ?? {}
    const start = end
    for (const name of names) put(digestOf(name))
    put(prepared)
    put(bytes)
    const { structure, keys } = message.prepared
    return {
      flags: flagsText(message.flags),
      internalDate: message.internalDate,
      uid: message.uid,
      uidl: message.uidl ?? '',
      added: structure.added ?? 0,
      keys: JSON.stringify(keys),
      checksum: crc32(bytes),
      start,
      names: names.length,
      named: keys.messageId !== '',
      prepared: prepared.length,
      size: bytes.length,
    }
  })
  const marks = (options?.marks ?? []).map(({ what, at, until }) => ({ key: markKey({ what }), at, until }))
  return { octets, messages: packed, quota: options?.quota, marks, now }
}

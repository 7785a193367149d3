import { type FlagSet, flagSet, SYSTEM_FLAGS } from '../../terms/flags'
import { modSeq, type Uid } from '../../terms/numbers'
import type { IndexRow } from '../change'

/** One message in one mailbox: fixed part of 41 octets, then keywords, an imported UIDL and `added` as text, if there are any. */
export interface Row {
  readonly flags: FlagSet
  readonly modSeq: number
  readonly size: number
  readonly internalDate: number
  readonly saveDate: number
  /** number of the immutable message */
  readonly message: number
  /** given at import; empty: derived */
  readonly uidl: string
  /** as of `MaildropRow` */
  readonly added: number
}

const FIXED = 41
const known = new Map<string, FlagSet>()
const MOST_KNOWN = 10_000
const MOST_OCTETS = 1024 * 1024
let octets = 0

/** Equal flags give the same object, so that a million rows share a few. */
function flagsFrom(bits: number, keywords: string): FlagSet {
  const key = `${bits} ${keywords}`
  const found = known.get(key)
  if (found) return found
  octets += key.length
  if (known.size >= MOST_KNOWN || octets > MOST_OCTETS) {
    known.clear()
    octets = key.length
  }
  const system = SYSTEM_FLAGS.filter((_flag, index) => (bits & (1 << index)) !== 0)
  const made = flagSet([...system, ...keywords.split(' ').filter(Boolean)])
  known.set(key, made)
  return made
}

const isSystem = (flag: string): boolean => flag.startsWith('\\')

export function encodeRow(row: Row): Buffer {
  const keywords = row.flags.names.filter((flag) => !isSystem(flag)).join(' ')
  const words = [keywords, row.uidl, row.added > 0 ? String(row.added) : '']
  const tail = words.join('\0').replace(/\0+$/, '')
  const buffer = Buffer.allocUnsafe(FIXED + Buffer.byteLength(tail))
  buffer.writeDoubleBE(row.modSeq, 0)
  buffer.writeDoubleBE(row.internalDate, 8)
  buffer.writeDoubleBE(row.saveDate, 16)
  buffer.writeDoubleBE(row.message, 24)
  buffer.writeUInt32BE(row.size, 32)
  let bits = 0
  SYSTEM_FLAGS.forEach((flag, index) => {
    if (row.flags.has(flag)) bits |= 1 << index
  })
  buffer.writeUInt32BE(bits, 36)
  buffer[40] = 1
  buffer.write(tail, FIXED)
  return buffer
}

export function decodeRow(buffer: Buffer): Row {
  const [keywords = '', uidl = '', added = '0'] =
    buffer.length > FIXED ? buffer.toString('utf8', FIXED).split('\0') : []
  return {
    modSeq: buffer.readDoubleBE(0),
    internalDate: buffer.readDoubleBE(8),
    saveDate: buffer.readDoubleBE(16),
    message: buffer.readDoubleBE(24),
    size: buffer.readUInt32BE(32),
    flags: flagsFrom(buffer.readUInt32BE(36), keywords),
    uidl,
    added: Number(added),
  }
}

export const indexRow = (uid: Uid, row: Row): IndexRow => ({
  uid,
  flags: row.flags,
  modSeq: modSeq(row.modSeq),
  size: row.size,
  internalDate: row.internalDate,
})

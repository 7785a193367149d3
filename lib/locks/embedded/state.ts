import { crc32 } from 'node:zlib'
import { Damaged } from '../../engine/sqlite/errors'

/**
 * What the table should have, in a row that each act checks and writes: SQLite reads what is cut off from its file as zeros, and a lock
 * table that seems to be empty would let in two. Its octets:
 * - CRC-32 of all that follows
 * - the number of the last act, by which an older copy is known to those who have seen more
 * - the highest fence that was ever granted
 * - the sum of the checksums of each bucket of accounts
 * - the processes, as JSON
 */
export interface TableState {
  acts: number
  fence: number
  /** by bucket, of 32 bits */
  readonly sums: Buffer
  readonly registry: Registry
}

export interface Registry {
  /** whether the table lets anybody in */
  settled: boolean
  /** milliseconds of the host's monotonic clock, when the first process asked whether the table is settled */
  begun?: number
  /** when each counts as dead, in milliseconds of the host's monotonic clock */
  readonly processes: Record<string, number>
}

const BUCKETS = 128
const ACTS = 4
const FENCE = 12
const SUMS = 20
const REGISTRY = SUMS + 4 * BUCKETS

export const bucketOf = (account: string): number => crc32(account) % BUCKETS
export const sumOf = ({ sums }: TableState, bucket: number): number => sums.readUInt32LE(4 * bucket)
export const setSum = ({ sums }: TableState, bucket: number, sum: number): void =>
  void sums.writeUInt32LE(sum >>> 0, 4 * bucket)

export const newState = (): TableState => ({
  acts: 0,
  fence: 0,
  sums: Buffer.alloc(4 * BUCKETS),
  registry: { settled: false, processes: {} },
})

export function encodeState({ acts, fence, sums, registry }: TableState): Buffer {
  const tail = JSON.stringify(registry)
  const octets = Buffer.allocUnsafe(REGISTRY + Buffer.byteLength(tail))
  octets.writeDoubleLE(acts, ACTS)
  octets.writeDoubleLE(fence, FENCE)
  sums.copy(octets, SUMS)
  octets.write(tail, REGISTRY)
  octets.writeUInt32LE(crc32(octets.subarray(ACTS)), 0)
  return octets
}

/**
 * Throws `Damaged`.
 * @param file for the message
 * @param seen the last act that this process knows of
 */
export function decodeState(found: unknown, file: string, seen: number): TableState {
  if (!(found instanceof Uint8Array) || found.length < REGISTRY)
    throw new Damaged(file, 'the row of what it has is missing')
  const octets = Buffer.from(found.buffer, found.byteOffset, found.length)
  if (crc32(octets.subarray(ACTS)) !== octets.readUInt32LE(0))
    throw new Damaged(file, 'the row of what it has is not whole')
  const acts = octets.readDoubleLE(ACTS)
  if (acts < seen) throw new Damaged(file, 'it is older than it was')
  return {
    acts,
    fence: octets.readDoubleLE(FENCE),
    sums: octets.subarray(SUMS, REGISTRY),
    registry: JSON.parse(octets.toString('utf8', REGISTRY)),
  }
}

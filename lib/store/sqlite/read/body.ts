import type { Sql } from '../../../engine/sqlite/connection/connection'
import type { AccountId, EmailId } from '../../../terms/names'
import { turn } from '../../../work/turns'
import { accountNumber, messageNumber } from '../../ids'
import { CHUNK, messageKey } from '../rows'

/** chunks of one statement: a megabyte */
const AT_ONCE = 16

type Octets = { readonly octets: Uint8Array | null }
const IN_ROW = 'SELECT substr(octets, ?, ?) AS octets FROM messages WHERE id = ?'
const SLICE = 'SELECT substr(octets, ?, ?) AS octets FROM chunks WHERE id = ? AND chunk = ?'
const SIZE = 'SELECT sum(length(octets)) AS size FROM chunks WHERE id = ?'
const NOTHING = new Uint8Array()
const CHUNKS = 'SELECT octets FROM chunks WHERE id = ? AND chunk BETWEEN ? AND ? ORDER BY chunk'

export const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength)

/** Octets `start` to `end`, at most a megabyte, of a message that lies in chunks: as many as there are. */
function readChunks(sql: Sql, id: number | bigint, start: number, end: number): Buffer {
  const first = Math.floor(start / CHUNK)
  const last = Math.floor((end - 1) / CHUNK)
  const skipped = start - first * CHUNK
  if (first === last) return bufferOf(sql.get<Octets>(SLICE, skipped + 1, end - start, id, first)?.octets ?? NOTHING)
  const pieces = sql.all<Octets>(CHUNKS, id, first, last).map(({ octets }) => octets ?? NOTHING)
  pieces[0] = pieces[0]?.subarray(skipped) ?? NOTHING
  const there = pieces.reduce((sum, { length }) => sum + length, 0)
  return Buffer.concat(pieces, Math.min(end - start, there))
}

/** More than a megabyte, in turns. */
async function readMany(sql: Sql, id: number | bigint, start: number, end: number): Promise<Buffer> {
  const size = sql.get<{ size: number | null }>(SIZE, id)?.size ?? 0
  const whole = Buffer.allocUnsafe(Math.max(0, Math.min(end, size) - start))
  let filled = 0
  while (filled < whole.length) {
    const at = start + filled
    const piece = readChunks(sql, id, at, Math.min(start + whole.length, (Math.floor(at / CHUNK) + AT_ONCE) * CHUNK))
    if (piece.length === 0) break
    filled += piece.copy(whole, filled)
    await turn()
  }
  return whole.subarray(0, filled)
}

/** Octets `start` to `end` (exclusive), as many as there are; undefined: the message is gone. */
export async function readOctets(
  sql: Sql,
  id: AccountId,
  email: EmailId,
  start: number,
  end: number,
): Promise<Buffer | undefined> {
  const account = accountNumber(id)
  const key = messageKey(account, messageNumber(account, email))
  const wanted = Math.max(0, end - start)
  const row = sql.get<Octets>(IN_ROW, start + 1, wanted, key)
  if (!row) return undefined
  if (row.octets) return bufferOf(row.octets)
  if (wanted === 0) return bufferOf(NOTHING)
  const many = wanted > (AT_ONCE - 1) * CHUNK
  const octets = many ? await readMany(sql, key, start, end) : readChunks(sql, key, start, end)
  // Here it ends, or it went meanwhile.
  return octets.length === wanted || sql.get(IN_ROW, 1, 0, key) ? octets : undefined
}

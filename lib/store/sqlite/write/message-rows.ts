import type { Sql } from '../../../engine/sqlite/connection/connection'
import { CHUNK } from '../rows'
import { noteGone } from './gone'

/** Rows of messages, which entries share, inside a transaction. */

export interface MessageParts {
  /** `messageKey` */
  readonly id: number | bigint
  readonly thread: number
  /** digest of its message-id */
  readonly named: Uint8Array | null
  /** CRC-32 of the octets */
  readonly checksum: number
  /** JSON */
  readonly keys: string
  readonly prepared: Uint8Array
  readonly octets: Uint8Array
}

export function putMessage(sql: Sql, { id, thread, named, checksum, keys, prepared, octets }: MessageParts): void {
  const parts = [id, thread, named, checksum, keys, prepared]
  if (octets.length <= CHUNK) {
    // No octets are NULL to Node 22 when they came from another thread.
    sql.run("INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, coalesce(?, x''))", ...parts, octets)
    return
  }
  sql.run('INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, NULL)', ...parts)
  for (let at = 0, chunk = 0; at < octets.length; at += CHUNK, chunk++) {
    sql.run('INSERT INTO chunks VALUES (?, ?, ?)', id, chunk, octets.subarray(at, at + CHUNK))
  }
}

/** @returns the digest of its message-id */
export function removeMessage(sql: Sql, id: number | bigint, size: number): Uint8Array | undefined {
  const text = 'DELETE FROM messages WHERE id = ? RETURNING message_id'
  const gone = sql.get<{ message_id: Uint8Array | null }>(text, id)
  if (gone) noteGone(sql, id)
  if (size > CHUNK) sql.run('DELETE FROM chunks WHERE id = ?', id)
  return gone?.message_id ?? undefined
}

export const entriesOfMessage = (sql: Sql, id: number | bigint): number =>
  sql.get<{ entries: number }>('SELECT entries FROM copies WHERE id = ?', id)?.entries ?? 1

export function setEntries(sql: Sql, id: number | bigint, entries: number): void {
  if (entries > 1) sql.run('INSERT OR REPLACE INTO copies VALUES (?, ?)', id, entries)
  else sql.run('DELETE FROM copies WHERE id = ?', id)
}

export function addCopy(sql: Sql, id: number | bigint): void {
  sql.run('INSERT INTO copies VALUES (?, 2) ON CONFLICT (id) DO UPDATE SET entries = entries + 1', id)
}

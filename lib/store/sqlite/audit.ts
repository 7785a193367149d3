import { crc32 } from 'node:zlib'
import type { Sql } from '../../engine/sqlite/connection/connection'
import { engineError, rollBack } from '../../engine/sqlite/errors'
import { isUnavailable } from '../../terms/errors'
import type { AccountId } from '../../terms/names'
import { turn } from '../../work/turns'
import { type AuditRow, audit } from '../audit'
import { accountNumber } from '../ids'
import { PREPARED_HEAD } from '../prepared-codec'
import { accountRowOf, indexRows, pages } from './index-rows'
import type { Mail } from './mail'
import { bufferOf } from './read/body'
import { messageKey, messageRange } from './rows'

interface Facts {
  readonly message: number
  readonly entries: number
  readonly thread: number
  readonly message_id: string | null
  readonly head: Uint8Array
  readonly length: number
  readonly checksum: number
  /** null: in chunks */
  readonly size: number | null
}
/** Lengths are known without the octets. */
const MESSAGES = `SELECT m.id & 4294967295 AS message, coalesce(c.entries, 1) AS entries, thread,
    CASE WHEN json_valid(keys) THEN json_extract(keys, '$.messageId') END AS message_id,
    substr(prepared, 1, ${PREPARED_HEAD}) AS head, length(prepared) AS length, checksum, length(octets) AS size
  FROM messages m LEFT JOIN copies c ON c.id = m.id WHERE m.id > ? AND m.id < ? ORDER BY m.id`
const CHUNKS = `SELECT id & 4294967295 AS message, sum(length(octets)) AS size FROM chunks
  WHERE id > ? AND id < ? GROUP BY id ORDER BY id`

const IN_ROW = 'SELECT octets FROM messages WHERE id = ?'
const CHUNK_AFTER = 'SELECT chunk, octets FROM chunks WHERE id = ? AND chunk > ? ORDER BY chunk'
type Chunk = { readonly chunk: number; readonly octets: Uint8Array }

/** @returns octets of a message in pieces; nothing when it is gone */
export async function* piecesOf(sql: Sql, id: number | bigint): AsyncGenerator<Buffer> {
  const row = sql.get<{ octets: Uint8Array | null }>(IN_ROW, id)
  if (row?.octets) {
    yield bufferOf(row.octets)
    return
  }
  for await (const { octets } of pages<Chunk>(sql, CHUNK_AFTER, [id, -1], ({ chunk }) => [id, chunk], 8)) {
    yield bufferOf(octets)
  }
}

/** What is kept of a message beside its octets. */
interface Kept {
  readonly size: number
  /** undefined: only chunks are left of it */
  readonly checksum: number | undefined
}

/** Whether the octets are not those that were stored. */
async function isDamaged(sql: Sql, id: number | bigint, { size, checksum }: Kept): Promise<boolean> {
  let sum = 0
  let length = 0
  try {
    for await (const piece of piecesOf(sql, id)) {
      sum = crc32(piece, sum)
      length += piece.length
    }
    if (length === size) return checksum !== undefined && checksum !== sum
    // Somebody may have removed it since its length was read.
    return sql.get(IN_ROW, id) !== undefined
  } catch (error) {
    if (isUnavailable(engineError('', error))) return true
    throw error
  }
}

/** What is prepared of each message. @param kept gets what is kept of it; size -1: its octets are in chunks */
async function* messageRows(sql: Sql, account: number, kept: Map<number, Kept>): AsyncGenerator<AuditRow> {
  const [first, end] = messageRange(account)
  const next = ({ message }: Facts) => [messageKey(account, message), end]
  for await (const row of pages<Facts>(sql, MESSAGES, [first, end], next)) {
    const { message, entries, thread, head, length, checksum } = row
    kept.set(message, { size: row.size ?? -1, checksum })
    const messageId = row.message_id ?? undefined
    yield { kind: 'message', message, entries, thread, messageId, prepared: { head: bufferOf(head), length } }
  }
  type Sum = { readonly message: number; readonly size: number }
  const after = ({ message }: Sum) => [messageKey(account, message), end]
  for await (const { message, size } of pages<Sum>(sql, CHUNKS, [first, end], after)) {
    const checksum = kept.get(message)?.checksum
    if ((kept.get(message)?.size ?? -1) < 0) kept.set(message, { size, checksum })
  }
}

/**
 * What an audit needs. Octets never change, so that they are not read in the moment of the others, which would be long.
 * @param over called when what is read from there on need not be of one moment
 */
export async function* auditRows(sql: Sql, account: number, over?: () => void): AsyncGenerator<AuditRow> {
  yield* indexRows(sql, account)
  const kept = new Map<number, Kept>()
  yield* messageRows(sql, account, kept)
  over?.()
  for (const [message, one] of kept) {
    if (one.size < 0) continue
    const damaged = await isDamaged(sql, messageKey(account, message), one)
    yield { kind: 'octets', message, size: one.size, ...(damaged && { damaged }) }
    await turn()
  }
}

/**
 * The faults of an account. Index and messages are read in one transaction, in turns: some seconds for a million messages, while
 * which no checkpoint gets behind it. What the engine cannot read is a fault of this account: others may be whole.
 */
export const check = ({ file, apart }: Mail, id: AccountId, now: number): Promise<readonly string[]> =>
  apart(async (sql) => {
    try {
      sql.run('BEGIN')
      const owner = accountRowOf(sql, accountNumber(id))
      if (!owner) return ['there is no such account']
      const rows = auditRows(sql, owner.account, () => void sql.run('COMMIT'))
      return (await audit(owner, rows, now)).faults
    } catch (error) {
      const found = engineError(file, error)
      if (isUnavailable(found)) return [found.message]
      throw found
    } finally {
      rollBack(sql)
    }
  })

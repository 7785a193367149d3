import type { Sql } from '../../../engine/sqlite/connection/connection'
import { failed, ok, type Result } from '../../../terms/fault'
import { nothing, overQuota, quotaOctets, weigh } from '../../counting'
import { flagsFault, MAX_UID } from '../../limits'
import { markCounts } from '../../records/marks'
import { flagsFrom, type MailboxRecord } from '../../row-types'
import type { AppendOptions } from '../../store'
import { MESSAGES, messageKey } from '../rows'
import { putEntry } from './entry-rows'
import { addUsage, boxOf, type Committed, commitBox, committed, type State, stateOf } from './mailbox-rows'
import { putMessage } from './message-rows'
import { putRecord, removeExpired } from './record-rows'

/** Digests of message-ids have 16 octets. */
export const DIGEST = 16

/** A message on its way to the writer; its octets lie in `PackedMessages.octets`, one part behind the other. */
export interface PackedMessage {
  readonly flags: string
  readonly internalDate: number
  /** of an import; undefined: the next one */
  readonly uid: number | undefined
  readonly uidl: string
  readonly added: number
  /** JSON */
  readonly keys: string
  /** CRC-32 of the octets */
  readonly checksum: number
  /** first octet of: digests of the message-ids that its thread may be known by, nearest first; then what is prepared, then the message */
  readonly start: number
  readonly names: number
  /** the last of the names is its own */
  readonly named: boolean
  readonly prepared: number
  readonly size: number
}
interface PackedMark {
  readonly key: string
  readonly at: number
  readonly until: number
}
export interface PackedMessages {
  readonly octets: ArrayBuffer
  readonly messages: readonly PackedMessage[]
  readonly quota: AppendOptions['quota']
  readonly marks: readonly PackedMark[]
  /** milliseconds since 1970 */
  readonly now: number
}

export interface Appended extends Committed {
  readonly uids: readonly number[]
}

/** The thread of the first message-id that the account has seen (RFC 8474 5.2 leaves the algorithm to the server). */
function threadOf(sql: Sql, account: number, names: readonly Uint8Array[]): number | undefined {
  for (const name of names) {
    const text = 'SELECT thread FROM threads WHERE account = ? AND message_id = ?'
    const found = sql.get<{ thread: number }>(text, account, name)
    if (found) return found.thread
  }
  return undefined
}

function putPacked(sql: Sql, account: number, number: number, octets: ArrayBuffer, message: PackedMessage): void {
  let end = message.start
  function next(length: number): Uint8Array {
    end += length
    return new Uint8Array(octets, end - length, length)
  }
  const names = Array.from({ length: message.names }, () => next(DIGEST))
  const thread = threadOf(sql, account, names) ?? number
  const named = (message.named && names.at(-1)) || null
  if (named) sql.run('INSERT OR REPLACE INTO threads VALUES (?, ?, ?)', account, named, thread)
  const { checksum, keys } = message
  const parts = { prepared: next(message.prepared), octets: next(message.size) }
  putMessage(sql, { id: messageKey(account, number), thread, named, checksum, keys, ...parts })
}

/** The UIDs of new messages; undefined: one that an import brings is not above all others. */
function uidsOf(messages: readonly PackedMessage[], next: number): number[] | undefined {
  let highest = next - 1
  const uids: number[] = []
  for (const { uid } of messages) {
    const given = uid ?? highest + 1
    if (given <= highest || given >= MAX_UID) return undefined
    uids.push(given)
    highest = given
  }
  return uids
}

/** What messages count in the quota, in octets. */
export const quotaOf = ({ messages }: PackedMessages): number =>
  messages.reduce((sum, { size, flags }) => sum + quotaOctets(size, flagsFrom(flags)), 0)

/** @param used what the account has, as the quota counts it */
export function putMessages(
  sql: Sql,
  state: State,
  box: MailboxRecord,
  packed: PackedMessages,
  used = { bytes: state.used_bytes, messages: state.used_messages },
): Result<Appended> {
  const { messages, quota, marks, now } = packed
  const { account } = state
  for (const { key, at } of marks) {
    const text = "SELECT until FROM records WHERE account = ? AND kind = 'mark' AND key = ?"
    if (markCounts(sql.get<{ until: number }>(text, account, key), at)) return failed({ kind: 'stored-before' })
  }
  if (overQuota(used, { quota }, quotaOf(packed), messages.length)) return failed({ kind: 'over-quota' })
  for (const { flags } of messages) {
    const fault = flagsFault(flagsFrom(flags))
    if (fault) return failed(fault)
  }
  const uids = uidsOf(messages, box.uid_next)
  if (state.last_message + messages.length >= MESSAGES) return failed({ kind: 'limit', why: 'too many messages' })
  if (!uids) return failed({ kind: 'limit', why: 'UID out of range' })
  const delta = nothing()
  messages.forEach((message, index) => {
    const number = state.last_message + 1 + index
    putPacked(sql, account, number, packed.octets, message)
    const { flags, size, uidl, added } = message
    const dates = { internal_date: message.internalDate, save_date: now }
    const entry = {
      uid: uids[index] ?? 0,
      message: number,
      flags,
      mod_seq: box.mod_seq + 1,
      size,
      ...dates,
      uidl,
      added,
    }
    putEntry(sql, box, entry)
    weigh(delta, flagsFrom(flags), size, 1)
  })
  for (const { key, at, until } of marks) {
    putRecord(sql, account, 'mark', { key, value: new Uint8Array(0), until })
    removeExpired(sql, account, 'mark', at)
  }
  addUsage(sql, account, delta, messages.length)
  const uidNext = (uids.at(-1) ?? 0) + 1
  return ok({ uids, ...committed(box, commitBox(sql, box, { delta, uidNext, added: uids })) })
}

export const appendOperations = (sql: Sql) => ({
  append(account: number, mailbox: number, packed: PackedMessages): Result<Appended> {
    const box = boxOf(sql, account, mailbox)
    const state = box && stateOf(sql, account)
    return box && state ? putMessages(sql, state, box, packed) : failed({ kind: 'no-such-mailbox' })
  },
})

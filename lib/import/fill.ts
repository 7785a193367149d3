import { createHash } from 'node:crypto'
import { storableFlags } from '../mailbox/vocabulary'
import type { PreparedMessage } from '../mime/prepared'
import type { AppendOptions, Mailbox, NewMessage, Store } from '../store/store'
import { asError, textOf } from '../terms/errors'
import type { FlagSet } from '../terms/flags'
import type { AccountId } from '../terms/names'
import { modSeq, type Uid, uid } from '../terms/numbers'
import { uidlOf } from '../terms/uidl'
import { isSame } from './known'
import { EMPTY, type Here, SourceGone, type SourceMailbox, type SourceMessage } from './source'
import { hashOf } from './verify'

export interface ImportPorts {
  readonly store: Store
  prepare(bytes: Buffer): PreparedMessage
}

/** One mailbox of a source and the mailbox here that gets its mail. */
export interface Filling {
  readonly account: AccountId
  readonly mailbox: Mailbox
  readonly from: SourceMailbox
  readonly keepUids: boolean
  /** undefined: messages are known by UIDs, or by UIDLs */
  readonly here?: Here | undefined
  readonly quota?: AppendOptions | undefined
  /** a message is done: its octets if they came to the disk now, 0 if it was here or could not be read */
  tell(octets: number): void
  problem(text: string): void
}

export interface Filled {
  readonly octets: number
  /** hash of what came, by UID here */
  readonly added: ReadonlyMap<Uid, string>
  /** here before */
  readonly there: number
  /** UIDs kept: what an earlier run brought, with the flags it has there now */
  readonly older: ReadonlyMap<Uid, FlagSet>
  /** UIDs kept: brought before, and deleted here since by their owner */
  readonly deletedHere: ReadonlySet<Uid>
  /** undefined: read to its end */
  readonly cutOff: Error | undefined
}

/** Messages of one transaction: this many, or as many octets. */
const BATCH = 200
const BATCH_OCTETS = 8 * 1024 * 1024
const FLAG = /^\\?[^\x00-\x20\x7f-\uffff(){%*"\\\]]+$/

const flagsOf = (message: SourceMessage): FlagSet => storableFlags(message.flags.filter((flag) => FLAG.test(flag)))

/** Adds what is not here yet, in order. Each transaction has messages and their numbers, so a killed run goes on from the last one. */
export async function fill({ store, prepare }: ImportPorts, filling: Filling): Promise<Filled> {
  const { account, mailbox, from, keepUids, tell, problem } = filling
  const added = new Map<Uid, string>()
  const older = new Map<Uid, FlagSet>()
  const deletedHere = new Set<Uid>()
  let octets = 0
  let there = 0
  let batch: NewMessage[] = []
  let batchOctets = 0

  async function flush(): Promise<void> {
    if (batch.length === 0) return
    const now = batch
    batch = []
    batchOctets = 0
    await append(now)
  }

  /** What does not fit into the quota together may do so in part. */
  async function append(now: readonly NewMessage[]): Promise<void> {
    const done = await store.messages.append(account, mailbox.id, now, filling.quota)
    if (!done.ok && done.fault.kind === 'over-quota' && now.length > 1) {
      for (const message of now) await append([message])
      return
    }
    if (!done.ok) throw new Error(`${from.name}: ${done.fault.kind}`)
    for (const [index, { bytes }] of now.entries()) {
      const one = done.value.value[index]
      if (one !== undefined) added.set(one, hashOf(bytes))
      octets += bytes.length
      tell(bytes.length)
    }
  }

  async function add(message: SourceMessage, bytes: Buffer, uidl: string | undefined): Promise<void> {
    if (bytes.length === 0) throw new Error(EMPTY)
    batch.push({
      bytes,
      prepared: prepare(bytes),
      flags: flagsOf(message),
      internalDate: message.internalDate,
      ...(keepUids && message.uid !== undefined && { uid: message.uid }),
      ...(uidl !== undefined && /^[\x21-\x7e]{1,70}$/.test(uidl) && { uidl }),
    })
    batchOctets += bytes.length
  }

  const was = (): void => {
    there++
    tell(0)
  }
  const uidsHere = keepUids ? await present(store, account, mailbox) : undefined
  const known = keepUids ? new Map<string, Uid>() : await uidlsOf(store, account, mailbox)
  async function one(message: SourceMessage): Promise<void> {
    if (await filling.here?.has(message)) return was()
    if (uidsHere && message.uid !== undefined && message.uid < mailbox.uidNext) {
      if (uidsHere.uids.has(message.uid)) older.set(message.uid, flagsOf(message))
      else if (uidsHere.expunged.has(message.uid)) deletedHere.add(message.uid)
      else problem(`${message.label}: left out by an earlier run, and its UID cannot be given later`)
      return was()
    }
    const bytes = await message.read()
    if (!bytes) return tell(0)
    const uidl = keepUids
      ? message.uidl
      : filling.here
        ? freeUidl(message, known)
        : await ownUidl(store, filling, message, bytes, known)
    if (uidl === BROUGHT) was()
    else await add(message, bytes, uidl)
  }

  let cutOff: Error | undefined
  try {
    for await (const message of from.messages(1)) {
      await one(message).catch((error) => {
        if (error instanceof SourceGone) throw error
        problem(`${message.label}: ${textOf(error)}`)
        tell(0)
      })
      if (batch.length >= BATCH || batchOctets >= BATCH_OCTETS) await flush()
    }
  } catch (error) {
    cutOff = asError(error)
    problem(`${from.name}: not read to its end: ${cutOff.message}`)
  }
  await flush().catch((error) => {
    cutOff = error
    problem(textOf(error))
  })
  return { octets, added, there, older, deletedHere, cutOff }
}

async function present(store: Store, account: AccountId, mailbox: Mailbox) {
  const snapshot = await store.messages.snapshot(account, mailbox.id)
  const expunged = await store.messages.expungedSince(account, mailbox.id, modSeq(1))
  return { uids: new Set<number>(snapshot?.uids), expunged: new Set<number>(expunged) }
}

async function uidlsOf(store: Store, account: AccountId, mailbox: Mailbox): Promise<ReadonlyMap<string, Uid>> {
  const { uids, imported } = await store.messages.maildrop(account, mailbox.id)
  const uidl = (one: Uid): string => uidlOf(mailbox.uidValidity, one, imported.get(one) ?? '')
  return new Map(Array.from(uids, uid).map((one) => [uidl(one), one]))
}

/** Its own, unless another one has it here. */
const freeUidl = ({ uidl }: SourceMessage, known: ReadonlyMap<string, Uid>): string | undefined =>
  uidl !== undefined && known.has(uidl) ? undefined : uidl

/** No UIDL: those have no blank (RFC 1939 7). */
const BROUGHT = 'brought before'

/**
 * Without UIDs a message is known by its UIDL; an identity of the source's own stands in where it has none. Messages of two
 * mailboxes may share it, as they may share a UIDVALIDITY: the second one is known by its octets.
 */
async function ownUidl(
  store: Store,
  { account, mailbox, from }: Filling,
  message: SourceMessage,
  octets: Buffer,
  known: ReadonlyMap<string, Uid>,
): Promise<string | undefined> {
  const wanted = message.uidl ?? (from.uids ? `${from.uids.validity}.${message.uid}` : undefined)
  const there = wanted === undefined ? undefined : known.get(wanted)
  if (there === undefined) return wanted
  if ((await isSame(store, account, mailbox, there, octets)) !== false) return BROUGHT
  const own = createHash('sha256').update(`${wanted} `).update(octets).digest('hex')
  return known.has(own) ? BROUGHT : own
}

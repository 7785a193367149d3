import { flagSet } from '../../terms/flags'
import { quotaOctets } from '../counting'
import { commitsBetween, gapsFrom } from '../gaps'
import { digestOf } from '../ids'
import { preparedFault } from '../prepared-codec'
import type { ChangeTransfer, ThreadTransfer, TransferAccount } from '../transfer'
import { type Audit, type AuditRow, type Binned, type Box, type Entry, gather, type MendedMessage } from './facts'
import { auditAttributes, auditRecords, auditSpecialUses } from './records'
import { begin, keep, newBox, raise, recover, type Work } from './work'

export type { Audit, AuditRow, Mended } from './facts'

/**
 * Every invariant of an account, and beside each what is done where it does not hold: counted again, raised, put where it can be found.
 * Nothing that can still be read is thrown away.
 * @param now milliseconds since 1970, for what is put back without a date
 */
export async function audit(
  account: TransferAccount,
  rows: AsyncIterable<AuditRow> | Iterable<AuditRow>,
  now: number,
): Promise<Audit> {
  const work = begin(account, await gather(rows))
  auditAttributes(work, now)
  auditSpecialUses(work)
  auditRecords(work)
  const { prepare, gone } = auditMessages(work)
  auditBoxes(work)
  const binned = auditBin(work)
  auditEntries(work, now)
  auditOctets(work)
  auditSums(work)
  const messages = auditCopies(work, prepare)
  const changes = auditLogs(work)
  const threads = auditThreads(work)
  auditScript(work)
  const { boxes, missing, kept, owner, faults } = work
  const index = [...boxes.values(), ...kept, ...threads, ...changes, ...binned]
  return { faults, mended: { account: owner, index, records: missing, messages, gone } }
}

/** What there is of each message: its octets, and what was prepared of them. */
function auditMessages(work: Work): { readonly prepare: ReadonlySet<number>; readonly gone: readonly number[] } {
  const { messages, octets, entries, binned, faults } = work
  const prepare = new Set<number>()
  const gone: number[] = []
  const named = [...entries, ...binned].map((entry) => entry.message)
  for (const message of new Set([...messages.keys(), ...octets.keys(), ...named])) {
    const facts = messages.get(message)
    const size = octets.get(message)
    raise(work, 'lastMessage', Math.max(message, facts?.thread ?? 0), `the number of message ${message}`)
    if (size === undefined) {
      if (facts) faults.push(`message ${message} has no octets`)
      gone.push(message)
      continue
    }
    const fault =
      facts?.messageId === undefined || !facts.prepared
        ? 'is not prepared'
        : preparedFault(facts.prepared.head, facts.prepared.length, size)
    if (fault === undefined) continue
    faults.push(`message ${message} ${fault}`)
    prepare.add(message)
  }
  return { prepare, gone }
}

function auditBoxes(work: Work): void {
  const { boxes, faults } = work
  const names = new Set<string>()
  for (const box of boxes.values()) {
    raise(work, 'lastMailbox', box.mailbox, `the number of ${box.name}`)
    raise(work, 'lastUidValidity', box.uidValidity, `the UIDVALIDITY of ${box.name}`)
    if (names.has(box.name)) {
      faults.push(`there are two mailboxes ${box.name}`)
      box.name = `${box.name} ${box.mailbox}`
    }
    names.add(box.name)
    auditGaps(work, box)
  }
  if (names.has('INBOX')) return
  faults.push('there is no INBOX')
  newBox(work, 'INBOX')
}

/** Mod-sequences that were left out: pairs that ascend, and the mailbox is beyond them. Where nobody knows, all are. */
function auditGaps({ faults, broken }: Work, box: Box): void {
  const numbers = box.gaps.split(' ').map(Number)
  // A gap may begin where the one before it ends.
  const above = (at: number): number => (numbers[at - 1] ?? 0) + (at % 2)
  const ascend = numbers.every((number, at) => Number.isSafeInteger(number) && number >= above(at))
  const fit = ascend && numbers.length % 2 === 0 && (numbers.at(-1) ?? 0) <= box.modSeq
  if (box.gaps === '' || fit) return
  faults.push(`${box.name}: the mod-sequences that were left out are not known`)
  box.modSeq = Math.max(box.modSeq, ...numbers.filter(Number.isSafeInteger)) + 1
  box.gaps = `0 ${box.modSeq}`
  broken.add(box.mailbox)
}

/** Each entry has its mailbox, its octets and numbers below the mailbox's; each message has an entry. */
function auditEntries(work: Work, now: number): void {
  const { boxes, entries, octets, faults, broken, entriesOf } = work
  const homeless: Entry[] = []
  for (const entry of entries) {
    const box = boxes.get(entry.mailbox)
    const size = octets.get(entry.message)
    if (size === undefined) {
      faults.push(`${box?.name ?? `mailbox ${entry.mailbox}`}: UID ${entry.uid} has no octets`)
      broken.add(entry.mailbox)
      continue
    }
    if (!box) {
      faults.push(`UID ${entry.uid} is in mailbox ${entry.mailbox}, which is not there`)
      homeless.push(entry)
      continue
    }
    if (size !== entry.size) {
      faults.push(`${box.name}: the size of UID ${entry.uid} is ${entry.size}, ${size} octets are kept`)
      entry.size = size
    }
    if (entry.uid >= box.uidNext) {
      faults.push(`${box.name}: UID ${entry.uid} is not below UIDNEXT`)
      box.uidNext = entry.uid + 1
    }
    if (entry.modSeq > box.modSeq) {
      faults.push(`${box.name}: UID ${entry.uid} has a mod-sequence above the highest`)
      box.modSeq = entry.modSeq
      broken.add(box.mailbox)
    }
    keep(work, entry, box)
  }
  for (const entry of homeless) recover(work, entry.message, entry, now)
  for (const message of octets.keys()) {
    if (entriesOf.has(message)) continue
    faults.push(`message ${message} is in no mailbox`)
    recover(work, message, {}, now)
  }
}

/** What is in the recycle bin has its octets, and counts as one entry of its message each. @returns what stays */
function auditBin(work: Work): readonly Binned[] {
  const { binned, octets, owner, entriesOf, faults } = work
  let binnedBytes = 0
  const staying = binned.filter((one) => {
    const size = octets.get(one.message)
    const what = `UID ${one.uid} of ${one.name} in the recycle bin`
    if (size === undefined) {
      faults.push(`${what} has no octets`)
      return false
    }
    if (size !== one.size) faults.push(`the size of ${what} is ${one.size}, ${size} octets are kept`)
    raise(work, 'lastMailbox', one.mailbox, `the number of the mailbox of ${what}`)
    one.size = size
    binnedBytes += size
    entriesOf.set(one.message, (entriesOf.get(one.message) ?? 0) + 1)
    return true
  })
  const binnedMessages = staying.length
  if (owner.binnedBytes !== binnedBytes || owner.binnedMessages !== binnedMessages) {
    faults.push('the size of the recycle bin is not the sum of its messages')
    Object.assign(owner, { binnedBytes, binnedMessages })
  }
  return staying
}

/** What is damaged stays as it is: another copy of it may be in a backup. */
function auditOctets({ damaged, kept, boxes, faults }: Work): void {
  if (damaged.length === 0) return
  const places = new Map<number, string[]>(damaged.map((message) => [message, []]))
  for (const { message, mailbox, uid } of kept) {
    places.get(message)?.push(`${boxes.get(mailbox)?.name ?? `mailbox ${mailbox}`}: UID ${uid}`)
  }
  for (const [message, found] of places) {
    faults.push(`${found.join(', ') || 'a message'}: the octets of message ${message} are damaged`)
  }
}

const COUNTERS = ['messages', 'unseen', 'deleted', 'size'] as const

/** Counters of the mailboxes, and the account's use of its quota. */
function auditSums({ boxes, kept, owner, faults }: Work): void {
  const none = () => ({ messages: 0, unseen: 0, deleted: 0, size: 0, used: 0 })
  const sums = new Map([...boxes.keys()].map((box) => [box, none()]))
  for (const { mailbox, flags, size } of kept) {
    const sum = sums.get(mailbox)
    if (!sum) continue
    sum.messages++
    sum.size += size
    sum.used += quotaOctets(size, flagSet(flags))
    if (!flags.includes('\\Seen')) sum.unseen++
    if (flags.includes('\\Deleted')) sum.deleted++
  }
  let usedBytes = 0
  let usedMessages = 0
  for (const box of boxes.values()) {
    const sum = sums.get(box.mailbox) ?? none()
    for (const name of COUNTERS) {
      if (box[name] !== sum[name]) faults.push(`${box.name}: ${name} is ${box[name]}, counted ${sum[name]}`)
      box[name] = sum[name]
    }
    if (box.recentFrom > box.uidNext) {
      faults.push(`${box.name}: the first recent UID is above UIDNEXT`)
      box.recentFrom = box.uidNext
    }
    usedBytes += sum.used
    usedMessages += box.messages
  }
  if (owner.usedBytes === usedBytes && owner.usedMessages === usedMessages) return
  faults.push('quota is not the sum of the messages')
  Object.assign(owner, { usedBytes, usedMessages })
}

/** @returns messages that change */
function auditCopies({ messages, entriesOf, faults }: Work, prepare: ReadonlySet<number>): MendedMessage[] {
  return [...entriesOf].flatMap(([message, entries]) => {
    const facts = messages.get(message)
    const differs = facts !== undefined && facts.entries !== entries
    if (differs) faults.push(`message ${message}: ${facts.entries} entries, ${entries} counted`)
    if (!differs && !prepare.has(message)) return []
    return [{ message, entries, thread: facts?.thread ?? message, prepare: prepare.has(message) }]
  })
}

/**
 * The log of a mailbox has every commit up to its mod-sequence, from where it was last shortened: views catch up by it. Without a log
 * they start again, and so do QRESYNC clients; what they saw is below the new mod-sequence.
 */
function auditLogs({ boxes, changes, broken, faults }: Work): ChangeTransfer[] {
  const logs = new Map<number, ChangeTransfer[]>()
  for (const change of changes) {
    const log = logs.get(change.mailbox)
    if (log) log.push(change)
    else logs.set(change.mailbox, [change])
  }
  for (const [mailbox, log] of logs) {
    const box = boxes.get(mailbox)
    const last = log.at(-1)?.modSeq ?? 0
    const before = (log[0]?.modSeq ?? 0) - 1
    const whole = box && last <= box.modSeq && commitsBetween(gapsFrom(box.gaps), before, box.modSeq) === log.length
    const unknown = log.some(({ added, expunged, flagged }) =>
      [added, expunged, flagged].some((uids) => uids.some((one) => one >= (box?.uidNext ?? 0))),
    )
    if (box && whole && !unknown && !broken.has(mailbox)) continue
    if (!box) faults.push(`the log of mailbox ${mailbox}, which is not there, is kept`)
    else if (!broken.has(mailbox)) {
      faults.push(`${box.name}: the log of changes ${unknown ? 'has UIDs that were never given' : 'has gaps'}`)
    }
    logs.delete(mailbox)
    if (box) box.modSeq = Math.max(box.modSeq, last) + 1
  }
  return [...logs.values()].flat()
}

function auditThreads({ messages, threads, faults }: Work): ThreadTransfer[] {
  const known = new Set(
    [...messages.values()].flatMap(({ messageId }) => (messageId ? [digestOf(messageId).toString('hex')] : [])),
  )
  const named = threads.filter(({ messageId }) => known.has(messageId))
  if (named.length < threads.length) faults.push(`${threads.length - named.length} threads have no message`)
  return named
}

function auditScript({ owner, records, faults }: Work): void {
  const { activeScript: active, ...attributes } = owner.attributes
  if (typeof active !== 'string' || records.get('script')?.has(active)) return
  faults.push(`the active script ${active} is not there`)
  owner.attributes = attributes
}

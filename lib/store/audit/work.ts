import { uid } from '../../terms/numbers'
import { uidlOf } from '../../terms/uidl'
import { subscriptionRecord } from '../records/subscriptions'
import type { RecordTransfer, TransferAccount } from '../transfer'
import type { Box, Entry, Gathered, Owner } from './facts'

/** Mail whose mailbox or entry is lost is found again here. */
export const RECOVERED = 'Recovered'

/** An account while it is audited: what was wrong so far, and what it becomes. */
export interface Work extends Gathered {
  readonly owner: Owner
  readonly faults: string[]
  /** entries that are right, or were put right */
  readonly kept: Entry[]
  /** how many of them each message has */
  readonly entriesOf: Map<number, number>
  /** mailboxes whose log no longer tells what happened */
  readonly broken: Set<number>
  readonly uidls: Map<number, Set<string>>
  /** records that are missing */
  readonly missing: RecordTransfer[]
}

export const begin = (account: TransferAccount, gathered: Gathered): Work => ({
  ...gathered,
  owner: { ...account },
  faults: [],
  kept: [],
  entriesOf: new Map(),
  broken: new Set(),
  uidls: new Map(),
  missing: [],
})

/** A number that was given must not be above the highest that was given. */
export function raise(
  { owner, faults }: Work,
  key: 'lastMailbox' | 'lastMessage' | 'lastUidValidity',
  to: number,
  what: string,
): void {
  if (to <= owner[key]) return
  faults.push(`${what} is above the highest that was given, ${owner[key]}`)
  owner[key] = to
}

export function newBox({ owner, boxes, records, missing }: Work, name: string): Box {
  owner.lastMailbox++
  owner.lastUidValidity++
  const box: Box = {
    kind: 'mailbox',
    mailbox: owner.lastMailbox,
    name,
    uidValidity: owner.lastUidValidity,
    uidNext: 1,
    modSeq: 1,
    gaps: '',
    specialUse: [],
    messages: 0,
    unseen: 0,
    deleted: 0,
    size: 0,
    recentFrom: 1,
  }
  boxes.set(box.mailbox, box)
  if (!records.get('subscription')?.has(name)) {
    missing.push({ kind: 'record', record: 'subscription', ...subscriptionRecord(name) })
  }
  return box
}

export function keep({ kept, entriesOf, uidls, faults }: Work, entry: Entry, box: Box): void {
  kept.push(entry)
  entriesOf.set(entry.message, (entriesOf.get(entry.message) ?? 0) + 1)
  const effective = uidlOf(box.uidValidity, uid(entry.uid), entry.uidl)
  const seen = uidls.get(box.mailbox) ?? new Set()
  uidls.set(box.mailbox, seen)
  if (seen.has(effective)) {
    faults.push(`${box.name}: UID ${entry.uid} has the UIDL of another message`)
    entry.uidl = ''
  }
  seen.add(effective)
}

/** Puts a message where its owner finds it, with what is still known of its entry. */
export function recover(work: Work, message: number, known: Partial<Entry>, now: number): void {
  const box = [...work.boxes.values()].find(({ name }) => name === RECOVERED) ?? newBox(work, RECOVERED)
  work.broken.add(box.mailbox)
  const { flags = [], internalDate = now, saveDate = now } = known
  const size = work.octets.get(message) ?? 0
  const place = { mailbox: box.mailbox, uid: box.uidNext++, modSeq: ++box.modSeq }
  keep(
    work,
    { kind: 'entry', message, flags, size, internalDate, saveDate, uidl: '', added: known.added ?? 0, ...place },
    box,
  )
  box.messages++
  box.size += size
  if (!flags.includes('\\Seen')) box.unseen++
  if (flags.includes('\\Deleted')) box.deleted++
}

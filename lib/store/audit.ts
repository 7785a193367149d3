import { createHash } from 'node:crypto'
import { uid } from '../terms/numbers'
import { uidlOf } from './ids'
import { preparedFault } from './prepared-codec'
import type {
  ChangeTransfer,
  EntryTransfer,
  MailboxTransfer,
  MessageTransfer,
  SubscriptionTransfer,
  ThreadTransfer,
  TransferAccount,
  TransferRow,
} from './transfer'

/** What a message has beside its octets, without the octets: enough to see whether all fits together. */
export interface MessageFacts {
  readonly kind: 'message'
  readonly message: number
  readonly entries: number
  readonly thread: number
  /** undefined: its search keys are missing */
  readonly messageId: string | undefined
  /** the first octets of what is prepared, and its length; undefined: missing */
  readonly prepared: { readonly head: Buffer; readonly length: number } | undefined
}
/** How many octets are kept for a message. */
export interface OctetsFacts {
  readonly kind: 'octets'
  readonly message: number
  readonly size: number
}
export type IndexRow = MailboxTransfer | SubscriptionTransfer | EntryTransfer | ThreadTransfer | ChangeTransfer
export type AuditRow = Exclude<TransferRow, MessageTransfer> | MessageFacts | OctetsFacts

export interface MendedMessage {
  readonly message: number
  readonly entries: number
  readonly thread: number
  readonly prepare: boolean
}

/** An account as it has to be. */
export interface Mended {
  readonly account: TransferAccount
  /** all of them */
  readonly index: readonly IndexRow[]
  /** those that change; `prepare`: from their octets anew */
  readonly messages: readonly MendedMessage[]
  /** messages of which nothing is left but a number */
  readonly gone: readonly number[]
}

export interface Audit {
  /** in words; empty: all invariants hold */
  readonly faults: readonly string[]
  readonly mended: Mended
}

/** Mail whose mailbox or entry is lost is found again here. */
export const RECOVERED = 'Recovered'

type Box = { -readonly [K in keyof MailboxTransfer]: MailboxTransfer[K] }
type Entry = { -readonly [K in keyof EntryTransfer]: EntryTransfer[K] }
type Owner = { -readonly [K in keyof TransferAccount]: TransferAccount[K] }

interface Gathered {
  readonly boxes: Map<number, Box>
  readonly entries: Entry[]
  readonly subscriptions: SubscriptionTransfer[]
  readonly threads: ThreadTransfer[]
  readonly changes: ChangeTransfer[]
  readonly scripts: Set<string>
  readonly messages: Map<number, MessageFacts>
  readonly octets: Map<number, number>
}

export async function gather(rows: AsyncIterable<AuditRow> | Iterable<AuditRow>): Promise<Gathered> {
  const all: Gathered = {
    boxes: new Map(),
    entries: [],
    subscriptions: [],
    threads: [],
    changes: [],
    scripts: new Set(),
    messages: new Map(),
    octets: new Map(),
  }
  for await (const row of rows) {
    switch (row.kind) {
      case 'mailbox':
        all.boxes.set(row.mailbox, { ...row })
        break
      case 'entry':
        all.entries.push({ ...row })
        break
      case 'subscription':
        all.subscriptions.push(row)
        break
      case 'thread':
        all.threads.push(row)
        break
      case 'change':
        all.changes.push(row)
        break
      case 'script':
        all.scripts.add(row.name)
        break
      case 'mark':
        break
      case 'message':
        all.messages.set(row.message, row)
        break
      case 'octets':
        all.octets.set(row.message, row.size)
    }
  }
  return all
}

const COUNTERS = ['messages', 'unseen', 'deleted', 'size'] as const

/**
 * Every invariant of an account, and beside each what is done where it does not hold: counted again, raised, put where it can be found.
 * Nothing that can still be read is thrown away.
 * @param now milliseconds since 1970, for what is put back without a date
 */
export async function audit(
  given: TransferAccount,
  rows: AsyncIterable<AuditRow> | Iterable<AuditRow>,
  now: number,
): Promise<Audit> {
  const { boxes, entries, subscriptions, threads, changes, scripts, messages, octets } = await gather(rows)
  const owner: Owner = { ...given }
  const faults: string[] = []
  const prepare = new Set<number>()
  const gone = new Set<number>()
  const broken = new Set<number>()

  function raise(key: 'lastMailbox' | 'lastMessage' | 'lastUidValidity', to: number, what: string): void {
    if (to <= owner[key]) return
    faults.push(`${what} is above the highest that was given, ${owner[key]}`)
    owner[key] = to
  }

  function newBox(name: string): Box {
    owner.lastMailbox++
    owner.lastUidValidity++
    const box: Box = {
      kind: 'mailbox',
      mailbox: owner.lastMailbox,
      name,
      uidValidity: owner.lastUidValidity,
      uidNext: 1,
      modSeq: 1,
      specialUse: [],
      messages: 0,
      unseen: 0,
      deleted: 0,
      size: 0,
      recentFrom: 1,
    }
    boxes.set(box.mailbox, box)
    if (!subscriptions.some((one) => one.name === name)) subscriptions.push({ kind: 'subscription', name })
    return box
  }
  const boxNamed = (name: string): Box | undefined => [...boxes.values()].find((box) => box.name === name)

  for (const message of new Set([...messages.keys(), ...octets.keys(), ...entries.map((entry) => entry.message)])) {
    const facts = messages.get(message)
    const size = octets.get(message)
    raise('lastMessage', Math.max(message, facts?.thread ?? 0), `the number of message ${message}`)
    if (size === undefined) {
      if (facts) faults.push(`message ${message} has no octets`)
      gone.add(message)
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

  const names = new Set<string>()
  for (const box of [...boxes.values()]) {
    raise('lastMailbox', box.mailbox, `the number of ${box.name}`)
    raise('lastUidValidity', box.uidValidity, `the UIDVALIDITY of ${box.name}`)
    if (names.has(box.name)) {
      faults.push(`there are two mailboxes ${box.name}`)
      box.name = `${box.name} ${box.mailbox}`
    }
    names.add(box.name)
  }
  if (!names.has('INBOX')) {
    faults.push('there is no INBOX')
    newBox('INBOX')
  }

  const kept: Entry[] = []
  const count = new Map<number, number>()
  const uidls = new Map<number, Set<string>>()
  function keep(entry: Entry, box: Box): void {
    kept.push(entry)
    count.set(entry.message, (count.get(entry.message) ?? 0) + 1)
    const effective = uidlOf(box.uidValidity, uid(entry.uid), entry.uidl)
    const seen = uidls.get(box.mailbox) ?? new Set()
    uidls.set(box.mailbox, seen)
    if (seen.has(effective)) {
      faults.push(`${box.name}: UID ${entry.uid} has the UIDL of another message`)
      entry.uidl = ''
    }
    seen.add(effective)
  }
  function recover(message: number, entry: Partial<Entry>): void {
    const box = boxNamed(RECOVERED) ?? newBox(RECOVERED)
    const size = octets.get(message) ?? 0
    const dates = { internalDate: entry.internalDate ?? now, saveDate: entry.saveDate ?? now }
    const place = { mailbox: box.mailbox, uid: box.uidNext++, modSeq: ++box.modSeq }
    broken.add(box.mailbox)
    const flags = entry.flags ?? []
    keep({ kind: 'entry', message, flags, size, uidl: '', ...dates, ...place }, box)
    box.messages++
    box.size += size
    if (!flags.includes('\\Seen')) box.unseen++
    if (flags.includes('\\Deleted')) box.deleted++
  }
  const homeless: Entry[] = []
  for (const entry of entries) {
    const box = boxes.get(entry.mailbox)
    const where = box?.name ?? `mailbox ${entry.mailbox}`
    const size = octets.get(entry.message)
    if (size === undefined) {
      faults.push(`${where}: UID ${entry.uid} has no octets`)
      if (box) broken.add(box.mailbox)
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
    keep(entry, box)
  }
  for (const entry of homeless) recover(entry.message, entry)
  for (const message of octets.keys()) {
    if (count.has(message)) continue
    faults.push(`message ${message} is in no mailbox`)
    recover(message, {})
  }

  const sums = new Map([...boxes.keys()].map((box) => [box, { messages: 0, unseen: 0, deleted: 0, size: 0 }]))
  for (const { mailbox, flags, size } of kept) {
    const sum = sums.get(mailbox)
    if (!sum) continue
    sum.messages++
    sum.size += size
    if (!flags.includes('\\Seen')) sum.unseen++
    if (flags.includes('\\Deleted')) sum.deleted++
  }
  let usedBytes = 0
  let usedMessages = 0
  for (const box of boxes.values()) {
    const sum = sums.get(box.mailbox)
    for (const name of sum ? COUNTERS : []) {
      const counted = sum?.[name] ?? 0
      if (box[name] !== counted) faults.push(`${box.name}: ${name} is ${box[name]}, counted ${counted}`)
      box[name] = counted
    }
    if (box.recentFrom > box.uidNext) {
      faults.push(`${box.name}: the first recent UID is above UIDNEXT`)
      box.recentFrom = box.uidNext
    }
    usedBytes += box.size
    usedMessages += box.messages
  }
  if (owner.usedBytes !== usedBytes || owner.usedMessages !== usedMessages) {
    faults.push('quota is not the sum of the messages')
    owner.usedBytes = usedBytes
    owner.usedMessages = usedMessages
  }

  const changed: MendedMessage[] = []
  for (const [message, counted] of count) {
    const facts = messages.get(message)
    if (facts && facts.entries !== counted) {
      faults.push(`message ${message}: ${facts.entries} entries, ${counted} counted`)
    }
    if (facts?.entries === counted && !prepare.has(message)) continue
    changed.push({ message, entries: counted, thread: facts?.thread ?? message, prepare: prepare.has(message) })
  }

  // The log of a mailbox has every commit up to its mod-sequence, from where it was last shortened: views catch up by it.
  const logs = new Map<number, ChangeTransfer[]>()
  for (const change of changes) {
    const log = logs.get(change.mailbox)
    if (log) log.push(change)
    else logs.set(change.mailbox, [change])
  }
  for (const [mailbox, log] of logs) {
    const box = boxes.get(mailbox)
    const last = log.at(-1)?.modSeq ?? 0
    const whole = box && last === box.modSeq && last - (log[0]?.modSeq ?? 0) === log.length - 1
    const unknown = log.some(({ added, expunged, flagged }) =>
      [...added, ...expunged, ...flagged].some((one) => one >= (box?.uidNext ?? 0)),
    )
    if (box && whole && !unknown && !broken.has(mailbox)) continue
    if (!box) faults.push(`the log of mailbox ${mailbox}, which is not there, is kept`)
    else if (!broken.has(mailbox)) {
      faults.push(`${box.name}: the log of changes ${unknown ? 'has UIDs that were never given' : 'has gaps'}`)
    }
    logs.delete(mailbox)
    // Without a log views start again; what they saw is below.
    if (box) box.modSeq = Math.max(box.modSeq, last) + 1
  }

  const known = new Set([...messages.values()].flatMap(({ messageId }) => (messageId ? [digestOf(messageId)] : [])))
  const named = threads.filter(({ messageId }) => known.has(messageId))
  if (named.length < threads.length) faults.push(`${threads.length - named.length} threads have no message`)

  const active = Reflect.get(owner.attributes, 'activeScript')
  if (typeof active === 'string' && !scripts.has(active)) {
    faults.push(`the active script ${active} is not there`)
    const { activeScript: _none, ...attributes } = owner.attributes
    owner.attributes = attributes
  }

  const index: IndexRow[] = [...boxes.values(), ...subscriptions, ...kept, ...named, ...[...logs.values()].flat()]
  return { faults, mended: { account: owner, index, messages: changed, gone: [...gone] } }
}

const digestOf = (messageId: string): string => createHash('sha256').update(messageId).digest('hex').slice(0, 32)

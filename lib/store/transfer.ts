import { createHash } from 'node:crypto'
import { isWholeAccount } from './attributes'
import type { RecordKind, StoredRecord } from './records/records'

/**
 * Moving a whole store from one driver to another, as rows: every number stays (UID, UIDVALIDITY, mod-sequence, object ids).
 * Nobody else may use either store meanwhile.
 */

export interface TransferAccount {
  readonly account: number
  readonly name: string
  /** an `Account` without its id and its name, credentials included: never logged */
  readonly attributes: Readonly<Record<string, unknown>>
  readonly lastMailbox: number
  readonly lastMessage: number
  readonly lastUidValidity: number
  readonly usedBytes: number
  readonly usedMessages: number
  readonly fence: number
  /** what is in the recycle bin */
  readonly binnedBytes: number
  readonly binnedMessages: number
}

export interface MailboxTransfer {
  readonly kind: 'mailbox'
  readonly mailbox: number
  readonly name: string
  readonly uidValidity: number
  readonly uidNext: number
  readonly modSeq: number
  /** `gapsFrom` */
  readonly gaps: string
  /** sorted */
  readonly specialUse: readonly string[]
  readonly messages: number
  readonly unseen: number
  readonly deleted: number
  readonly size: number
  readonly recentFrom: number
}
export interface EntryTransfer {
  readonly kind: 'entry'
  readonly mailbox: number
  readonly uid: number
  readonly message: number
  readonly flags: readonly string[]
  readonly modSeq: number
  readonly size: number
  readonly internalDate: number
  readonly saveDate: number
  readonly uidl: string
  readonly added: number
}
export interface ThreadTransfer {
  readonly kind: 'thread'
  /** 16 octets of the message-id's SHA-256, in hexadecimal */
  readonly messageId: string
  readonly thread: number
}
export interface ChangeTransfer {
  readonly kind: 'change'
  readonly mailbox: number
  readonly modSeq: number
  readonly added: readonly number[]
  readonly expunged: readonly number[]
  readonly flagged: readonly number[]
}
export interface RecordTransfer extends StoredRecord {
  readonly kind: 'record'
  readonly record: RecordKind
}
/** A message in the recycle bin. */
export interface BinnedTransfer {
  readonly kind: 'binned'
  /** where it was, by the number and by the name that it had then */
  readonly mailbox: number
  readonly uid: number
  readonly name: string
  readonly message: number
  readonly flags: readonly string[]
  readonly size: number
  readonly internalDate: number
  readonly added: number
  readonly removedAt: number
  readonly until: number
}
export interface MessageTransfer {
  readonly kind: 'message'
  readonly message: number
  readonly entries: number
  readonly thread: number
  /** `SearchKeys` */
  readonly keys: unknown
  readonly prepared: Buffer
  readonly octets: Buffer
}
export type TransferRow =
  | MailboxTransfer
  | EntryTransfer
  | ThreadTransfer
  | ChangeTransfer
  | RecordTransfer
  | BinnedTransfer
  | MessageTransfer

export interface TransferEnd {
  /** processes that have the store open beside this one, in words */
  others(): Promise<readonly string[]>
  /** ascending by number; only what was published */
  accounts(): Promise<readonly TransferAccount[]>
  /** the highest number that an account ever had */
  lastAccount(): Promise<number>
  setLastAccount(account: number): Promise<void>
  /** In the order of `TransferRow`, each kind in order of its key (text by octets). */
  rows(account: number): AsyncIterable<TransferRow>
  /** Hides the account and removes what it has, but for its messages with `keep`. @returns the messages that are there whole */
  begin(account: number, keep: boolean): Promise<ReadonlySet<number>>
  /** one transaction */
  put(account: number, rows: readonly TransferRow[]): Promise<void>
  publish(account: TransferAccount): Promise<void>
  close(): Promise<void>
}

export interface Transferred {
  readonly name: string
  readonly how: 'copied' | 'was there'
  readonly mailboxes: number
  readonly messages: number
  readonly octets: number
  readonly sha256: string
}

const BATCH_ROWS = 1000
const BATCH_OCTETS = 4 * 1024 * 1024

/** Values of JSON as one text, whatever the order of keys; what is not UTF-8 becomes what UTF-8 makes of it. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => {
    if (typeof member === 'string') return Buffer.from(member).toString()
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}

function digesting(): { add(row: TransferRow): void; done(): Omit<Transferred, 'name' | 'how'> } {
  const hash = createHash('sha256')
  let mailboxes = 0
  let messages = 0
  let octets = 0
  return {
    add(row) {
      if (row.kind === 'mailbox') mailboxes++
      if (row.kind !== 'message') {
        hash.update(`${canonical(row)}\n`)
        return
      }
      messages++
      octets += row.octets.length
      const { prepared, octets: body, ...rest } = row
      hash.update(`${canonical({ ...rest, lengths: [prepared.length, body.length] })}\n`)
      hash.update(prepared)
      hash.update(body)
    },
    done: () => ({ mailboxes, messages, octets, sha256: hash.digest('hex') }),
  }
}

async function digestOf(end: TransferEnd, account: number): Promise<Omit<Transferred, 'name' | 'how'>> {
  const digest = digesting()
  for await (const row of end.rows(account)) digest.add(row)
  return digest.done()
}

async function copyRows(
  from: TransferEnd,
  to: TransferEnd,
  account: number,
  keep: boolean,
): Promise<Omit<Transferred, 'name' | 'how'>> {
  const whole = await to.begin(account, keep)
  const digest = digesting()
  let batch: TransferRow[] = []
  let octets = 0
  for await (const row of from.rows(account)) {
    digest.add(row)
    if (row.kind === 'message' && whole.has(row.message)) continue
    batch.push(row)
    if (row.kind === 'message') octets += row.octets.length + row.prepared.length
    if (batch.length < BATCH_ROWS && octets < BATCH_OCTETS) continue
    await to.put(account, batch)
    batch = []
    octets = 0
  }
  if (batch.length > 0) await to.put(account, batch)
  return digest.done()
}

/**
 * Copies every account; `to` then holds the same accounts as `from`. After an interruption it is run again: accounts that
 * are there are compared, messages that are there whole are not sent again. Throws when something differs at the end.
 */
export async function transferStore(
  from: TransferEnd,
  to: TransferEnd,
  report: (account: Transferred) => void,
): Promise<readonly Transferred[]> {
  const sources = await from.accounts()
  const targets = new Map((await to.accounts()).map((account) => [account.account, account]))
  const numbers = new Set(sources.map(({ account }) => account))
  for (const account of targets.keys()) if (!numbers.has(account)) await to.begin(account, false)
  await to.setLastAccount(await from.lastAccount())

  async function transferAccount(account: TransferAccount): Promise<Transferred> {
    const { name } = account
    if (!isWholeAccount(account.attributes))
      throw new Error(`${name}: its attributes are damaged; run haraka-mailbox check --repair ${name} first`)
    const target = targets.get(account.account)
    if (target && canonical(target) === canonical(account)) {
      const [source, copy] = [await digestOf(from, account.account), await digestOf(to, account.account)]
      if (source.sha256 === copy.sha256) return { name, how: 'was there', ...copy }
    }
    // What an interrupted run left may be older than the source: then once more from the beginning.
    for (const keep of [true, false]) {
      const source = await copyRows(from, to, account.account, keep)
      const copy = await digestOf(to, account.account)
      if (source.sha256 !== copy.sha256) continue
      await to.publish(account)
      return { name, how: 'copied', ...copy }
    }
    throw new Error(`${name}: the copy differs from the source; is somebody writing?`)
  }

  const done: Transferred[] = []
  for (const account of sources) {
    const result = await transferAccount(account)
    done.push(result)
    report(result)
  }
  if (canonical(await from.accounts()) !== canonical(await to.accounts())) {
    throw new Error('the accounts differ from those of the source; is somebody writing?')
  }
  return done
}

import { Contradiction } from '../../terms/errors'
import { type Fault, failed, ok, type Result } from '../../terms/fault'
import type { AccountId, MailboxId } from '../../terms/names'
import type { RecordTable, StoredRecord } from './records'

/** One entry of a mailbox, or of the server as an account sees it (RFC 5464 3). */
export interface Annotation {
  /** as it was set first; names are compared without case */
  readonly name: string
  readonly value: Buffer
}

/** undefined: the entry goes */
export interface AnnotationChange extends Omit<Annotation, 'value'> {
  readonly value: Buffer | undefined
}

/** What annotations belong to. */
type Annotated = MailboxId | 'server'

/** One record for all entries of a mailbox: they are read together, and go with it. */
export interface AnnotationTable {
  /** by name, without case */
  get(account: AccountId, of: Annotated): Promise<readonly Annotation[]>
  /** All changes or none. Faults: no-such-account, too-big, limit (too many), over-quota. */
  change(account: AccountId, of: Annotated, changes: readonly AnnotationChange[]): Promise<Result<void>>
  /** `to` has what `from` has. */
  copy(account: AccountId, from: MailboxId, to: MailboxId): Promise<void>
  remove(account: AccountId, of: MailboxId): Promise<void>
}

/** RFC 5464 4.1: a value of 1024 octets and 10 entries at least. Octets of one value, entries of one mailbox ... */
const MAX_ANNOTATION = 16 * 1024
const MAX_ENTRIES = 100
/** ... and octets of all records of an account, which no quota counts. */
const MAX_ALL = 512 * 1024

export const annotationKey = (of: Annotated): string => (of === 'server' ? of : `mailbox ${of}`)

type Entries = Map<string, Annotation>

/** What a mailbox without annotations may have. */
export const EMPTY_ANNOTATIONS = Buffer.from('[]')

/** Names and values. @returns undefined: it is no such text */
function pairsIn(value: Buffer): readonly (readonly [name: string, value: string])[] | undefined {
  try {
    const pairs: unknown = JSON.parse(value.toString())
    if (!Array.isArray(pairs)) return undefined
    const whole = pairs.filter((pair) => Array.isArray(pair) && pair.length === 2)
    return whole.length < pairs.length ? undefined : whole.map(([name, value]) => [String(name), String(value)])
  } catch {
    return undefined
  }
}
export const areAnnotations = (value: Buffer): boolean => pairsIn(value) !== undefined

function entriesOf(record: StoredRecord | undefined): Entries {
  const pairs = record ? pairsIn(record.value) : []
  if (!pairs)
    throw new Contradiction(`annotations (${record?.key}) are damaged: haraka-mailbox check says of which mailbox`)
  return new Map(pairs.map(([name, value]) => [name.toLowerCase(), { name, value: Buffer.from(value, 'base64') }]))
}

function recordOf(key: string, entries: Entries): StoredRecord {
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry)
  return { key, value: Buffer.from(JSON.stringify(sorted.map(({ name, value }) => [name, value.toString('base64')]))) }
}

function changed(before: StoredRecord | undefined, changes: readonly AnnotationChange[]): Entries {
  const entries = entriesOf(before)
  for (const { name, value } of changes) {
    const id = name.toLowerCase()
    if (value === undefined) entries.delete(id)
    else entries.set(id, { name: entries.get(id)?.name ?? name, value })
  }
  return entries
}

/** Why there is no room for it. */
function faultOf(records: ReadonlyMap<string, StoredRecord>, entries: Entries, next: StoredRecord): Fault | undefined {
  if (entries.size > MAX_ENTRIES) return { kind: 'limit', why: `more than ${MAX_ENTRIES} annotations` }
  const others = [...records.values()].filter(({ key }) => key !== next.key)
  const octets = others.reduce((sum, { value }) => sum + value.length, next.value.length)
  return octets > MAX_ALL ? { kind: 'over-quota' } : undefined
}

export const createAnnotationTable = (records: RecordTable): AnnotationTable => ({
  get: async (account, of) => [...entriesOf(await records.get(account, 'annotation', annotationKey(of))).values()],
  async change(account, of, changes) {
    if (changes.some(({ value }) => (value?.length ?? 0) > MAX_ANNOTATION)) {
      return failed({ kind: 'too-big', limit: MAX_ANNOTATION })
    }
    const key = annotationKey(of)
    const result = await records.change<Result<void>>(account, 'annotation', 'all', (before) => {
      const entries = changed(before.get(key), changes)
      const next = recordOf(key, entries)
      // What is over a limit may become less.
      const grows = next.value.length > (before.get(key)?.value.length ?? 0)
      const fault = grows ? faultOf(before, entries, next) : undefined
      if (fault) return { value: failed(fault) }
      return { value: ok(undefined), ...(entries.size > 0 ? { put: [next] } : { remove: [key] }) }
    })
    return result ?? failed({ kind: 'no-such-account' })
  },
  async copy(account, from, to) {
    if (!(await records.get(account, 'annotation', annotationKey(from)))) return
    await records.change(account, 'annotation', [annotationKey(from)], (before) => {
      const source = before.get(annotationKey(from))
      return { value: undefined, put: source ? [{ ...source, key: annotationKey(to) }] : [] }
    })
  },
  async remove(account, of) {
    if (!(await records.get(account, 'annotation', annotationKey(of)))) return
    await records.change(account, 'annotation', [], () => ({ value: undefined, remove: [annotationKey(of)] }))
  },
})

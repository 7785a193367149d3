import {
  type AccountRecord,
  type ClaimRecord,
  grant,
  grantWaiters,
  type HolderRecord,
  obstacle,
  purge,
  type WaiterRecord,
} from './record'

/** What may be asked of an account's record. Plain values: who decides may be another thread. */
export type Question =
  /**
   * To get in. `queue`: to wait when somebody is in the way, else whoever waited leaves the queue. `active`: when holders of the
   * process that asks showed life, by id, in milliseconds since 1970: more recent than what the record knows.
   */
  | {
      readonly kind: 'claim'
      readonly claim: WaiterRecord
      readonly queue: boolean
      readonly active: Readonly<Record<string, number>>
    }
  /** What the dead left goes, and who can get in now gets in; `waiters` of the process that asks, should they have been forgotten. */
  | { readonly kind: 'look-again'; readonly waiters: readonly WaiterRecord[] }
  /** A holder or a waiter goes; whose turn it is then gets in. */
  | { readonly kind: 'leave'; readonly id: string }
  | { readonly kind: 'describe'; readonly id: string; readonly client: string }
  | { readonly kind: 'active'; readonly id: string; readonly activeAt: number }

export interface Answer {
  /** the grant of the claim */
  readonly holder?: HolderRecord
  /** who is in its way */
  readonly by?: HolderRecord
  /** whose leases end by it */
  readonly ended: readonly HolderRecord[]
  /** waiters that hold now */
  readonly granted: readonly HolderRecord[]
}

/** What counts beside the record. */
export interface Circumstances {
  /** milliseconds since 1970 */
  readonly now: number
  /** whether that process runs and has shown life in time */
  living(process: string): boolean
}

const NOTHING: Answer = { ended: [], granted: [] }

/** Changes the record. Pure: the same in every driver that keeps records. */
export function decide(record: AccountRecord, question: Question, at: Circumstances): Answer {
  switch (question.kind) {
    case 'claim':
      return claim(record, question, at)
    case 'look-again':
      return lookAgain(record, question.waiters, at)
    case 'leave':
      return leave(record, question.id, at)
    case 'describe':
      return change(record, question.id, { client: question.client })
    case 'active':
      return change(record, question.id, { activeAt: question.activeAt })
  }
}

function claim(
  record: AccountRecord,
  { claim: wanted, queue, active }: Extract<Question, { kind: 'claim' }>,
  at: Circumstances,
): Answer {
  // Its turn came while it asked.
  const holder = record.holders.find(({ id }) => id === wanted.id)
  if (holder) return { ...NOTHING, holder }
  if (!queue) record.waiters = record.waiters.filter(({ id }) => id !== wanted.id)
  let ended: readonly HolderRecord[] = []
  if (obstacle(record, wanted)) {
    purge(record, at.living)
    ended = takeOver(record, wanted, active, at.now)
  }
  // Who waited longer goes first when a dead holder made room.
  const granted = record.waiters.length > 0 ? grantWaiters(record, at.now, at.living) : []
  const by = obstacle(record, wanted)
  if (!by) return { holder: grant(record, wanted, at.now), ended, granted }
  if (queue && !record.waiters.some(({ id }) => id === wanted.id)) record.waiters.push(wanted)
  return { by, ended, granted }
}

/** Ends exclusive holders that are idle for longer than this claim allows. */
function takeOver(
  record: AccountRecord,
  { access, takeover }: WaiterRecord,
  active: Readonly<Record<string, number>>,
  now: number,
): HolderRecord[] {
  if (takeover === 'never' || access !== 'exclusive') return []
  const idle = record.holders.filter(
    (holder) => holder.access === 'exclusive' && now - (active[holder.id] ?? holder.activeAt) >= takeover,
  )
  record.holders = record.holders.filter((holder) => !idle.includes(holder))
  return idle
}

function lookAgain(record: AccountRecord, waiters: readonly WaiterRecord[], at: Circumstances): Answer {
  purge(record, at.living)
  const unheard: HolderRecord[] = []
  for (const waiter of waiters) {
    const holder = record.holders.find(({ id }) => id === waiter.id)
    if (holder) unheard.push(holder)
    else if (!record.waiters.some(({ id }) => id === waiter.id)) record.waiters.push(waiter)
  }
  return { ...NOTHING, granted: [...unheard, ...grantWaiters(record, at.now, at.living)] }
}

function leave(record: AccountRecord, leaving: string, at: Circumstances): Answer {
  const held = record.holders.length
  record.holders = record.holders.filter(({ id }) => id !== leaving)
  record.waiters = record.waiters.filter(({ id }) => id !== leaving)
  if (held === record.holders.length && record.waiters.length === 0) return NOTHING
  return { ...NOTHING, granted: grantWaiters(record, at.now, at.living) }
}

function change(
  record: AccountRecord,
  changed: string,
  what: Partial<Pick<ClaimRecord, 'client'> & Pick<HolderRecord, 'activeAt'>>,
): Answer {
  record.holders = record.holders.map((holder) => (holder.id === changed ? { ...holder, ...what } : holder))
  return NOTHING
}

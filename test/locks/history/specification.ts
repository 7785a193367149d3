import type { Access } from '../../../lib/locks/locks'
import { check, type Operation, type Specification } from './linearize'
import type { Recorded } from './record'

/**
 * The lock of one account and the fence of its store, as one process alone would have them. That a lease ends is an operation too:
 * from its release, a kick, or a fault of its process on, and never before.
 */
type Input =
  | {
      readonly kind: 'grant'
      readonly lease: number
      readonly access: Access
      /** undefined: the answer was lost */
      readonly fence: number | undefined
    }
  | { readonly kind: 'held'; readonly access: Access }
  | { readonly kind: 'end'; readonly lease: number }
  | { readonly kind: 'open'; readonly fence: number }
  | { readonly kind: 'quit'; readonly fence: number; readonly deleted: boolean }

interface State {
  readonly holders: ReadonlyMap<number, Access>
  /** of the last grant */
  readonly fence: number
  readonly exclusive: boolean
  /** the highest fence that the store was told */
  readonly seen: number
}

const isKeptOut = ({ holders }: State, access: Access): boolean =>
  access === 'exclusive' ? holders.size > 0 : [...holders.values()].includes('exclusive')

function step(state: State, input: Input): State | undefined {
  switch (input.kind) {
    case 'grant': {
      const { lease, access, fence = state.fence } = input
      const grows = access === 'exclusive' || state.exclusive ? fence > state.fence : fence >= state.fence
      if (isKeptOut(state, access) || (input.fence !== undefined && !grows)) return undefined
      const holders = new Map([...state.holders, [lease, access] as const])
      return { ...state, holders, fence, exclusive: access === 'exclusive' }
    }
    case 'held':
      return isKeptOut(state, input.access) ? state : undefined
    case 'end': {
      if (!state.holders.has(input.lease)) return undefined
      return { ...state, holders: new Map([...state.holders].filter(([lease]) => lease !== input.lease)) }
    }
    case 'open':
      return { ...state, seen: Math.max(state.seen, input.fence) }
    case 'quit':
      return input.deleted === (input.fence === state.seen) ? state : undefined
  }
}

const LOCK: Specification<State, Input> = {
  initial: { holders: new Map(), fence: 0, exclusive: false, seen: 0 },
  step,
  key: ({ holders, fence, exclusive, seen }) =>
    `${[...holders.keys()].sort((a, b) => a - b)} ${fence} ${exclusive} ${seen}`,
}

type Kind<K extends Recorded['kind']> = Extract<Recorded, { kind: K }>

/** never */
const NEVER = Number.POSITIVE_INFINITY

/** Faults of its process between its claim and `until`. */
const faultsOf = ({ process, call }: Kind<'acquire'>, history: readonly Recorded[], until = NEVER): Kind<'fault'>[] =>
  history.flatMap((each) =>
    each.kind === 'fault' && each.process === process && each.from < until && (each.to ?? NEVER) > call ? [each] : [],
  )

/** From when on it may end, and until when it has ended; undefined: it cannot have, or need not. */
function endOf(acquired: Kind<'acquire'>, history: readonly Recorded[]): Operation<Input> | undefined {
  const { lease, account, call: begun } = acquired
  const released = history.find((each): each is Kind<'release'> => each.kind === 'release' && each.lease === lease)
  const faults = faultsOf(acquired, history, released?.return)
  const from = Math.min(
    released?.call ?? NEVER,
    ...history.flatMap((each) =>
      each.kind === 'kick' && each.account === account && (each.return ?? NEVER) > begun ? [each.call] : [],
    ),
    ...faults.map((fault) => fault.from),
  )
  if (from === NEVER) return undefined
  // Who is cut off says a release again later.
  const isHeard = faults.every(({ fault }) => fault === 'stop')
  return { input: { kind: 'end', lease }, call: Math.max(from, begun), return: isHeard ? released?.return : undefined }
}

/** What was answered. */
function acquisition(acquired: Kind<'acquire'>, history: readonly Recorded[]): Operation<Input>[] {
  const { lease, access, call, outcome, fence, return: end } = acquired
  if (outcome === 'held') return [{ input: { kind: 'held', access }, call, return: end }]
  if (outcome === 'unknown') return []
  const ending = endOf(acquired, history)
  return [{ input: { kind: 'grant', lease, access, fence }, call, return: end }, ...(ending ? [ending] : [])]
}

/**
 * A grant that its process did not hear of, because it was stopped, cut off or killed while it waited, or had no answer in time. It
 * runs out, or is given back; and who still waits then may have another turn.
 */
function unheard(acquired: Kind<'acquire'>, history: readonly Recorded[]): Operation<Input>[] {
  const { access, call, outcome, return: end } = acquired
  if (outcome !== 'unknown' && faultsOf(acquired, history, end).length === 0) return []
  const lease = -1 - acquired.lease
  return [
    { input: { kind: 'grant', lease, access, fence: undefined }, call, return: undefined },
    { input: { kind: 'end', lease }, call, return: undefined },
  ]
}

function operationsOf(each: Recorded, history: readonly Recorded[]): Operation<Input>[] {
  switch (each.kind) {
    case 'acquire':
      return [...acquisition(each, history), ...unheard(each, history)]
    case 'open':
      return [{ input: { kind: 'open', fence: each.fence }, call: each.call, return: each.return }]
    case 'quit': {
      const input = { kind: 'quit', fence: each.fence, deleted: each.outcome === 'deleted' } as const
      return [{ input, call: each.call, return: each.return }]
    }
    case 'release':
    case 'kick':
    case 'fault':
      return []
  }
}

/** Accounts are independent, and are checked apart. @returns undefined: it is linearizable; else where it is not */
export function checkHistory(history: readonly Recorded[]): string | undefined {
  const faults = history.filter((each) => each.kind === 'fault')
  const accounts = new Map<string, Recorded[]>()
  for (const each of history)
    if (each.kind !== 'fault') accounts.set(each.account, [...(accounts.get(each.account) ?? []), each])
  for (const [account, own] of accounts) {
    const stuck = check(
      own.flatMap((each) => operationsOf(each, [...own, ...faults])),
      LOCK,
    )
    if (stuck)
      return `${account}: no order of these is possible:\n${stuck.map((each) => JSON.stringify(each)).join('\n')}`
  }
  return undefined
}

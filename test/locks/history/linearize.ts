/**
 * Whether a concurrent history is one that a sequential object could have had. The search of Wing and Gong ("Testing and verifying
 * concurrent objects", 1993) with the memory of Lowe ("Testing for linearizability", 2017): a set of operations that took effect,
 * with the state that they led to, is tried once. Histories of independent objects are checked apart (Horn and Kroening, "Faster
 * linearizability checking via P-compositionality", 2015), as Porcupine does; the caller parts them.
 */
export interface Operation<Input> {
  readonly input: Input
  /** when it was asked for, and answered, by one clock; undefined: never, so that it may have taken effect later, or not at all */
  readonly call: number
  readonly return: number | undefined
}

export interface Specification<State, Input> {
  readonly initial: State
  /** @returns undefined: it cannot have had this outcome in this state */
  step(state: State, input: Input): State | undefined
  /** equal for equal states */
  key(state: State): string
}

/** A call or a return in the order of time, in a list that links what is not in effect yet. */
interface Event {
  readonly operation: number
  readonly isCall: boolean
  before: Event | undefined
  after: Event | undefined
}

const unlink = (event: Event | undefined): void => {
  if (!event) return
  if (event.before) event.before.after = event.after
  if (event.after) event.after.before = event.before
}
const relink = (event: Event | undefined): void => {
  if (!event) return
  if (event.before) event.before.after = event
  if (event.after) event.after.before = event
}

/** @returns undefined: it is linearizable; else the operations that could not be brought into an order, at the furthest point */
export function check<State, Input>(
  operations: readonly Operation<Input>[],
  { initial, step, key }: Specification<State, Input>,
): readonly Operation<Input>[] | undefined {
  const ops = [...operations].sort((a, b) => a.call - b.call)
  const times = ops.flatMap(({ call, return: end }, operation) => [
    { at: call, operation, isCall: true },
    ...(end === undefined ? [] : [{ at: end, operation, isCall: false }]),
  ])
  // What is called when another returns is beside it.
  times.sort((a, b) => a.at - b.at || Number(b.isCall) - Number(a.isCall))
  const head: Event = { operation: -1, isCall: false, before: undefined, after: undefined }
  const returns = new Map<number, Event>()
  let last = head
  for (const { operation, isCall } of times) {
    const event: Event = { operation, isCall, before: last, after: undefined }
    last.after = event
    last = event
    if (!isCall) returns.set(operation, event)
  }

  const done = new Uint8Array(ops.length)
  /** all operations before it took effect */
  let low = 0
  /** Few are open at once, so that the set is nearly a prefix. */
  function setKey(): string {
    while (done[low]) low++
    const beyond: number[] = []
    for (let nth = low, left = count - low; left > 0; nth++)
      if (done[nth]) {
        beyond.push(nth)
        left--
      }
    return `${low}:${beyond.join(',')}`
  }
  let count = 0
  let answered = 0
  let state = initial
  const tried = new Set<string>()
  const stack: { readonly call: Event; readonly state: State }[] = []
  let furthest = -1
  let open: readonly number[] = []

  for (let event = head.after; answered < returns.size; ) {
    const operation = event && ops[event.operation]
    if (event?.isCall && operation) {
      const next = step(state, operation.input)
      if (next !== undefined) {
        done[event.operation] = 1
        count++
        const seen = `${setKey()} ${key(next)}`
        if (!tried.has(seen)) {
          tried.add(seen)
          stack.push({ call: event, state })
          state = next
          unlink(event)
          const end = returns.get(event.operation)
          unlink(end)
          if (end) answered++
          event = head.after
          continue
        }
        done[event.operation] = 0
        count--
        low = Math.min(low, event.operation)
      }
      event = event.after
      continue
    }
    // Somebody had an answer before this could take effect: another order.
    if (count > furthest) {
      furthest = count
      open = openAt(head)
    }
    const undone = stack.pop()
    if (!undone) return open.flatMap((nth) => ops[nth] ?? [])
    state = undone.state
    done[undone.call.operation] = 0
    count--
    low = Math.min(low, undone.call.operation)
    const end = returns.get(undone.call.operation)
    relink(end)
    if (end) answered--
    relink(undone.call)
    event = undone.call.after
  }
  return undefined
}

/** Those that could come next: called before the first return. */
function openAt(head: Event): number[] {
  const found: number[] = []
  for (let event = head.after; event?.isCall; event = event.after) found.push(event.operation)
  return found
}

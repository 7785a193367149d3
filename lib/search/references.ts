import { sentDate } from './sort'
import type { Thread, ThreadRow } from './thread'

/** THREAD=REFERENCES (RFC 5256 3), step by step. Threads can be very deep: nothing here recurses. */

interface Container<Row> {
  row: Row | undefined
  parent: Container<Row> | undefined
  children: Container<Row>[]
}

const empty = <Row>(row: Row | undefined): Container<Row> => ({ row, parent: undefined, children: [] })

/** A longer way up is taken for a loop: keeps forged references from costing the square of their number. */
const MAX_WAY_UP = 2_000

function isAbove<Row>(above: Container<Row>, below: Container<Row>): boolean {
  let steps = 0
  for (let one: Container<Row> | undefined = below; one; one = one.parent) {
    if (one === above || ++steps > MAX_WAY_UP) return true
  }
  return false
}

function referencesOf({ keys }: ThreadRow): readonly string[] {
  if (keys.references.length > 0) return keys.references
  return keys.inReplyTo === '' ? [] : [keys.inReplyTo]
}

/** Step 1: who answers whom. Only parents are noted; children follow from them. */
function link<Row extends ThreadRow>(rows: readonly Row[]): Container<Row>[] {
  const byId = new Map<string, Container<Row>>()
  const all: Container<Row>[] = []
  /** who has been a parent: one that never was cannot be above anybody */
  const parents = new Set<Container<Row>>()
  const make = (row: Row | undefined): Container<Row> => {
    const made = empty(row)
    all.push(made)
    return made
  }
  const known = (id: string): Container<Row> => {
    const container = byId.get(id) ?? make(undefined)
    byId.set(id, container)
    return container
  }
  const adopt = (parent: Container<Row>, child: Container<Row>): void => {
    if (parent === child || (parents.has(child) && isAbove(child, parent))) return
    child.parent = parent
    parents.add(parent)
  }
  // A message's own id belongs to the first message that has it; others with it are on their own.
  const own = rows.map((row) => {
    const id = row.keys.messageId
    if (id === '' || byId.has(id)) return make(row)
    const container = known(id)
    container.row = row
    return container
  })
  rows.forEach((row, index) => {
    const self = own[index]
    if (!self) return
    let previous: Container<Row> | undefined
    for (const id of referencesOf(row)) {
      const container = known(id)
      if (previous && container.parent === undefined) adopt(previous, container)
      previous = container
    }
    self.parent = undefined
    if (previous) adopt(previous, self)
  })
  return all
}

/** Steps 2 and 3: the tree, without messages that are not there. @returns the first messages of the threads */
function prune<Row>(all: readonly Container<Row>[]): Container<Row>[] {
  for (const one of all) one.parent?.children.push(one)
  const order = all.filter((one) => one.parent === undefined)
  for (let at = 0; at < order.length; at++) for (const child of order[at]?.children ?? []) order.push(child)
  const present = (one: Container<Row>): Container<Row>[] => (one.row === undefined ? one.children : [one])
  // From the leaves up, so that children are done before their parents.
  for (const one of order.reverse()) one.children = one.children.flatMap(present)
  return all
    .filter((one) => one.parent === undefined)
    .flatMap((one) => (one.row !== undefined || one.children.length > 1 ? [one] : one.children))
}

/** What a thread without a first message is sorted by and named after: its first child. */
const spokesman = <Row>(one: Container<Row>): Row | undefined => one.row ?? one.children[0]?.row

function sortByDate<Row extends ThreadRow>(siblings: Container<Row>[], ranks: ReadonlyMap<Row, number>): void {
  if (siblings.length < 2) return
  const key = (one: Container<Row>): readonly [number, number] => {
    const row = spokesman(one)
    return row === undefined ? [0, 0] : [sentDate(row), ranks.get(row) ?? 0]
  }
  const keyed = siblings.map((one) => ({ one, key: key(one) }))
  keyed.sort((a, b) => a.key[0] - b.key[0] || a.key[1] - b.key[1])
  keyed.forEach(({ one }, index) => {
    siblings[index] = one
  })
}

/** Step 5: threads of one subject become one. */
function mergeBySubject<Row extends ThreadRow>(roots: readonly Container<Row>[]): Container<Row>[] {
  const subjectOf = (one: Container<Row>): string => spokesman(one)?.keys.baseSubject ?? ''
  const isReply = (one: Container<Row>): boolean => one.row?.keys.isReply ?? false
  const table = new Map<string, Container<Row>>()
  for (const one of roots) {
    const subject = subjectOf(one)
    if (subject === '') continue
    const first = table.get(subject)
    const better = first?.row !== undefined && (one.row === undefined || (isReply(first) && !isReply(one)))
    if (!first || better) table.set(subject, one)
  }
  const placeOf = new Map<Container<Row>, Container<Row> | undefined>()
  for (const one of roots) {
    const subject = subjectOf(one)
    const first = table.get(subject)
    if (subject === '' || !first || first === one) continue
    placeOf.set(one, undefined)
    if (first.row === undefined && one.row === undefined) for (const child of one.children) first.children.push(child)
    else if (first.row === undefined || (isReply(one) && !isReply(first))) first.children.push(one)
    else {
      const both = empty<Row>(undefined)
      both.children = [first, one]
      placeOf.set(first, both)
      table.set(subject, both)
    }
  }
  return roots.flatMap((one) => {
    const place = placeOf.has(one) ? placeOf.get(one) : one
    return place ? [place] : []
  })
}

/** @param rows in order of sequence number */
export function byReferences<Row extends ThreadRow>(rows: readonly Row[]): Thread<Row>[] {
  const ranks = new Map(rows.map((row, index) => [row, index]))
  const roots = prune(link(rows))
  // Step 4: the earliest thread first, so that it becomes the head when threads are merged.
  for (const root of roots) sortByDate(root.children, ranks)
  sortByDate(roots, ranks)
  const merged = mergeBySubject(roots)
  // Step 6.
  const order = [...merged]
  for (let at = 0; at < order.length; at++) for (const child of order[at]?.children ?? []) order.push(child)
  for (const one of order.reverse()) sortByDate(one.children, ranks)
  sortByDate(merged, ranks)
  return merged
}

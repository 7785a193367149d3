/**
 * What was read or made of messages, kept in memory for the next time. Messages never change and UIDs are never used again, so
 * nothing in here can be out of date. One limit for everything; the mailbox that was not asked for longest goes first.
 */
export interface Kept {
  /** One kind of value. The function gives its column of a mailbox, by a key that names both. */
  columns<V>(): (key: string) => KeptColumn<V>
}

export interface KeptColumn<V> {
  /** how many values it has */
  readonly count: number
  get(uid: number): V | undefined
  /** @param octets what it costs */
  set(uid: number, value: V, octets: number): void
}

/** A mailbox that is too big to be kept must not drive out all others. */
const MOST_OF_ALL = 0.25
/** octets of an entry of a Map, and of a column that is empty: clients make as many as they like */
const ENTRY = 40
const EMPTY = 400

class Column<V> implements KeptColumn<V> {
  readonly values = new Map<number, V>()

  constructor(
    readonly take: (column: Column<unknown>, octets: number) => boolean,
    readonly drop: () => void,
    public octets: number,
  ) {}
  get count(): number {
    return this.values.size
  }
  get(uid: number): V | undefined {
    return this.values.get(uid)
  }
  set(uid: number, value: V, octets: number): void {
    if (!this.values.has(uid) && this.take(this, octets + ENTRY)) this.values.set(uid, value)
  }
}

/** @param limit octets; 0: nothing is kept */
export function createKept(limit: number): Kept {
  /** the longest unused first */
  const order = new Set<Column<unknown>>()
  let total = 0

  function makeRoom(octets: number): void {
    for (const oldest of order) {
      if (total + octets <= limit) break
      order.delete(oldest)
      oldest.drop()
      total -= oldest.octets
    }
  }
  /** False: the column has its share, or was dropped itself. */
  function take(column: Column<unknown>, octets: number): boolean {
    if (!order.has(column) || column.octets + octets > limit * MOST_OF_ALL) return false
    makeRoom(octets)
    if (!order.has(column)) return false
    column.octets += octets
    total += octets
    return true
  }

  function columns<V>(): (key: string) => KeptColumn<V> {
    const byKey = new Map<string, Column<V>>()
    function begin(key: string): Column<V> {
      const column = new Column<V>(take, () => byKey.delete(key), EMPTY + key.length)
      makeRoom(column.octets)
      total += column.octets
      byKey.set(key, column)
      return column
    }
    return (key) => {
      const column = byKey.get(key) ?? begin(key)
      order.delete(column)
      order.add(column)
      return column
    }
  }

  return { columns }
}

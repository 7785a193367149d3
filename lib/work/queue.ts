/** What waits, by whose it is: callers are served one after the other, each in the order in which it asked. */
export interface Queue<T> {
  /** False: too much waits. */
  put(item: T): boolean
  /** The next whose caller may run. */
  take(may: (by: string) => boolean): T | undefined
  remove(item: T): void
  /** Takes out everything. */
  all(): T[]
}

export interface QueueLimits {
  readonly most: number
  readonly mostOfOne: number
  readonly mostOctets: number
}

export function createQueue<T extends { readonly by: string; readonly octets: number }>(limits: QueueLimits): Queue<T> {
  /** the caller whose turn is longest ago first */
  const callers = new Map<string, T[]>()
  let count = 0
  let octets = 0

  function left(item: T, items: T[]): void {
    count--
    octets -= item.octets
    callers.delete(item.by)
    // At the end: others go first now.
    if (items.length > 0) callers.set(item.by, items)
  }

  return {
    put(item) {
      const items = callers.get(item.by) ?? []
      // What is alone may be as big as its budget allows.
      const tooBig = count > 0 && octets + item.octets > limits.mostOctets
      if (count >= limits.most || items.length >= limits.mostOfOne || tooBig) return false
      items.push(item)
      callers.set(item.by, items)
      count++
      octets += item.octets
      return true
    },
    take(may) {
      for (const [by, items] of callers) {
        if (!may(by)) continue
        const item = items.shift()
        if (item) left(item, items)
        return item
      }
      return undefined
    },
    remove(item) {
      const items = callers.get(item.by)
      const at = items?.indexOf(item) ?? -1
      if (!items || at < 0) return
      items.splice(at, 1)
      left(item, items)
    },
    all() {
      const items = [...callers.values()].flat()
      callers.clear()
      count = 0
      octets = 0
      return items
    },
  }
}

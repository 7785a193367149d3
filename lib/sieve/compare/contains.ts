import type { Budget } from '../budget'

/** V8's own search takes the square of the time for some longer keys. */
const NATIVE_KEY = 200

/** For each prefix of the key the length of its longest border (Knuth, Morris, Pratt). */
function borders(key: string): Int32Array {
  const table = new Int32Array(key.length)
  for (let i = 1, length = 0; i < key.length; ) {
    if (key.charCodeAt(i) === key.charCodeAt(length)) table[i++] = ++length
    else if (length > 0) length = table[length - 1] ?? 0
    else table[i++] = 0
  }
  return table
}

/** `indexOf` whose time grows with value and key, whatever they are. */
export function find(value: string, key: string, from: number, budget: Budget): number {
  if (key.length > value.length - from) return -1
  if (key.length <= NATIVE_KEY) {
    const found = value.indexOf(key, from)
    budget.pass((found < 0 ? value.length : found) - from + key.length)
    return found
  }
  budget.spend(value.length - from + key.length)
  const table = borders(key)
  let matched = 0
  for (let i = from; i < value.length; i++) {
    while (matched > 0 && value.charCodeAt(i) !== key.charCodeAt(matched)) matched = table[matched - 1] ?? 0
    if (value.charCodeAt(i) === key.charCodeAt(matched)) matched++
    if (matched === key.length) return i - matched + 1
  }
  return -1
}

import type { IndexState, IndexStatus } from '../../mailbox/texts/status'
import type { TextCounts } from '../../store/texts'
import { sizeText } from '../../terms/sizes'

type Named = TextCounts & { readonly name: string }

/** milliseconds after which progress is shown, and between two lines of it */
const PATIENCE = 2000
const BETWEEN = { screen: 200, file: 10_000 } as const

const STATES: Readonly<Record<IndexState, string>> = {
  off: 'off ([search] index = no in mailbox_store.ini): every search reads the mail',
  complete: 'complete',
  building: 'is being built in the background',
  waiting: 'not complete, and no server builds it now',
}

const messages = (count: number): string => `${count} ${count === 1 ? 'message' : 'messages'}`
const countsOf = ({ indexed, waiting, unreadable }: TextCounts): string =>
  `${messages(indexed)} indexed, ${waiting} waiting${unreadable > 0 ? `, ${unreadable} too large` : ''}`

export function linesOf(status: IndexStatus, accounts: readonly Named[]): readonly string[] {
  const { state, octets, behind } = status
  const size = octets === undefined ? '' : `, ${sizeText(octets)} on the disk`
  const more = behind - accounts.length
  return [
    `text index: ${STATES[state]}`,
    `${countsOf(status)}${size}`,
    ...accounts.map(({ name, ...counts }) => `  ${name}: ${countsOf(counts)}`),
    ...(accounts.length > 1 && more > 0 ? [`  and ${more} more accounts that wait`] : []),
  ]
}

/** For programs: names are stable. */
export const jsonOf = (
  { state, indexed, waiting, unreadable, octets, behind }: IndexStatus,
  accounts: readonly Named[],
) => ({
  ...{ state, indexed, waiting, unreadable },
  octets: octets ?? null,
  accountsBehind: behind,
  accounts,
})

/** What takes longer than two seconds says how far it is, on standard error. @param most messages that wait at the start */
export function progressOf(most: number, isQuiet: boolean) {
  const began = performance.now()
  let done = 0
  let last = began + PATIENCE - BETWEEN.screen
  let isShown = false

  function show(): void {
    const now = performance.now()
    const { isTTY } = process.stderr
    if (isQuiet || now - began < PATIENCE || now - last < (isTTY ? BETWEEN.screen : BETWEEN.file)) return
    last = now
    const rate = done / ((now - began) / 1000)
    const left = rate > 0 ? `, ${Math.ceil(Math.max(0, most - done) / rate)} s left` : ''
    const text = `${done} of ${messages(most)} indexed, ${Math.round(rate)} messages/s${left}`
    process.stderr.write(isTTY ? `\r${text}\x1b[K` : `${text}\n`)
    isShown = true
  }
  return {
    told(count: number): void {
      done += count
      show()
    },
    /** of what waited at the start, so much waits now */
    reached(waiting: number): void {
      done = Math.max(0, most - waiting)
      show()
    },
    end(): void {
      if (isShown && process.stderr.isTTY) process.stderr.write('\r\x1b[K')
    },
  }
}

import type { BinState, EraseProof, Restored } from '../../mailbox/mailbox'
import type { BinnedMessage } from '../../store/bin'
import { plainText, utcTime } from '../../terms/plain'
import { sizeText } from '../../terms/sizes'

/** What the commands of the recycle bin print. */

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`
export const messagesOf = (count: number): string => counted(count, 'message')
/** to the minute */
export const minute = (at: number): string => utcTime(at).slice(0, 16)

/** The first line of what others wrote. */
const plain = (text: string): string => plainText(text.split('\n')[0] ?? '').trim()

/** Cut to a number of characters, of which two or more columns may be taken by some. */
const cut = (text: string, width: number): string => {
  const letters = [...text]
  return letters.length <= width ? text : `${letters.slice(0, Math.max(1, width - 1)).join('')}…`
}

const TITLES = ['id', 'removed (UTC)', 'until (UTC)', 'mailbox', 'from', 'subject'] as const
/** characters of the last three, where the terminal is wide enough */
const WIDTHS = [16, 24] as const

/** @param width of the terminal; undefined: no terminal, nothing is cut */
export function tableOf(messages: readonly BinnedMessage[], width: number | undefined): readonly string[] {
  const rows = messages.map(({ id, removedAt, until, mailbox, keys }) => {
    const texts = [mailbox, keys.displayFrom || keys.from, keys.subject || '(no subject)'].map(plain)
    return [id, minute(removedAt), minute(until), ...texts]
  })
  const [mostMailbox, mostFrom] = WIDTHS
  const limits = [undefined, undefined, undefined, mostMailbox, mostFrom, undefined]
  const cells = [[...TITLES], ...rows].map((row) =>
    row.map((cell, column) => {
      const limit = limits[column]
      return width === undefined || limit === undefined ? cell : cut(cell, limit)
    }),
  )
  const widths = TITLES.map((_, column) => Math.max(...cells.map((row) => [...(row[column] ?? '')].length)))
  return cells.map((row) => {
    const line = row.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - [...cell].length)).join('  ')
    return width === undefined ? line.trimEnd() : cut(line.trimEnd(), width)
  })
}

/** For programs: names are stable. */
export const jsonOf = (messages: readonly BinnedMessage[]) =>
  messages.map(({ id, mailbox, flags, size, internalDate, removedAt, until, keys }) => ({
    ...{ id, mailbox, from: keys.from.split('\n')[0], subject: keys.subject.split('\n')[0], size },
    ...{ flags: flags.names, date: internalDate, removedAt, until },
  }))

const HOUR = 3_600_000
function span(milliseconds: number): string {
  if (milliseconds >= 2 * HOUR) return `${Math.round(milliseconds / HOUR)} h`
  return milliseconds >= 120_000 ? `${Math.round(milliseconds / 60_000)} min` : `${Math.round(milliseconds / 1000)} s`
}

export function stateLine(name: string, { messages, bytes, keptFor }: BinState): string {
  const kept =
    keptFor === 0 ? 'it is off: what is removed now is gone' : `what is removed now is kept for ${span(keptFor)}`
  return `${name}: ${messagesOf(messages)}, ${sizeText(bytes)} in the recycle bin; ${kept}`
}

export const restoredLines = ({ mailboxes, messages }: Restored): readonly string[] => [
  `restored ${messagesOf(messages)}`,
  ...mailboxes.map(({ mailbox, messages: count }) => `  ${count} to ${plain(mailbox)}`),
]

export const proofLines = (what: string, { messages, bytes, left, disk }: EraseProof): readonly string[] => [
  `erased ${what}: ${messagesOf(messages)}, ${bytes} octets`,
  left.length === 0
    ? '  looked again: nothing of them is left in the store or in the text index'
    : `  looked again: left are ${left.join(', ')}`,
  `  on the disk: ${disk}`,
]

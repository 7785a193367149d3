import { type ModSeq, modSeq } from '../terms/numbers'
import { LOG_LENGTH } from './limits'

/**
 * Flags are acknowledged before they are on the disk, so a power cut takes back mod-sequences that clients were told. After it a mailbox
 * leaps: its mod-sequence goes on beyond all that can have been told, and what lies between is its gap. Who names a mod-sequence in a gap
 * knows what is not so any more, of messages whose own mod-sequences are below it (docs/durability.md#why-a-leap-is-not-enough).
 */
export interface Gap {
  /** what was on the disk: true still */
  readonly after: ModSeq
  /** what the mailbox had before its next change */
  readonly before: ModSeq
}

/** More commits than one mailbox can have had between two flushes of a disk, or behind a replica that takes over. */
export const LEAP = 2 ** 20

const NONE: readonly Gap[] = []

/** @param text as a mailbox keeps them, ascending: `after before after before` */
export function gapsFrom(text: string): readonly Gap[] {
  if (text === '') return NONE
  const numbers = text.split(' ').map(Number)
  const gaps: Gap[] = []
  for (let at = 0; at + 1 < numbers.length; at += 2) {
    gaps.push({ after: modSeq(numbers[at] ?? 0), before: modSeq(numbers[at + 1] ?? 0) })
  }
  return gaps
}

export const inGap = (gaps: readonly Gap[], named: number): boolean =>
  gaps.some(({ after, before }) => named > after && named < before)

/** The mod-sequence by which a client that names `named` is answered: in a gap 1, which is everything. */
export const toldSince = (gaps: readonly Gap[], named: number): number => (inGap(gaps, named) ? 1 : named)

/** Whether a gap begins at `since` or later, or has it: what was seen then may not be so any more. */
export const leaptSince = (gaps: readonly Gap[], since: number): boolean => gaps.some(({ before }) => since < before)

/** Commits that a mailbox has had after `since`, which is in no gap, up to `now`. */
export const commitsBetween = (gaps: readonly Gap[], since: number, now: number): number =>
  gaps.reduce(
    (count, { after, before }) => (after >= since && after > 0 ? count - (before - after) : count),
    now - since,
  )

/** The mod-sequence behind which the log goes on, of one that is in no gap: a gap that begins there is passed over. */
export const beyondGaps = (gaps: readonly Gap[], at: number): number =>
  gaps.reduce((now, { after, before }) => (after === now && after > 0 ? before : now), at)

/** The log of a mailbox that is at `now` has the commits from here on. */
export const logStart = (gaps: readonly Gap[], now: number): number =>
  gaps.reduceRight((start, { after, before }) => (start < before ? start - (before - after) : start), now - LOG_LENGTH)

/** Octets of a mailbox's text that are enough: some twenty gaps. */
const MOST = 400
const LONG = `length(gaps) >= ${MOST}`
/** It has had no commit since its last leap. */
const IDLE = `gaps LIKE '% ' || mod_seq`

/**
 * All mailboxes leap, in every driver with SQL. Of too many gaps the last one grows, where nothing was committed behind it; else
 * all become one from the beginning, and the log goes: it has what nobody can name.
 * @param schema `mailbox.`, or nothing
 * @param also what else becomes of each mailbox: `, column = ...`
 * @returns statements; the last one changes a row for each mailbox
 */
export const leapStatements = (schema: string, also = ''): readonly string[] => [
  `DELETE FROM ${schema}changes WHERE (account, mailbox) IN
    (SELECT account, mailbox FROM ${schema}mailboxes WHERE ${LONG} AND NOT ${IDLE})`,
  `UPDATE ${schema}mailboxes SET mod_seq = mod_seq + ${LEAP}, gaps = CASE
    WHEN NOT ${LONG} THEN ltrim(gaps || ' ' || mod_seq || ' ' || (mod_seq + ${LEAP}))
    WHEN ${IDLE} THEN rtrim(gaps, '0123456789') || (mod_seq + ${LEAP})
    ELSE '0 ' || (mod_seq + ${LEAP}) END${also}`,
]

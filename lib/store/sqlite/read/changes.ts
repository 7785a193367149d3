import type { Sql } from '../../../engine/sqlite/connection/connection'
import { turn } from '../../../work/turns'
import type { IndexRow } from '../../change'
import { beyondGaps, gapsFrom, inGap } from '../../gaps'
import { indexRow, type MailboxRecord } from '../../row-types'
import { uidsFrom } from '../rows'
import { type ListedRow, type MailboxKey, mailboxAt } from './mailboxes'
import { moment } from './moment'

/** log entries of one statement, and rows */
const ENTRIES = 100
const ROWS = 500
/** UIDs beyond which a mailbox is read anew sooner than row by row */
const MOST_UIDS = 50_000
/** statements of one catching up: nobody writes so fast that it would need more */
const MOST_STEPS = 2000

type LogRow = readonly [modSeq: number, added: string, expunged: string, flagged: string]
const LOG = `SELECT mod_seq, added, expunged, flagged FROM changes
  WHERE account = ? AND mailbox = ? AND mod_seq > ? ORDER BY mod_seq LIMIT ${ENTRIES}`
const LOG_OF_EXPUNGED = `SELECT mod_seq, expunged FROM changes
  WHERE account = ? AND mailbox = ? AND mod_seq > ? ORDER BY mod_seq LIMIT ${ENTRIES}`

type IndexColumns = readonly [uid: number, flags: string, mod_seq: number, size: number, internal_date: number]
const SOME = `SELECT uid, flags, mod_seq, size, internal_date FROM entries
  WHERE account = ? AND mailbox = ? AND uid IN (SELECT value FROM json_each(?)) ORDER BY uid`

/** What commits did to a mailbox since a mod-sequence, at one moment. */
export interface Followed {
  readonly mailbox: ListedRow
  readonly added: ReadonlySet<number>
  readonly flagged: ReadonlySet<number>
  readonly expunged: ReadonlySet<number>
  /** those that were added or have other flags, as they are */
  readonly rows: ReadonlyMap<number, IndexRow>
}

/** What a log says, entry by entry. */
class Told {
  readonly added = new Set<number>()
  readonly flagged = new Set<number>()
  readonly expunged = new Set<number>()
  readonly rows = new Map<number, IndexRow>()
  /** whose rows are to be read, or read again */
  readonly wanted = new Set<number>()

  constructor(public at: number) {}

  /** @returns false: an entry is missing, the log does not reach back that far */
  note([modSeq, added, expunged, flagged]: LogRow): boolean {
    if (modSeq !== this.at + 1) return false
    this.at = modSeq
    for (const uid of uidsFrom(added)) {
      this.added.add(uid)
      this.wanted.add(uid)
    }
    for (const uid of uidsFrom(flagged)) {
      if (!this.added.has(uid)) this.flagged.add(uid)
      this.wanted.add(uid)
    }
    for (const uid of uidsFrom(expunged)) {
      this.flagged.delete(uid)
      this.wanted.delete(uid)
      this.rows.delete(uid)
      // Added and gone again in between: nobody needs to hear of it.
      if (!this.added.delete(uid)) this.expunged.add(uid)
    }
    return true
  }

  get size(): number {
    return this.added.size + this.flagged.size + this.expunged.size
  }

  read(sql: Sql, key: MailboxKey): void {
    const uids: number[] = []
    for (const uid of this.wanted) {
      uids.push(uid)
      this.wanted.delete(uid)
      if (uids.length === ROWS) break
    }
    if (uids.length === 0) return
    for (const [uid, flags, mod_seq, size, internal_date] of sql.columns<IndexColumns>(
      SOME,
      ...key,
      JSON.stringify(uids),
    )) {
      this.rows.set(uid, indexRow({ uid, flags, mod_seq, size, internal_date }))
    }
  }
}

/**
 * Catches up with a mailbox, in turns: the log first, then the rows that it names, then what came meanwhile, until nothing more
 * has come. The last look at the mailbox, at its log and at the last rows is one moment; a row that was read before is as it was
 * then, for its UID would be in the log.
 * @returns undefined: no such mailbox, or the log does not reach back, or much has changed
 */
export async function follow(sql: Sql, key: MailboxKey, since: number): Promise<Followed | undefined> {
  const told = new Told(since)
  for (let step = 0; step < MOST_STEPS; step++) {
    const look = moment(sql, () => {
      const mailbox = mailboxAt(sql, key)
      const log = mailbox && told.at < mailbox.mod_seq ? sql.columns<LogRow>(LOG, ...key, told.at) : []
      if (log.length === 0) told.read(sql, key)
      return { mailbox, log }
    })
    const { mailbox, log } = look
    if (!mailbox || told.at > mailbox.mod_seq) return undefined
    if (told.at === mailbox.mod_seq && told.wanted.size === 0) return { mailbox, ...picked(told) }
    if (told.at < mailbox.mod_seq && log.length === 0) return undefined
    for (const entry of log) if (!told.note(entry) || told.size > MOST_UIDS) return undefined
    await turn()
  }
  return undefined
}
const picked = ({ added, flagged, expunged, rows }: Told) => ({ added, flagged, expunged, rows })

const BOX = 'SELECT mod_seq, gaps FROM mailboxes WHERE account = ? AND mailbox = ?'

/** @returns UIDs that were expunged since then, ascending; undefined as of `follow`, and in a gap, however much has changed */
export async function expungedAfter(sql: Sql, key: MailboxKey, since: number): Promise<number[] | undefined> {
  const gone: number[] = []
  for (let at = since; ; ) {
    const { box, log } = moment(sql, () => ({
      box: sql.get<Pick<MailboxRecord, 'mod_seq' | 'gaps'>>(BOX, ...key),
      log: sql.columns<readonly [modSeq: number, expunged: string]>(LOG_OF_EXPUNGED, ...key, at),
    }))
    if (!box || at > box.mod_seq) return undefined
    const gaps = gapsFrom(box.gaps)
    // A client may know messages there that never were: it hears of all that is not there.
    if (inGap(gaps, at)) return undefined
    at = beyondGaps(gaps, at)
    if (at === box.mod_seq) break
    if (log.length === 0) return undefined
    for (const [modSeq, expunged] of log) {
      if (modSeq !== beyondGaps(gaps, at) + 1) return undefined
      at = modSeq
      for (const uid of uidsFrom(expunged)) gone.push(uid)
    }
    await turn()
  }
  return [...Uint32Array.from(gone).sort()]
}

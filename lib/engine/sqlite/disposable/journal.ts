import { setTimeout as pause } from 'node:timers/promises'
import { textOf } from '../../../terms/errors'
import type { Clock, Log } from '../../../terms/ports'
import { turn } from '../../../work/turns'
import type { Program } from '../program'
import { openDisposable } from './disposable'

/** What happened, newest first, for operators: all processes of a host share one SQLite file. */
export interface Journal<Entry> {
  /** Never rejects and costs no flush; nobody has to wait for it. */
  note(entries: readonly Entry[]): Promise<void>
  /** Newest first. Looks through what is between the times, in turns. */
  list(asked: JournalRange, matches: (entry: Entry) => boolean): Promise<readonly Entry[]>
  close(): Promise<void>
}

export interface JournalRange {
  /** milliseconds since 1970, both inclusive */
  readonly from?: number | undefined
  readonly to?: number | undefined
  readonly limit: number
}

interface Kept {
  readonly most: number
  /** milliseconds since 1970: those before it go */
  readonly oldest: number
}

/** A row begins with when it was, in milliseconds since 1970, and its number. */
type Row = readonly [at: number, id: number, ...rest: unknown[]]

interface JournalOptions<Entry, R extends Row> {
  readonly file: string
  readonly program: Program<{ add(entries: readonly Entry[], kept: Kept): void }>
  /** what it is, for the log: `the log of deliveries` */
  readonly name: string
  /** `SELECT at, id, ... FROM ...`, its rows by time and number */
  readonly select: string
  readonly entryOf: (row: R) => Entry
  readonly most: number
  /** milliseconds */
  readonly keep: number
  readonly clock: Clock
  readonly log: Log
}

/** milliseconds in which entries come together for one write: one for each message was 8 % of what a delivery costs */
const GATHER = 100
/** Rows that a question looks at in one step. */
const PAGE = 500

/** Nobody waits for its disk: it may lose its last second, mail never. Rejects with `Unavailable`. */
export async function openJournal<Entry, R extends Row>(options: JournalOptions<Entry, R>): Promise<Journal<Entry>> {
  const { name, entryOf, most, keep, clock, log } = options
  const db = await openDisposable(options.file, options.program, { log, lost: name })
  const rows = `${options.select} WHERE at >= ? AND (at, id) < (?, ?) ORDER BY at DESC, id DESC LIMIT ${PAGE}`
  let noted: Entry[] = []
  let writing: Promise<void> | undefined

  async function writeNoted(): Promise<void> {
    while (noted.length > 0) {
      await pause(GATHER)
      const added = noted
      noted = []
      try {
        await db.write('add', [added, { most, oldest: clock.now() - keep }], 'visible')
      } catch (error) {
        log.error(`${name} cannot be written: ${textOf(error)}`)
      }
    }
    writing = undefined
  }

  return {
    note(added) {
      noted.push(...added)
      writing ??= writeNoted()
      return writing
    },
    async list({ from = 0, to = Number.MAX_SAFE_INTEGER, limit }, matches) {
      const matching: Entry[] = []
      let page: R[] = []
      do {
        const [at, id] = page.at(-1) ?? [to, Number.MAX_SAFE_INTEGER]
        page = db.read((sql) => sql.columns<R>(rows, from, at, id))
        matching.push(...page.map(entryOf).filter(matches))
        await turn()
      } while (page.length === PAGE && matching.length < limit)
      return matching.slice(0, limit)
    },
    async close() {
      await writing
      await db.close()
    },
  }
}

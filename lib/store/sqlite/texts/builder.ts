import { randomUUID } from 'node:crypto'
import { Damaged } from '../../../engine/sqlite/errors'
import { asError, isUnavailable } from '../../../terms/errors'
import type { AccountId } from '../../../terms/names'
import type { Log } from '../../../terms/ports'
import { accountNumber, makeEmailId } from '../../ids'
import { decodePrepared } from '../../prepared-codec'
import { keysFrom } from '../../row-types'
import { StoreUnavailable } from '../../store'
import { type Indexed, TEXT_FORMAT, type TextBuilder, type Unindexed } from '../../texts'
import type { Mail } from '../mail'
import { bufferOf } from '../read/body'
import { moment } from '../read/moment'
import { messageKey, messageRange } from '../rows'
import { EVERYBODY } from './behind'
import { discard, openForBuilding, type TextDatabase, type TextOperations } from './file'
import type { Batch } from './program'

/** Octets of what is prepared of messages, in one answer of `next`. */
const MOST_PREPARED = 1024 * 1024
/** Messages that are taken out at once. */
const GONE = 500
/** Pages that a step of merging writes, some milliseconds. */
const MERGED = 64
/** Milliseconds after which what was removed is removed from the file too, by writing all of it anew. */
const PURGE = 7 * 86_400_000

const LAST = 'SELECT last_message FROM states WHERE account = ?'
const UPTO = 'SELECT upto FROM indexed WHERE account = ?'
const IDS = `SELECT id & 4294967295 FROM messages WHERE id > ? AND id < ? ORDER BY id LIMIT ?`
const MESSAGE = 'SELECT keys, prepared FROM messages WHERE id = ?'
/** A message that was put in again under its number stays; 0: the whole account is forgotten. */
const GONE_IDS = `SELECT cast(id AS TEXT), CASE id & 4294967295 WHEN 0 THEN id >> 32 END FROM gone
  WHERE id & 4294967295 = 0 OR id NOT IN (SELECT id FROM messages) ORDER BY id LIMIT ${GONE}`

/** What `next` has read. */
interface Page {
  readonly account: number
  readonly after: number
  /** where the index ends when all of it is done */
  readonly end: number
  readonly numbers: readonly number[]
}

const upto = (database: TextDatabase, account: number): number =>
  database.read.get<{ upto: number }>(UPTO, account)?.upto ?? 0

/** The grams of a batch in one piece of memory, which is given away. */
function batchOf({ account, numbers, end }: Page, done: readonly Indexed[]): Batch {
  const length = done.reduce((sum, { grams }) => sum + (grams?.length ?? 0), 0)
  const grams = new Uint32Array(length)
  const ends: number[] = []
  let at = 0
  for (const one of done) {
    grams.set(one.grams ?? [], at)
    at += one.grams?.length ?? 0
    ends.push(at)
  }
  const indexed = numbers.slice(0, done.length)
  return {
    account,
    upto: done.length === numbers.length ? end : (indexed.at(-1) ?? 0),
    ids: indexed.map((number) => BigInt(messageKey(account, number))),
    ends,
    grams,
  }
}

/** @param leave lets another process build */
export async function createBuilder(mail: Mail, file: string, log: Log, leave: () => void): Promise<TextBuilder> {
  let database = await openForBuilding(file, log).catch((error: unknown) => {
    leave()
    throw unavailable(error)
  })
  let page: Page | undefined
  let released: Promise<void> | undefined

  /** A file that turns out to be damaged is begun anew; whoever asked is told to come again. */
  async function failed(error: unknown): Promise<never> {
    if (error instanceof Damaged && error.file === database.file) {
      await database.close()
      discard(file, error, log)
      database = await openForBuilding(file, log)
    }
    throw unavailable(error)
  }
  const write = <K extends keyof TextOperations>(
    name: K,
    values: Parameters<TextOperations[K]>,
    moved?: readonly ArrayBuffer[],
  ): Promise<Awaited<ReturnType<TextOperations[K]>>> => database.write(name, values, 'visible', moved).catch(failed)

  function readPage(account: number, most: number): Page {
    const after = upto(database, account)
    const last = mail.read.get<{ last_message: number }>(LAST, account)?.last_message ?? 0
    const [, end] = messageRange(account)
    const numbers = mail.read.columns<[number]>(IDS, messageKey(account, after), end, most).map(([number]) => number)
    return { account, after, numbers, end: numbers.length < most ? Math.max(after, last) : (numbers.at(-1) ?? after) }
  }

  function readMessages({ account, numbers }: Page): Unindexed[] {
    const messages: Unindexed[] = []
    let octets = 0
    for (const number of numbers) {
      const row = mail.read.get<{ keys: string; prepared: Uint8Array }>(MESSAGE, messageKey(account, number))
      if (!row) break
      messages.push({
        email: makeEmailId(account, number),
        prepared: decodePrepared(bufferOf(row.prepared), () => keysFrom(row.keys)),
      })
      octets += row.prepared.length
      if (octets > MOST_PREPARED) break
    }
    return messages
  }

  async function put(done: readonly Indexed[]): Promise<void> {
    if (!page) return
    const batch = batchOf(page, done)
    await write('add', [batch, page.after], [batch.grams.buffer])
  }

  const clear = (): Promise<void> => write('clear', [TEXT_FORMAT, randomUUID()])

  async function release(): Promise<void> {
    await database.close()
    leave()
  }

  return {
    async next(id: AccountId, most) {
      const read = moment(mail.read, () => {
        const found = readPage(accountNumber(id), most)
        return { found, messages: readMessages(found) }
      })
      page = read.found
      // Numbers of messages that are gone, with none behind them.
      if (page.numbers.length === 0 && page.end > page.after) await put([])
      return read.messages
    },
    async add(_id, done) {
      await put(done)
      page = undefined
    },
    async removeGone() {
      const gone = mail.read.columns<[id: string, account: number | null]>(GONE_IDS)
      if (gone.length === 0) return false
      // A power cut must not bring back a message that the index has lost.
      await mail.write('settleGone', [])
      const messages = gone.filter(([, account]) => account === null).map(([id]) => BigInt(id))
      if (messages.length > 0) await write('remove', [messages, Date.now()])
      for (const [, account] of gone) {
        if (account === EVERYBODY) await clear()
        else if (account !== null) while (await write('forget', [account, Date.now()]));
      }
      await mail.write('clearGone', [gone.map(([id]) => BigInt(id))], 'visible')
      return gone.length === GONE
    },
    tidy: () => write('tidy', [MERGED, Date.now() - PURGE]),
    clear,
    release: () => (released ??= release()),
  }
}

function unavailable(error: unknown): Error {
  return isUnavailable(error) ? new StoreUnavailable(error.message) : asError(error)
}

import assert from 'node:assert/strict'
import { openSync, writeSync } from 'node:fs'
import { type Database, openDatabase } from '../../lib/engine/sqlite/database'
import type { LaneSettings } from '../../lib/engine/sqlite/program'
import { isUnavailable } from '../../lib/terms/errors'
import { randomFrom } from '../random'
import { type Numbered, program } from './numbered'

/** What a process of the storm is asked. */
export interface StormOrder {
  readonly file: string
  /** where it notes what it asks and what it is told; undefined: it tells its parent only */
  readonly notes: string | undefined
  readonly writer: number
  readonly seed: number
  readonly writes: number
  /** writes at once */
  readonly sessions: number
  readonly settings: Partial<LaneSettings>
  /** milliseconds of one transaction at the beginning */
  readonly hold?: number
}

export type StormNote =
  | { readonly is: 'asked'; readonly writer: number; readonly number: number; readonly durable: boolean }
  | {
      readonly is: 'done'
      readonly writer: number
      readonly number: number
      readonly durable: boolean
      readonly place: number
    }
  | { readonly is: 'refused'; readonly writer: number; readonly number: number; readonly why: string }
  | { readonly is: 'closed'; readonly writer: number }

type Storm = Database<Numbered>

function ask(database: Storm, order: StormOrder, random: (below: number) => number, number: number, durable: boolean) {
  const { writer } = order
  const durability = `${random(2) === 0 ? '' : 'quick-'}${durable ? 'durable' : 'visible'}` as const
  const kind = random(20)
  if (kind === 0) return database.write('grow', [writer, number, 10 + random(100)], durability)
  if (kind === 1) return database.write('shrink', [writer, number], durability)
  return database.write('write', [writer, number], durability)
}

/** Tries again for a while. */
async function open({ file, writer, settings }: StormOrder, tell: (note: StormNote) => void): Promise<Storm> {
  for (let tries = 1; ; tries++) {
    try {
      return await openDatabase(file, program, { settings })
    } catch (error) {
      if (!isUnavailable(error) || tries === 20) throw error
      tell({ is: 'refused', writer, number: -1, why: error.message })
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

/** A process that writes numbers, some durable and some visible, a few at once, and notes what it was told. */
async function main(order: StormOrder): Promise<void> {
  const { writer } = order
  const random = randomFrom(order.seed)
  const notes = order.notes === undefined ? undefined : openSync(order.notes, 'a')
  const tell = (note: StormNote): void => {
    if (notes !== undefined) writeSync(notes, JSON.stringify(note))
    process.send?.(note)
  }
  const database = await open(order, tell)
  if (order.hold !== undefined) await database.write('hold', [order.hold])
  let next = 0
  async function session(): Promise<void> {
    while (next < order.writes) {
      const number = next++
      const durable = random(2) === 0
      tell({ is: 'asked', writer, number, durable })
      try {
        const place = await ask(database, order, random, number, durable)
        tell({ is: 'done', writer, number, durable, place })
        // Everybody can read it.
        assert.ok((database.read.get<{ last: number }>('SELECT last FROM head')?.last ?? 0) >= place)
      } catch (error) {
        if (!isUnavailable(error)) throw error
        tell({ is: 'refused', writer, number, why: error.message })
      }
      // Now and then nobody asks anything, so that the file is put in order.
      if (random(60) === 0) await new Promise((resolve) => setTimeout(resolve, random(80)))
    }
  }
  await Promise.all(Array.from({ length: order.sessions }, session))
  await database.close()
  tell({ is: 'closed', writer })
  process.disconnect?.()
}

main(JSON.parse(process.argv[2] ?? '')).catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})

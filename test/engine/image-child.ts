import { existsSync, statSync } from 'node:fs'
import { openDatabase } from '../../lib/engine/sqlite/database'
import { openDisposable } from '../../lib/engine/sqlite/disposable/disposable'
import { engineError } from '../../lib/engine/sqlite/errors'
import { type Log, silentLog } from '../../lib/terms/ports'
import { answerOrders } from '../record/opener'
import { lookAt, program } from './numbered'

/** A file to open after a power cut. */
export interface ImageOrder {
  readonly file: string
  /** the last place of those that were acknowledged as durable */
  readonly durable: number
  /** who has which place, as far as it was told */
  readonly told: readonly (readonly [place: number, writer: number, number: number])[]
  /** it may be lost, and must be opened all the same */
  readonly disposable: boolean
}

/** Opens the file as a server does after a power cut, looks at it, and writes on. */
async function look({ file, durable, told }: ImageOrder): Promise<string[]> {
  const made = !existsSync(file)
  const database = await openDatabase(file, program)
  const { last, writes, faults } = lookAt(database.read)
  if (last < durable)
    faults.push(`${durable} was acknowledged as durable, the last is ${last}${made ? ': no file' : ''}`)
  const owners = new Map(writes.map(({ place, writer, number }) => [place, `${writer}/${number}`]))
  for (const [place, writer, number] of told) {
    const owner = owners.get(place)
    if (owner !== undefined && owner !== `${writer}/${number}`)
      faults.push(`${place} is ${owner}, told ${writer}/${number}`)
  }
  // It goes on, and is whole after that.
  const asked = Array.from({ length: 5 }, (_, number) => database.write('write', [1000, number]))
  const places = await Promise.all(asked)
  if (places[4] !== last + 5) faults.push(`the next places after ${last} are ${places}`)
  await database.close()
  const again = await openDatabase(file, program)
  const after = lookAt(again.read)
  if (after.last !== last + 5) faults.push(`after another opening the last is ${after.last}`)
  faults.push(...after.faults.map((fault) => `after another opening: ${fault}`))
  await again.close()
  const log = `${file}-wal`
  if (existsSync(log) && statSync(log).size > 0) faults.push('its log is not empty after it was closed')
  return faults
}

async function lookAtDisposable({ file }: ImageOrder): Promise<string[]> {
  const lines: string[] = []
  const log: Log = { ...silentLog, error: (text) => lines.push(text) }
  for (let opening = 0; opening < 2; opening++) {
    const database = await openDisposable(file, program, { log, lost: 'numbers' })
    await database.write('write', [1000, opening], 'durable')
    await database.close()
  }
  return lines.length > 1 ? lines : []
}

answerOrders(async (order: ImageOrder) => {
  try {
    return await (order.disposable ? lookAtDisposable(order) : look(order))
  } catch (error) {
    return [engineError(order.file, error).message]
  }
})

import { existsSync, statSync } from 'node:fs'
import { openDatabase } from '../../lib/engine/sqlite/database'
import { engineError } from '../../lib/engine/sqlite/errors'
import { lookAt, program } from './numbered'

/** A file to open after a power cut. */
export interface ImageOrder {
  readonly file: string
  /** the last place of those that were acknowledged as durable */
  readonly durable: number
  /** who has which place, as far as it was told */
  readonly told: readonly (readonly [place: number, writer: number, number: number])[]
}
export interface ImageAnswer {
  readonly last: number
  readonly faults: readonly string[]
}

/** Opens the file as a server does after a power cut, looks at it, and writes on. */
async function look({ file, durable, told }: ImageOrder): Promise<ImageAnswer> {
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
  return { last, faults }
}

process.on('message', (order: ImageOrder) => {
  look(order)
    .catch((error: unknown): ImageAnswer => ({ last: -1, faults: [engineError(order.file, error).message] }))
    .then((answer) => process.send?.(answer))
    .catch(() => process.exit(1))
})

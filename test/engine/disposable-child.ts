import { openDisposable } from '../../lib/engine/sqlite/disposable/disposable'
import { program } from './program'

/** A process that opens a file of numbers and adds some; its log goes to stdout. */
const [file = '', count = '0'] = process.argv.slice(2)
const log = { debug() {}, info() {}, warn: console.log, error: console.log }
async function main(): Promise<void> {
  const db = await openDisposable(file, program, { log, lost: 'all numbers' })
  const set = (_: unknown, nth: number) =>
    db.write('set', [`${'x'.repeat(nth % 200)} ${process.pid} ${nth}`, nth], 'visible')
  await Promise.all(Array.from({ length: Number(count) }, set))
  await db.close()
}
main().catch((error) => {
  console.error(error)
  process.exit(1)
})

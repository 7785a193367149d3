import { localBus } from '../../lib/mailbox/bus/local-bus'
import { createHub } from '../../lib/mailbox/hub'
import { startIndexer } from '../../lib/mailbox/texts/indexer'
import { createStates } from '../../lib/mailbox/view/states'
import { openSqliteStore } from '../../lib/store/sqlite'
import { noMetrics, silentLog } from '../../lib/terms/ports'
import { createPool } from '../../lib/work/pool'

/** A process that builds the text index of a store, and tells each time that messages were added to it. */
async function main(folder: string): Promise<void> {
  const store = await openSqliteStore({ path: folder })
  const log = silentLog
  const hub = createHub({ states: createStates({ store, log, keepRows: 0 }), bus: localBus(), log })
  const metrics = { ...noMetrics, count: (name: string): void => void process.send?.(name) }
  const settings = { indexTexts: true, indexPace: 100, indexDelay: 0.3, indexMessage: 1_000_000 }
  startIndexer({ store, hub, pool: createPool({ threads: 1 }), settings, metrics, log })
  process.on('message', () => undefined)
}

main(process.argv[2] ?? '').catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})

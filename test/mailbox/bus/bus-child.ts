import { socketBus } from '../../../lib/mailbox/bus/socket-bus'
import type { Notice } from '../../../lib/mailbox/mailbox'
import { silentLog } from '../../../lib/terms/ports'

/** The other process of the socket bus tests: says what it is told to, and reports the gaps it heard of. */
interface Order {
  readonly publish?: Notice
  /** report when so many gaps were heard */
  readonly tellGapsAfter?: number
}

async function main(directory: string): Promise<void> {
  const bus = await socketBus({ directory, log: silentLog })
  let gaps = 0
  let wanted = Number.POSITIVE_INFINITY
  function report(): void {
    if (gaps >= wanted) process.send?.({ gaps })
  }
  bus.subscribe((notice) => {
    if (notice.kind === 'gap') gaps++
    report()
  })
  process.on('message', (order: Order) => {
    if (order.publish !== undefined) bus.publish(order.publish)
    wanted = order.tellGapsAfter ?? wanted
    report()
  })
  process.on('disconnect', () => process.exit(0))
  process.send?.('ready')
}

void main(process.argv[2] ?? '')

import { createHarvestGuard } from '../lib/haraka/deliver/harvest'
import { createDeliveryHooks } from '../lib/haraka/deliver/hooks'
import { startLearning } from '../lib/haraka/deliver/learn'
import { deliveryOf } from '../lib/haraka/deliver/open'
import { createSizeLimit } from '../lib/haraka/deliver/size-limit'
import { homeOf } from '../lib/haraka/home'
import { hooks } from '../lib/haraka/hooks'
import type { Address, Connection, HarakaPlugin, Next } from '../lib/haraka/host'
import { bouncer } from '../lib/haraka/outbound/bounce'
import { mailboxPlugin } from '../lib/haraka/plugin'
import { readDeliverySettings } from '../lib/wiring/delivery'
import { messageLimit } from '../lib/wiring/room'

/** Before remote queue plugins and recipient checks of other plugins. */
const EARLY = -10
/** After them; Haraka's default is 0. */
const LATE = 10

/** `mailbox/deliver`: final delivery of local mail; config/mailbox_deliver.ini. */
export function register(this: HarakaPlugin): void {
  let delivery: ReturnType<typeof createDeliveryHooks> | undefined
  let sizes = createSizeLimit(0)
  mailboxPlugin(this, 'deliver', ['store', 'locks'], async (host) => {
    const home = homeOf(host)
    sizes = createSizeLimit(messageLimit(home))
    const { junk, learn } = readDeliverySettings(home)
    const { room, store } = host.context
    startLearning({ room, store, log: host.log, programs: learn })
    delivery = createDeliveryHooks({
      delivery: deliveryOf(host),
      harvest: createHarvestGuard(() => (host.context.has('strangers') ? host.context.part('strangers') : undefined)),
      log: host.log,
      bounce: bouncer(host),
      junkByResults: junk.byResults,
    })
  })
  const queue = (next: Next, connection: Connection): void => (delivery ? delivery.queue(next, connection) : next())
  hooks(this, {
    // Answers to pipelined commands leave one by one: without this each waits up to 40 ms for the client's acknowledgement.
    connect_init: (next, { client }: Connection) => {
      client?.targetsocket?.setNoDelay(true)
      next()
    },
    capabilities: (...args: Parameters<typeof sizes.capabilities>) => sizes.capabilities(...args),
    mail: [(...args: Parameters<typeof sizes.mail>) => sizes.mail(...args), EARLY],
    data_post: [(...args: Parameters<typeof sizes.data>) => sizes.data(...args), EARLY],
    rcpt: [
      (next, connection: Connection, [address]: [Address]) =>
        delivery ? delivery.rcpt(next, connection, address) : next(),
      isLast(this) ? LATE : EARLY,
    ],
    queue: [queue, EARLY],
    queue_outbound: [queue, EARLY],
  })
}

/** Hooks are registered before settings are checked: what is wrong there is told when the plugin starts. */
function isLast({ config }: HarakaPlugin): boolean {
  const ini: unknown = config.get('mailbox_deliver.ini')
  const main: unknown = typeof ini === 'object' && ini !== null ? Reflect.get(ini, 'main') : undefined
  return typeof main === 'object' && main !== null && Reflect.get(main, 'rcpt') === 'last'
}

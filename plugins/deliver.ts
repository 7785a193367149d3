import { deliverySettings } from '../lib/delivery/settings'
import { createHarvestGuard } from '../lib/haraka/deliver/harvest'
import { createDelivery } from '../lib/haraka/deliver/hooks'
import { startLearning } from '../lib/haraka/deliver/learn'
import { finalDelivery } from '../lib/haraka/deliver/open'
import { createSizeLimit } from '../lib/haraka/deliver/size-limit'
import type { Address, Connection, HarakaPlugin, Next } from '../lib/haraka/host'
import { bouncer } from '../lib/haraka/outbound/bounce'
import { line } from '../lib/haraka/plugin'
import { messageLimit, placeOf } from '../lib/wiring'

/** Before remote queue plugins and recipient checks of other plugins. */
const EARLY = -10
/** After them; Haraka's default is 0. */
const LATE = 10

/** Line `mailbox/deliver`: final delivery of local mail; config/mailbox_deliver.ini. */
export function register(this: HarakaPlugin): void {
  let delivery: ReturnType<typeof createDelivery> | undefined
  let sizes = createSizeLimit(0)
  line(this, 'deliver', ['store', 'locks'], async (host) => {
    sizes = createSizeLimit(messageLimit(placeOf(host)))
    const { junk, learn } = deliverySettings(placeOf(host).ini('mailbox_deliver'))
    const { room, store } = host.context
    startLearning({ room, store, log: host.log, programs: learn })
    delivery = createDelivery({
      delivery: finalDelivery(host),
      harvest: createHarvestGuard(() => (host.context.has('strangers') ? host.context.part('strangers') : undefined)),
      log: host.log,
      bounce: bouncer(host),
      junkByResults: junk.byResults,
    })
  })
  Object.assign(this, {
    mailbox_rcpt: (next: Next, connection: Connection, [address]: [Address]) =>
      delivery ? delivery.rcpt(next, connection, address) : next(),
    // Answers to pipelined commands leave one by one: without this each waits up to 40 ms for the client's acknowledgement.
    mailbox_connect: (next: Next, { client }: Connection) => {
      client?.targetsocket?.setNoDelay(true)
      next()
    },
    mailbox_capabilities: (...args: Parameters<typeof sizes.capabilities>) => sizes.capabilities(...args),
    mailbox_mail: (...args: Parameters<typeof sizes.mail>) => sizes.mail(...args),
    mailbox_data: (...args: Parameters<typeof sizes.data>) => sizes.data(...args),
    mailbox_queue: (next: Next, connection: Connection) => (delivery ? delivery.queue(next, connection) : next()),
  })
  this.register_hook('connect_init', 'mailbox_connect')
  this.register_hook('capabilities', 'mailbox_capabilities')
  this.register_hook('mail', 'mailbox_mail', EARLY)
  this.register_hook('data_post', 'mailbox_data', EARLY)
  this.register_hook('rcpt', 'mailbox_rcpt', isLast(this) ? LATE : EARLY)
  this.register_hook('queue', 'mailbox_queue', EARLY)
  this.register_hook('queue_outbound', 'mailbox_queue', EARLY)
}

/** Hooks are registered before settings are checked: what is wrong there is told when the line starts. */
function isLast({ config }: HarakaPlugin): boolean {
  const ini: unknown = config.get('mailbox_deliver.ini')
  const main: unknown = typeof ini === 'object' && ini !== null ? Reflect.get(ini, 'main') : undefined
  return typeof main === 'object' && main !== null && Reflect.get(main, 'rcpt') === 'last'
}

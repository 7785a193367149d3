import { deliveryOf } from '../lib/haraka/deliver/open'
import { homeOf } from '../lib/haraka/home'
import type { HarakaPlugin } from '../lib/haraka/host'
import { listenLmtp } from '../lib/haraka/listen/lmtp'
import { harakaTls } from '../lib/haraka/listen/tls'
import { mailboxPlugin } from '../lib/haraka/plugin'
import { createLmtpServer } from '../lib/lmtp/server'
import { lmtpSettings } from '../lib/lmtp/settings'
import { hostNameOf } from '../lib/wiring/home'
import { messageLimit } from '../lib/wiring/room'

/** `mailbox/lmtp`: LMTP listeners for another mail server in front; config/mailbox_lmtp.ini. */
export function register(this: HarakaPlugin): void {
  mailboxPlugin(this, 'lmtp', ['store', 'locks'], async (host) => {
    const home = homeOf(host)
    const settings = lmtpSettings(home.ini('mailbox_lmtp'))
    const tls = await harakaTls(this)
    const make = (implicitTls: boolean) => () =>
      createLmtpServer({
        delivery: deliveryOf(host),
        settings,
        hostname: hostNameOf(this.config),
        maxSize: messageLimit(home),
        implicitTls,
        tls,
        log: host.log,
      })
    for (const text of settings.listen) await listenLmtp(host, text, make(false), settings.socketMode)
    for (const text of settings.listenTls) {
      if (tls.available) await listenLmtp(host, text, make(true), settings.socketMode)
      else host.log.warn(`no certificate (config/tls_key.pem, config/tls_cert.pem): nothing listens on ${text}`)
    }
  })
}

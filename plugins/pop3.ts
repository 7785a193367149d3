import type { HarakaPlugin } from '../lib/haraka/host'
import { line } from '../lib/haraka/lines'
import { listenAll } from '../lib/haraka/listeners'
import { harakaTls } from '../lib/haraka/tls'
import { version } from '../lib/package-root'
import { createPop3Server } from '../lib/pop3/server'
import { pop3Settings } from '../lib/pop3/settings'
import { systemClock } from '../lib/terms/ports'
import { placeOf, readLockSettings } from '../lib/wiring'

/** Line `mailbox/pop3`: POP3 listeners; config/mailbox_pop3.ini. */
export function register(this: HarakaPlugin): void {
  line(this, 'pop3', ['store', 'locks', 'login'], async (host) => {
    const place = placeOf(host)
    const settings = pop3Settings(place.ini('mailbox_pop3'))
    const tls = await harakaTls(this, host.context.login.clientCa)
    const server = createPop3Server({
      room: host.context.room,
      login: host.context.login,
      settings,
      tellHolder: readLockSettings(place).tellHolder,
      tlsAvailable: () => tls.available,
      version,
      clock: systemClock,
      log: host.log,
    })
    await listenAll(host, 'mailbox_pop3.ini', settings, tls, server)
  })
}

import type { HarakaPlugin } from '../lib/haraka/host'
import { line } from '../lib/haraka/lines'
import { listenAll } from '../lib/haraka/listeners'
import { harakaTls } from '../lib/haraka/tls'
import { createImapServer } from '../lib/imap/server'
import { imapSettings } from '../lib/imap/settings'
import { version } from '../lib/package-root'
import { systemClock } from '../lib/terms/ports'
import { placeOf, readLockSettings } from '../lib/wiring'

/** Line `mailbox/imap`: IMAP listeners; config/mailbox_imap.ini. */
export function register(this: HarakaPlugin): void {
  line(this, 'imap', ['store', 'locks', 'login'], async (host) => {
    const place = placeOf(host)
    const settings = imapSettings(place.ini('mailbox_imap'))
    const tls = await harakaTls(this, host.context.login.clientCa)
    const server = createImapServer({
      room: host.context.room,
      login: host.context.login,
      settings,
      tellHolder: readLockSettings(place).tellHolder,
      tlsAvailable: () => tls.available,
      version,
      clock: systemClock,
      log: host.log,
    })
    await listenAll(host, 'mailbox_imap.ini', settings, tls, server)
  })
}

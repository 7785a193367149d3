import { homeOf } from '../lib/haraka/home'
import type { HarakaPlugin } from '../lib/haraka/host'
import { listenAll } from '../lib/haraka/listen/listeners'
import { mailboxPlugin } from '../lib/haraka/plugin'
import { createSieveServer } from '../lib/managesieve/server'
import { sieveSettings } from '../lib/managesieve/settings'
import { version } from '../lib/package-root'
import { rulesSettings } from '../lib/sieve/settings'

/** `mailbox/sieve`: ManageSieve listeners; config/mailbox_sieve.ini. */
export function register(this: HarakaPlugin): void {
  mailboxPlugin(this, 'sieve', ['store', 'locks', 'login'], async (host) => {
    const home = homeOf(host)
    const settings = sieveSettings(home.ini('mailbox_sieve'))
    await listenAll(host, 'mailbox_sieve.ini', settings, (tlsAvailable) =>
      createSieveServer({
        room: host.context.room,
        login: host.context.login,
        settings,
        rules: rulesSettings(home.ini('mailbox_sieve')),
        tlsAvailable,
        version,
        log: host.log,
      }),
    )
  })
}

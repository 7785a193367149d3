import type { HarakaPlugin } from '../lib/haraka/host'
import { listenAll } from '../lib/haraka/listen/listeners'
import { line } from '../lib/haraka/plugin'
import { createSieveServer } from '../lib/managesieve/server'
import { sieveSettings } from '../lib/managesieve/settings'
import { version } from '../lib/package-root'
import { rulesSettings } from '../lib/sieve/settings'
import { placeOf } from '../lib/wiring'

/** Line `mailbox/sieve`: ManageSieve listeners; config/mailbox_sieve.ini. */
export function register(this: HarakaPlugin): void {
  line(this, 'sieve', ['store', 'locks', 'login'], async (host) => {
    const place = placeOf(host)
    const settings = sieveSettings(place.ini('mailbox_sieve'))
    await listenAll(host, 'mailbox_sieve.ini', settings, (tlsAvailable) =>
      createSieveServer({
        room: host.context.room,
        login: host.context.login,
        settings,
        rules: rulesSettings(place.ini('mailbox_sieve')),
        tlsAvailable,
        version,
        log: host.log,
      }),
    )
  })
}

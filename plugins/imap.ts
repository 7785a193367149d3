import type { HarakaPlugin } from '../lib/haraka/host'
import { listenAll } from '../lib/haraka/listen/listeners'
import { line } from '../lib/haraka/plugin'
import { createImapServer } from '../lib/imap/server'
import { imapSettings } from '../lib/imap/settings'
import { placeOf, sessionParts } from '../lib/wiring'

/** Line `mailbox/imap`: IMAP listeners; config/mailbox_imap.ini. */
export function register(this: HarakaPlugin): void {
  line(this, 'imap', ['store', 'locks', 'login'], async (host) => {
    const settings = imapSettings(placeOf(host).ini('mailbox_imap'))
    await listenAll(host, 'mailbox_imap.ini', settings, (tlsAvailable) =>
      createImapServer({ ...sessionParts(host), settings, tlsAvailable }),
    )
  })
}

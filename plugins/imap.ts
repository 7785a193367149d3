import { homeOf, sessionParts } from '../lib/haraka/home'
import type { HarakaPlugin } from '../lib/haraka/host'
import { listenAll } from '../lib/haraka/listen/listeners'
import { mailboxPlugin } from '../lib/haraka/plugin'
import { createImapServer } from '../lib/imap/server'
import { imapSettings } from '../lib/imap/settings'

/** `mailbox/imap`: IMAP listeners; config/mailbox_imap.ini. */
export function register(this: HarakaPlugin): void {
  mailboxPlugin(this, 'imap', ['store', 'locks', 'login'], async (host) => {
    const settings = imapSettings(homeOf(host).ini('mailbox_imap'))
    await listenAll(host, 'mailbox_imap.ini', settings, (tlsAvailable) =>
      createImapServer({ ...sessionParts(host), settings, tlsAvailable }),
    )
  })
}

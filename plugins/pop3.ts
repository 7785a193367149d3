import { homeOf, sessionParts } from '../lib/haraka/home'
import type { HarakaPlugin } from '../lib/haraka/host'
import { listenAll } from '../lib/haraka/listen/listeners'
import { mailboxPlugin } from '../lib/haraka/plugin'
import { createPop3Server } from '../lib/pop3/server'
import { pop3Settings } from '../lib/pop3/settings'

/** `mailbox/pop3`: POP3 listeners; config/mailbox_pop3.ini. */
export function register(this: HarakaPlugin): void {
  mailboxPlugin(this, 'pop3', ['store', 'locks', 'login'], async (host) => {
    const settings = pop3Settings(homeOf(host).ini('mailbox_pop3'))
    await listenAll(host, 'mailbox_pop3.ini', settings, (tlsAvailable) =>
      createPop3Server({ ...sessionParts(host), settings, tlsAvailable }),
    )
  })
}

import { Server } from 'node:http'
import { Server as TlsServer } from 'node:https'
import path from 'node:path'
import { appleProfile } from '../lib/autoconfig/documents'
import { createAutoconfig } from '../lib/autoconfig/room'
import { homeOf } from '../lib/haraka/home'
import { hooks } from '../lib/haraka/hooks'
import type { HarakaPlugin, HarakaServer } from '../lib/haraka/host'
import { submitter } from '../lib/haraka/outbound/submit'
import { mailboxPlugin } from '../lib/haraka/plugin'
import { postOutside } from '../lib/http/mail/message/ask-outside'
import { createHttp } from '../lib/http/server'
import { explain } from '../lib/login/lockout/explain'
import { packageRoot, version } from '../lib/package-root'
import { rulesSettings } from '../lib/sieve/settings'
import { systemClock } from '../lib/terms/ports'
import { servicesOf } from '../lib/web/clients'
import { httpSettings } from '../lib/web/settings'
import { createWeb, type WebRoom, type WebServer } from '../lib/web/web'
import { sitesOf } from '../lib/web/who/passkeys/sites'
import { hostNameOf } from '../lib/wiring/home'
import { readLockSettings } from '../lib/wiring/locks'
import { openSessions } from '../lib/wiring/sessions'

/** `mailbox/http`: webmail, administrator pages, JSON API in Haraka's own HTTP server; config/mailbox_http.ini. */
export function register(this: HarakaPlugin): void {
  let web: WebServer | undefined
  let rooms: readonly WebRoom[] = []
  mailboxPlugin(this, 'http', ['store', 'locks', 'login'], async (host) => {
    const { context, log } = host
    const home = homeOf(host)
    const lockouts = context.part('lockouts')
    const { main } = home.ini('http')
    const listens = typeof main === 'object' && main !== null && 'listen' in main && main.listen
    if (!listens) log.warn('mailbox/http serves nothing: config/http.ini has no listen = address:port')
    const settings = httpSettings(home.ini('mailbox_http'))
    const me = settings.clients.host || hostNameOf(host.plugin.config)
    const services = servicesOf(settings.clients, me)
    web = createWeb({
      room: context.room,
      login: context.login,
      sessions: await openSessions(home),
      settings,
      passkeys: { sites: sitesOf(settings.passkeys, me), secret: lockouts.secret },
      tellHolder: readLockSettings(home).tellHolder,
      version,
      clock: systemClock,
      log,
    })
    const http = createHttp(web, {
      locks: context.locks,
      attempts: lockouts.attempts,
      frontEnds: context.part('frontEnds'),
      deliveries: context.part('deliveries'),
      deeds: context.part('deeds'),
      explain: (asked) => explain(lockouts, asked, systemClock.now()),
      rules: rulesSettings(home.ini('mailbox_sieve')),
      addresses: () => (context.has('delivery') ? context.delivery : undefined),
      submit: submitter(host),
      metrics: context.part('gathering'),
      profile: (address, password) => appleProfile({ address, password }, services),
      host: hostNameOf(host.plugin.config),
      postOutside,
      assets: path.join(packageRoot, 'lib/http/static'),
    })
    // Its paths lie among those of the pages.
    rooms = [createAutoconfig(services, lockouts.settings.oauth), http]
    context.stopping.sessions.push(async () => web?.leave())
    host.closing.push(web.close)
  })
  hooks(this, {
    init_http: (next, { http: host, listeners = [] }: HarakaServer) => {
      if (web && host?.app) {
        web.mount(host.app, rooms)
        for (const server of listeners) if (server instanceof Server || server instanceof TlsServer) web.guard(server)
      }
      next()
    },
  })
}

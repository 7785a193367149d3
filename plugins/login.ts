import { homeOf } from '../lib/haraka/home'
import { hooks } from '../lib/haraka/hooks'
import type { HarakaPlugin } from '../lib/haraka/host'
import { createHookChain, directoryHook } from '../lib/haraka/login/hook'
import { createSmtpAuth } from '../lib/haraka/login/smtp-auth'
import { createNotifier } from '../lib/haraka/outbound/notice'
import { logOf, mailboxPlugin } from '../lib/haraka/plugin'
import type { Login } from '../lib/login/login'
import { openLogin, openLoginParts } from '../lib/wiring/login'

/** Before any line of the client is read, and first of all plugins: what others log of a line could hold a password. */
const FIRST = -100

/** `mailbox/login`: the hook `login`, lockouts, SMTP AUTH; config/mailbox_login.ini. */
export function register(this: HarakaPlugin): void {
  let login: Login | undefined
  mailboxPlugin(this, 'login', ['store'], async (host) => {
    const home = homeOf(host)
    const { store, metrics } = host.context
    const parts = await openLoginParts(home, store)
    host.context.open('lockouts', parts)
    const chain = createHookChain(host.server, host.log)
    const door = openLogin(home, store, parts, metrics, chain, createNotifier(host))
    login = door
    host.context.open('login', door)
    host.context.open('strangers', door.strangers)
    host.context.open('frontEnds', door.frontEnds)
    host.closing.push(() => door.close())
  })
  const smtp = createSmtpAuth(() => login, this, logOf(this))
  hooks(this, {
    login: directoryHook,
    connect_init: [smtp.connectInit, FIRST],
    capabilities: smtp.capabilities,
    unrecognized_command: [smtp.unrecognizedCommand, FIRST],
  })
}

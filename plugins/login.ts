import type { HarakaPlugin, Next } from '../lib/haraka/host'
import type { LoginAttempt } from '../lib/haraka/login/attempt'
import { createHookChain, directoryHook } from '../lib/haraka/login/chain'
import { createSmtpAuth, type SmtpConnection } from '../lib/haraka/login/smtp-auth'
import { noticeSender } from '../lib/haraka/outbound/notice'
import { line, logOf } from '../lib/haraka/plugin'
import type { Login } from '../lib/login/login'
import { openLogin, openLoginParts, placeOf } from '../lib/wiring'

/** Line `mailbox/login`: the hook `login`, lockouts, SMTP AUTH; config/mailbox_login.ini. */
export function register(this: HarakaPlugin): void {
  let login: Login | undefined
  line(this, 'login', ['store'], async (host) => {
    const place = placeOf(host)
    const { store, metrics } = host.context
    const parts = openLoginParts(place, store)
    host.context.open('lockouts', parts)
    const chain = createHookChain(host.server, host.log)
    const door = openLogin(place, store, metrics, chain, noticeSender(host), parts)
    login = door
    host.context.open('login', door)
    host.context.open('strangers', door.strangers)
    host.closing.push(() => door.close())
  })
  const smtp = createSmtpAuth(() => login, this, logOf(this))
  Object.assign(this, {
    mailbox_login: (next: Next, attempt: LoginAttempt) => directoryHook(next, attempt),
    mailbox_connect_init: (next: Next, connection: SmtpConnection) => smtp.connectInit(next, connection),
    mailbox_capabilities: (next: Next, connection: SmtpConnection) => smtp.capabilities(next, connection),
    mailbox_command: (next: Next, connection: SmtpConnection, params: string[]) =>
      smtp.unrecognizedCommand(next, connection, params),
  })
  this.register_hook('login', 'mailbox_login')
  // Before any line of the client is read.
  this.register_hook('connect_init', 'mailbox_connect_init', -1000)
  this.register_hook('capabilities', 'mailbox_capabilities')
  // First of all plugins: what others log of a line could hold a password.
  this.register_hook('unrecognized_command', 'mailbox_command', -100)
}

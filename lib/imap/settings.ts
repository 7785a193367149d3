import { type Language, languageTags } from '../terms/languages'
import { type Ini, readSettings } from '../terms/settings'
import { type ListenSettings, listenSettings } from '../transport/settings'

export interface ImapSettings extends ListenSettings {
  /** milliseconds before login; `idle`: logged in (RFC 9051 5.4: 30 minutes at least) */
  readonly loginTime: number
  readonly lockAt: 'access' | 'login'
  readonly maxLine: number
  /** octets of one message in APPEND */
  readonly maxAppend: number
  /** RFC 9738: messages that one command works on, or saves at once; 0: no limit */
  readonly messageLimit: number
  readonly saveLimit: number
  /** APPEND of a header with other than ASCII by a client that did not ask for UTF-8 */
  readonly headers8bit: 'accept' | 'refuse'
  /** RFC 9208 4.1.3: administrators may set limits */
  readonly setQuota: boolean
  /** of `LANGUAGE default` */
  readonly language: Language
  /** /shared/comment and /shared/admin of the server (RFC 5464 6.2); empty: none */
  readonly comment: string
  readonly admin: string
}

/** config/mailbox_imap.ini */
export function imapSettings(ini: Ini): ImapSettings {
  const read = readSettings('mailbox_imap.ini', ini)
  const settings: ImapSettings = {
    ...listenSettings(read, {
      listen: '[::]:143',
      listenTls: '[::]:993',
      connections: 10_000,
      perAddress: 1000,
      badCommands: 50,
      idle: '30min',
    }),
    loginTime: read.duration('limits.login_time', '3min'),
    maxLine: read.size('limits.line', '64K'),
    maxAppend: read.size('limits.append', '50M'),
    messageLimit: read.number('limits.message_limit', 0),
    saveLimit: read.number('limits.save_limit', 0),
    headers8bit: read.choice('session.headers_8bit', ['accept', 'refuse'], 'accept'),
    setQuota: read.boolean('session.set_quota', false),
    language: read.choice('session.language', languageTags, 'en'),
    comment: read.text('metadata.comment', ''),
    admin: read.text('metadata.admin', ''),
    lockAt: read.choice('session.lock_at', ['access', 'login'], 'access'),
  }
  if (settings.idle < 1_800_000) read.complain('limits.idle: RFC 9051 5.4 asks for 30min at least')
  if (settings.messageLimit > 0 && settings.saveLimit > 0)
    read.complain('limits.save_limit: message_limit is one already (RFC 9738 4)')
  if (settings.admin !== '' && !URL.canParse(settings.admin))
    read.complain('metadata.admin: expected an address such as mailto:postmaster@example.org')
  read.done()
  return settings
}

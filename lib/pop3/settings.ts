import { type Language, languageTags } from '../terms/languages'
import { type Ini, readSettings } from '../terms/settings'
import { type ListenSettings, listenSettings } from '../transport/settings'

export interface Pop3Settings extends ListenSettings {
  /** milliseconds; 0: no limit */
  readonly maxSession: number
  readonly onDelete: 'delete' | 'trash' | 'keep'
  readonly retrSetsSeen: boolean
  readonly order: 'arrival' | 'newest-first'
  /** milliseconds between two logins of one account (RFC 2449 6.5); 0: none */
  readonly loginDelay: number
  readonly loginDelayAnswer: 'refuse' | 'empty'
  /** RFC 2449 6.7; undefined: NEVER */
  readonly expireDays: number | undefined
  /** what becomes of headers that are not ASCII for a client that did not say UTF8 (RFC 6856 2.1) */
  readonly utf8Headers: 'ascii' | 'refuse'
  /** of `LANG *` */
  readonly language: Language
  /** `user+mailbox` */
  readonly mailboxInName: boolean
}

/** config/mailbox_pop3.ini */
export function pop3Settings(ini: Ini): Pop3Settings {
  const read = readSettings('mailbox_pop3.ini', ini)
  const expireDays = read.text('session.expire', 'never')
  const settings: Pop3Settings = {
    ...listenSettings(read, {
      listen: '[::]:110',
      listenTls: '[::]:995',
      connections: 2000,
      perAddress: 100,
      badCommands: 20,
      idle: '10min',
    }),
    maxSession: read.duration('limits.session', '0s'),
    onDelete: read.choice('session.on_delete', ['delete', 'trash', 'keep'], 'delete'),
    retrSetsSeen: read.boolean('session.retr_sets_seen', false),
    loginDelay: read.duration('limits.login_delay', '0s'),
    loginDelayAnswer: read.choice('limits.login_delay_answer', ['refuse', 'empty'], 'refuse'),
    expireDays: expireDays === 'never' ? undefined : Number(expireDays),
    utf8Headers: read.choice('session.utf8_headers', ['ascii', 'refuse'], 'ascii'),
    language: read.choice('session.language', languageTags, 'en'),
    mailboxInName: read.boolean('session.mailbox_in_name', false),
    order: read.choice('session.order', ['arrival', 'newest-first'], 'arrival'),
  }
  // RFC 1939 3: an autologout timer must be 10 minutes at least.
  if (settings.idle < 600_000) read.complain('limits.idle: RFC 1939 asks for 10min at least')
  if (!/^(?:never|\d{1,5})$/.test(expireDays))
    read.complain(`session.expire = ${expireDays}: expected never or a number of days`)
  // What is announced is done: only what was read expires, so reading must be remembered, and expiring must remove.
  const { expireDays: days, retrSetsSeen, onDelete } = settings
  if (days !== undefined && days > 0 && !retrSetsSeen) read.complain('session.expire needs retr_sets_seen = true')
  if (days !== undefined && onDelete === 'keep') read.complain('session.expire removes nothing with on_delete = keep')
  read.done()
  return settings
}

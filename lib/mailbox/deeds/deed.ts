import { quoted, quotedText } from '../../login/account-name'
import { shortId } from '../../login/session-line'

/** Through which session an account is used, as logs name it. */
export interface Actor {
  /** `imap`, `pop3`, `webmail`, `api`, `admin` */
  readonly protocol: string
  readonly address: string
  /** what the client calls itself */
  readonly client?: string | undefined
  /** of its log lines */
  readonly connection: string
  /** the administrator who has entered the mailbox */
  readonly administrator?: string
  /** the user who did it in a mailbox of this account, which is another one's */
  readonly guest?: string
}

/**
 * `expunged`: out of the mailbox; `moved`: into `to`; `deleted`: the mailbox itself, with them; `restored`: out of the recycle bin
 * into the mailbox; `erased`: for ever, out of the recycle bin, where no mailbox has them; `opened`: a guest looks at them;
 * `shared`: `to` is who may do what from now on.
 */
export const DEEDS = ['expunged', 'moved', 'deleted', 'restored', 'erased', 'opened', 'shared'] as const

/** What somebody did to mail that was there, or to who may come to it. */
export interface MailDeed {
  /** milliseconds since 1970 */
  readonly at: number
  /** full address */
  readonly account: string
  readonly what: (typeof DEEDS)[number]
  /** empty: none */
  readonly mailbox: string
  /** where they went; empty: nowhere */
  readonly to: string
  readonly messages: number
  readonly by: Actor
}

/** `mail expunged: account="a@b" mailbox="INBOX" messages=3 address=192.0.2.1 protocol=imap client="x" connection=1a2b3c4d` */
export function deedLine({ what, account, mailbox, to, messages, by }: MailDeed): string {
  const where = to === '' ? '' : ` to=${quotedText(to)}`
  const administrator = by.administrator === undefined ? '' : ` administrator=${quoted(by.administrator)}`
  const who = `${administrator}${by.guest === undefined ? '' : ` guest=${quoted(by.guest)}`}`
  return (
    `mail ${what}: account=${quoted(account)} mailbox=${quotedText(mailbox)}${where} messages=${messages}` +
    ` address=${by.address} protocol=${by.protocol} client=${quotedText(by.client ?? '')}${who} connection=${shortId(by.connection)}`
  )
}

import { leavesOf } from '../../../mime/read/bodies'
import { optional, text } from '../../../web/kernel/schema'
import { invitationIn } from '../invite/parts'
import { authentication, authenticationOf } from './authentication'
import type { Letter } from './parts'
import { ANSWERED, receiptOf } from './receipt'
import { headerOf } from './subjects'
import { unsubscribe, unsubscribeOf } from './unsubscribe'

/** What the header says beside who and what: who vouches for it, how one leaves the list; and whether it invites. */
export const signs = {
  /** as far as this server has looked */
  authentication: optional(authentication),
  unsubscribe: optional(unsubscribe),
  /** who asks for a receipt, and was not answered yet */
  receipt: optional(text(320)),
  /** the part that holds an invitation: `GET .../parts/{part}/invitation` */
  invitation: optional(text(1000)),
}

/** @param host the name under which this server writes Authentication-Results */
export async function signsOf(letter: Letter, host: string) {
  const fields = await headerOf(letter, letter.root)
  const checked = authenticationOf(fields, host)
  return {
    authentication: checked,
    unsubscribe: unsubscribeOf(fields, checked),
    receipt: letter.row.flags.has(ANSWERED) || letter.row.flags.has('\\Draft') ? undefined : receiptOf(fields),
    invitation: invitationIn(leavesOf(letter.root)),
  }
}

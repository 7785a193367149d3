import type { AccountMail } from '../../../mailbox/mailbox'
import type { Mailbox } from '../../../mailbox/vocabulary'
import { flagSet } from '../../../terms/flags'
import { Refused, unwrap } from '../../../web/kernel/faults'
import { uidsOf, withView } from '../access'
import type { Draft } from './compose'

/** What becomes of stored mail when a draft is saved or sent. */

/** By special use, else by name; made when it is missing. */
async function mailboxFor(mail: AccountMail, use: '\\Sent' | '\\Drafts'): Promise<Mailbox> {
  const marked = (await mail.mailboxes()).find(({ specialUse }) => specialUse.includes(use))
  if (marked) return marked
  const name = use.slice(1)
  return (await mail.find(name)) ?? unwrap(await mail.create(name, [use]))
}

export async function keep(mail: AccountMail, use: '\\Sent' | '\\Drafts', bytes: Buffer, flags: readonly string[]) {
  const mailbox = await mailboxFor(mail, use)
  const { uids } = unwrap(await mail.append(mailbox.name, [{ bytes, flags: flagSet(flags) }]))
  return { mailbox: mailbox.id, uid: uids[0] }
}

/** What is gone already is as good. */
const unlessGone = (change: Promise<void>): Promise<void> =>
  change.catch((error) => {
    if (!(error instanceof Refused)) throw error
  })

/** A draft that was saved again, or sent. */
export async function discard(mail: AccountMail, at: Draft['replaces']): Promise<void> {
  if (!at) return
  const { mailbox, uid } = at
  const gone = withView(mail, mailbox, async (view) => {
    const seq = view.seqOf(uid)
    if (seq === undefined || !view.flagsAt(seq).has('\\Draft')) return
    unwrap(await mail.storeFlags(view, uidsOf([uid]), 'add', flagSet(['\\Deleted'])))
    unwrap(await mail.expunge(view, uidsOf([uid]), undefined, 'nowhere'))
  })
  await unlessGone(gone)
}

export async function markAnswered(mail: AccountMail, answers: Draft['answers']): Promise<void> {
  if (!answers) return
  const { mailbox, uid, how } = answers
  const marked = withView(mail, mailbox, async (view) => {
    unwrap(await mail.storeFlags(view, uidsOf([uid]), 'add', flagSet([how === 'reply' ? '\\Answered' : '$Forwarded'])))
  })
  await unlessGone(marked)
}

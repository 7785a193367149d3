import type { MailRoom } from '../../mailbox/mailbox'
import type { MailboxSettings } from '../../mailbox/settings'
import type { Account } from '../../store/account'
import type { Store } from '../../store/store'
import type { Clock, Log } from '../../terms/ports'
import { addressOf, type OwnMail, ownMail, postmasterOf } from './own-mail'
import { createQuotaWarnings, warningMail } from './quota-warnings'

/** Longest explanation of a mistake, in characters. */
const LONGEST = 500

/** A mistake in the owner's script, as a message. */
const complaintMail = (name: string, why: string, now: number): OwnMail => ({
  from: postmasterOf(name),
  to: [addressOf(name)],
  subject: 'Your mail rules have a mistake',
  body: {
    text: `Your Sieve script could not be run, and all mail goes into INBOX until it is put right:\n\n${why.slice(0, LONGEST)}\n`,
  },
  automatic: 'auto-generated',
  now,
})

export interface NoticePorts {
  readonly store: Pick<Store, 'accounts'>
  readonly room: Pick<MailRoom, 'deliver'>
  readonly settings: MailboxSettings
  readonly clock: Clock
  readonly log: Log
}

/** What owners must know of their mailbox after a delivery; it goes into INBOX, also of a full mailbox. */
export function createOwnerNotices({ store, room, settings, clock, log }: NoticePorts) {
  const warningFor = createQuotaWarnings(store, settings)

  async function tell({ id, name }: Account, mail: OwnMail): Promise<void> {
    const told = await room.deliver({ account: id, bytes: await ownMail(mail), quota: 'ignore' })
    if (!told.ok) log.warn(`a notice to ${name} failed: ${told.fault.kind}`)
  }

  /** @param complaint what is wrong with the owner's script; undefined: nothing */
  return async function afterDelivery(account: Account, size: number, complaint: string | undefined): Promise<void> {
    const now = clock.now()
    if (complaint !== undefined) await tell(account, complaintMail(account.name, complaint, now))
    const warning = await warningFor(account, size)
    if (warning) await tell(account, warningMail(account.name, warning, now))
  }
}

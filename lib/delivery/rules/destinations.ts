import type { MailRoom } from '../../mailbox/mailbox'
import { spellMailbox } from '../../mailbox/mailbox-name'
import type { Account } from '../../store/account'
import type { Mailbox } from '../../store/store'
import type { Filing } from './ruling'

/** A copy that is to be stored. */
export interface Destination {
  /** as it is kept */
  readonly mailbox: string
  readonly flags: readonly string[]
  /** undefined: the message as it came */
  readonly octets: Buffer | undefined
}

const INBOX = 'INBOX'

/** Where the copies that rules want go: names as mailboxes have them, and each mailbox once (RFC 5228 2.10.3). */
export function createDestinations(room: MailRoom) {
  /** RFC 5490 3.2; undefined: it could not be made */
  async function create({ id, name: owner, overrides, admin }: Account, name: string): Promise<string | undefined> {
    const created = await room.account({ id, name: owner, overrides, admin }).create(name)
    return created.ok ? created.value.name : undefined
  }

  /**
   * @param elsewhere the mailbox for what the rules keep without naming one; undefined: INBOX
   * @param mailboxes the account's
   */
  return async function destinationsOf(
    account: Account,
    filings: readonly Filing[],
    elsewhere: string | undefined,
    mailboxes: () => Promise<readonly Mailbox[]>,
  ): Promise<readonly Destination[]> {
    const named = filings.some(({ mailbox, specialUse }) => mailbox !== undefined || specialUse !== undefined)
    const all = named ? await mailboxes() : []
    const byName = new Map(all.map(({ name }) => [spellMailbox(name), name]))
    /** RFC 8579 4: the one with this use; several may have it, then the first. */
    const byUse = (wanted: string): string | undefined =>
      all.find(({ specialUse }) => specialUse.some((use) => use.toLowerCase() === wanted.toLowerCase()))?.name

    /** Undefined: there is none. */
    async function nameFor({ mailbox, specialUse, create: mayCreate }: Filing): Promise<string | undefined> {
      const withUse = specialUse === undefined ? undefined : byUse(specialUse)
      if (withUse !== undefined) return withUse
      if (mailbox === undefined) return elsewhere
      const existing = byName.get(spellMailbox(mailbox))
      if (existing !== undefined || !mayCreate) return existing
      const created = await create(account, mailbox)
      if (created !== undefined) byName.set(spellMailbox(created), created)
      return created
    }

    const destinations = new Map<string, Destination>()
    for (const filing of filings) {
      // A mailbox that is not there means INBOX, so that a rule's mistake loses no mail.
      const mailbox = (await nameFor(filing)) ?? INBOX
      const before = destinations.get(mailbox)
      const flags = before ? [...new Set([...before.flags, ...filing.flags])] : filing.flags
      destinations.set(mailbox, { mailbox, flags, octets: before ? before.octets : filing.octets })
    }
    return [...destinations.values()]
  }
}

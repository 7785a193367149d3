import type { MailRoom } from '../../mailbox/mailbox'
import { spellMailbox } from '../../mailbox/mailbox-name'
import type { Account } from '../../store/account'
import type { Store } from '../../store/store'
import type { Copy } from './rules'

/** A copy that is to be stored. */
export interface Place {
  /** as it is kept */
  readonly mailbox: string
  readonly flags: readonly string[]
  /** undefined: the message as it came */
  readonly octets: Buffer | undefined
}

const INBOX = 'INBOX'

/** Where the copies that rules want go: names as mailboxes have them, and each mailbox once (RFC 5228 2.10.3). */
export function createPlaces({ store, room }: { readonly store: Pick<Store, 'mailboxes'>; readonly room: MailRoom }) {
  async function mailboxesOf(account: Account) {
    const all = await store.mailboxes.list(account.id)
    const byName = new Map(all.map((mailbox) => [spellMailbox(mailbox.name), mailbox.name]))
    /** RFC 8579 4: the one with this use; several may have it, then the first. */
    const byUse = (use: string): string | undefined =>
      all.find(({ specialUse }) => specialUse.some((one) => one.toLowerCase() === use.toLowerCase()))?.name
    return { byName, byUse }
  }

  /** RFC 5490 3.2; undefined: it could not be made */
  async function made(account: Account, name: string): Promise<string | undefined> {
    const { id, overrides, admin } = account
    const done = await room.account({ id, name: account.name, overrides, admin }).create(name)
    return done.ok ? done.value.name : undefined
  }

  /** @param elsewhere the mailbox for what the rules keep without naming one; undefined: INBOX */
  return async function placesOf(
    account: Account,
    stores: readonly Copy[],
    elsewhere: string | undefined,
  ): Promise<readonly Place[]> {
    const named = stores.some(({ mailbox, specialUse }) => mailbox !== undefined || specialUse !== undefined)
    const known = named ? await mailboxesOf(account) : undefined
    const places = new Map<string, Place>()
    for (const { mailbox, specialUse, create, flags, octets } of stores) {
      const use = specialUse === undefined ? undefined : known?.byUse(specialUse)
      const there = use ?? (mailbox === undefined ? elsewhere : known?.byName.get(spellMailbox(mailbox)))
      const made_ = there === undefined && create && mailbox !== undefined ? await made(account, mailbox) : undefined
      if (made_ !== undefined) known?.byName.set(spellMailbox(made_), made_)
      // A mailbox that is not there means INBOX, so that a rule's mistake loses no mail.
      const name = there ?? made_ ?? INBOX
      const before = places.get(name)
      const joined = before ? [...new Set([...before.flags, ...flags])] : flags
      places.set(name, { mailbox: name, flags: joined, octets: before ? before.octets : octets })
    }
    return [...places.values()]
  }
}

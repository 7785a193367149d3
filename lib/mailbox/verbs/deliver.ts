import type { Account } from '../../store/account'
import type { AppendOptions, Mailbox } from '../../store/store'
import { failed, ok, type Result } from '../../terms/fault'
import { type FlagSet, flagSet, isSystemFlag, NO_FLAGS } from '../../terms/flags'
import type { AccountId } from '../../terms/names'
import type { Delivered, NewCopy } from '../mailbox'
import { type Parts, published } from '../parts'
import { createPlaces, guestName, mayPost } from '../shared/places'
import { allowedFlags } from '../shared/rights'
import { keywordsFault } from './keywords'
import { asNewMessages, quotaCheck, quotaOf } from './limits'
import { mailboxNamed } from './resolve'

/**
 * Final delivery: never waits for the mailbox lock. A mailbox that is not there (any more) means INBOX, so that a filter's
 * mistake loses no mail. Faults: no-such-account, stored-before, over-quota, too-big. Resolves after the message is durable.
 */
export async function deliver(parts: Parts, copy: NewCopy): Promise<Result<Delivered>> {
  const done = await append(parts, copy).catch((error: unknown) => {
    parts.metrics.count('mailbox_deliveries_total', { result: 'unavailable' })
    throw error
  })
  parts.metrics.count('mailbox_deliveries_total', { result: done.ok ? 'stored' : done.fault.kind })
  if (done.ok) parts.metrics.count('mailbox_delivered_bytes_total', {}, copy.bytes.length)
  return done
}

async function append(parts: Parts, copy: NewCopy): Promise<Result<Delivered>> {
  const { store, hub, settings } = parts
  const owner = copy.owner ?? (await store.accounts.get(copy.account))
  if (owner === undefined) return failed({ kind: 'no-such-account' })
  const incoming = { flags: NO_FLAGS, ...copy }
  const prepared = await asNewMessages(parts, copy.account, [incoming])
  if (!prepared.ok) return prepared
  const messages = prepared.value
  const quota = copy.quota === 'ignore' ? {} : quotaCheck(quotaOf(owner, settings))

  async function into(
    mailbox: Mailbox | undefined,
    account: AccountId,
    wantedFlags: FlagSet,
    options: AppendOptions,
  ): Promise<Result<Delivered>> {
    if (mailbox === undefined) return failed({ kind: 'no-such-account' })
    // A script may make keywords of what strangers write: mail is not lost for them.
    const tooMany = await keywordsFault(parts, account, mailbox, [wantedFlags])
    const flags = tooMany ? flagSet(wantedFlags.names.filter(isSystemFlag)) : wantedFlags
    const flagged = messages.map((message) => ({ ...message, flags }))
    const uids = published(hub, await store.messages.append(account, mailbox.id, flagged, options))
    if (!uids.ok) return uids
    const [uid] = uids.value
    if (uid === undefined) throw new Error('the store appended nothing')
    return ok({ mailbox, uid })
  }
  const intoOwn = (mailbox: Mailbox | undefined): Promise<Result<Delivered>> =>
    into(mailbox, copy.account, incoming.flags, { ...quota, marks: copy.marks })

  /** @returns undefined: it is not there, has no room, or the user has no right: as a mailbox that is not there */
  async function intoShared(nameUtf8: string): Promise<Result<Delivered> | undefined> {
    const user = await store.accounts.get(copy.account)
    const place = user && (await createPlaces(store, user).named(nameUtf8))
    if (!place || !mayPost(place)) return undefined
    const { owner: host, mailbox, rights } = place
    const { marks = [] } = copy
    // They are of the account that the message came to, and in no transaction with the mail of another one.
    for (const mark of marks) if (await store.marks.has(copy.account, mark)) return failed({ kind: 'stored-before' })
    const flags = allowedFlags(incoming.flags, rights)
    const done = await into(mailbox, host.id, flags, quotaCheck(quotaOf(host, settings)))
    if (!done.ok) return undefined
    for (const mark of marks) await store.marks.set(copy.account, mark)
    return ok({ ...done.value, mailbox: { ...mailbox, name: guestName(host, mailbox.name) } })
  }

  const find = (nameUtf8: string) => mailboxNamed(store, copy.account, nameUtf8)
  const wanted = copy.mailbox === undefined ? undefined : await find(copy.mailbox)
  const shared = wanted || copy.mailbox === undefined ? undefined : await intoShared(copy.mailbox)
  const done = wanted ? await intoOwn(wanted) : shared
  const deletedMeanwhile = done?.ok === false && done.fault.kind === 'no-such-mailbox'
  return done === undefined || deletedMeanwhile ? intoOwn(await find('INBOX')) : done
}

/** Mailboxes of others into which its mail may go. */
export async function postable({ store }: Parts, account: Account): Promise<readonly Mailbox[]> {
  const others = await createPlaces(store, account).all()
  return others.filter(mayPost).map(({ owner, mailbox }) => ({
    ...{ ...mailbox, name: guestName(owner, mailbox.name), specialUse: [], subscribed: false },
  }))
}

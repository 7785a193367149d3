import type { ListChange } from '../../store/change'
import type { Mailbox } from '../../store/store'
import { DAY } from '../../terms/calendar'
import { failed, ok, type Result } from '../../terms/fault'
import { type AccountId, levelsAbove } from '../../terms/names'
import type { SpecialUse } from '../../terms/special-use'
import type { AccountMail } from '../mailbox'
import { checkNewName, spellMailbox } from '../mailbox-name'
import { type Did, type Parts, published } from '../parts'
import { isForeign } from '../shared/places'
import { copyAnnotations } from './annotation-verbs'
import { binOf, quotaOf } from './limits'
import { mailboxNamed, mailboxOfId } from './resolve'

export type MailboxVerbs = Pick<
  AccountMail,
  'mailboxes' | 'subscriptions' | 'find' | 'findById' | 'create' | 'rename' | 'remove' | 'subscribe' | 'quota'
>

/** It would hide those of others. */
function ownNewName(nameUtf8: string): Result<string> {
  const name = checkNewName(nameUtf8)
  return name.ok && isForeign(name.value)
    ? failed({ kind: 'bad-mailbox-name', why: `${name.value} would be a mailbox of another user` })
    : name
}

/** What may be done to the list of an account's mailboxes. */
export function mailboxVerbs({ store, hub, settings }: Parts, account: AccountId, did: Did): MailboxVerbs {
  /** RFC 6154 3: one mailbox per use; a second one is refused (IMAP says USEATTR). */
  function refusal(all: readonly Mailbox[], name: string, uses: readonly SpecialUse[]): Result<void> {
    if (all.some((mailbox) => mailbox.name === name)) return failed({ kind: 'mailbox-exists' })
    if (all.length >= settings.maxMailboxes) return failed({ kind: 'limit', why: 'too many mailboxes' })
    const taken = all.find(({ specialUse }) => specialUse.some((use) => uses.includes(use)))
    if (taken !== undefined) return failed({ kind: 'not-permitted', why: `${taken.name} has this special use` })
    return ok(undefined)
  }

  async function create(nameUtf8: string, specialUse: readonly SpecialUse[] = []): Promise<Result<Mailbox>> {
    const name = ownNewName(nameUtf8)
    if (!name.ok) return name
    const allowed = refusal(await store.mailboxes.list(account), name.value, specialUse)
    if (!allowed.ok) return allowed
    const written = await store.mailboxes.create(account, name.value, { specialUse })
    if (written.ok) await inheritAcl(written.value.commit.list)
    return published(hub, written)
  }

  /** RFC 4314 4: each has the list of the mailbox above it, also those between that were made with it. */
  async function inheritAcl(list: readonly ListChange[]): Promise<void> {
    for (const { kind, mailbox, name } of list) {
      const parent = levelsAbove(name).at(-1)
      if (kind !== 'created' || mailbox === undefined || parent === undefined) continue
      const above = await mailboxNamed(store, account, parent)
      if (above) await store.acl.copy(account, above.id, mailbox)
    }
  }

  async function rename(fromUtf8: string, toUtf8: string): Promise<Result<void>> {
    const from = spellMailbox(fromUtf8)
    const to = ownNewName(toUtf8)
    if (!to.ok) return to
    // RFC 9051 6.3.6 leaves it open; a mailbox inside itself has no meaning.
    if (to.value.startsWith(`${from}/`) && from !== 'INBOX') {
      return failed({ kind: 'not-permitted', why: 'a mailbox cannot be moved into itself' })
    }
    // INBOX stays when it is renamed, so there is one more mailbox.
    const all = await store.mailboxes.list(account)
    if (from === 'INBOX' && all.length >= settings.maxMailboxes) {
      return failed({ kind: 'limit', why: 'too many mailboxes' })
    }
    const renamed = published(hub, await store.mailboxes.rename(account, from, to.value))
    if (renamed.ok && from === 'INBOX') await copyAnnotations(store, account, from, to.value)
    return renamed
  }

  async function remove(nameUtf8: string): Promise<Result<void>> {
    const name = spellMailbox(nameUtf8)
    // RFC 9051 6.3.5
    if (name === 'INBOX') return failed({ kind: 'not-permitted', why: 'INBOX cannot be deleted' })
    const mailbox = await mailboxNamed(store, account, name)
    const removed = published(hub, await store.mailboxes.remove(account, name, binOf(settings)))
    if (removed.ok) did('deleted', name, mailbox?.messages ?? 0)
    if (removed.ok && mailbox) {
      await store.annotations.remove(account, mailbox.id)
      // RFC 4314 4
      await store.acl.remove(account, mailbox.id)
    }
    return removed
  }

  /** RFC 9051 6.3.7 lets us insist that the mailbox exists; unsubscribing works for any name. */
  async function subscribe(nameUtf8: string, subscribed: boolean): Promise<Result<void>> {
    const name = spellMailbox(nameUtf8.endsWith('/') ? nameUtf8.slice(0, -1) : nameUtf8)
    if (subscribed && (await mailboxNamed(store, account, name)) === undefined) {
      return failed({ kind: 'no-such-mailbox' })
    }
    return published(hub, await store.subscriptions.set(account, name, subscribed))
  }

  return {
    mailboxes: () => store.mailboxes.list(account),
    subscriptions: () => store.subscriptions.list(account),
    find: (nameUtf8) => mailboxNamed(store, account, nameUtf8),
    findById: (id) => mailboxOfId(store, account, id),
    create,
    rename,
    remove,
    subscribe,
    async quota() {
      const [owner, used] = await Promise.all([store.accounts.get(account), store.accounts.usage(account)])
      const limits = quotaOf(owner ?? {}, settings)
      return {
        usedBytes: used.bytes,
        usedMessages: used.messages,
        limitBytes: limits.bytes,
        limitMessages: limits.messages,
      }
    },
  }
}

/** What an account gets takes several commits: whether they were begun and done, for as long as somebody may go on with them. */
const BEGUN = 'special-use mailboxes begun'
const DONE = 'special-use mailboxes done'

/** What a new account gets (docs/mailboxes.md). One that has more than its INBOX has had it, or made its own choice. */
export async function ensureSpecialUse(parts: Parts, account: AccountId): Promise<Result<void>> {
  const { marks, mailboxes } = parts.store
  const at = parts.clock.now()
  const all = await mailboxes.list(account)
  if (all.length === 0) return failed({ kind: 'no-such-account' })
  const names = new Set(all.map(({ name }) => name))
  const missing = parts.settings.autocreate.filter(({ name }) => !names.has(spellMailbox(name)))
  if (missing.length === 0) return ok(undefined)
  if (all.length === 1) await marks.set(account, { what: BEGUN, at, until: at + DAY })
  else {
    // The store may have failed in the middle.
    const unfinished =
      (await marks.has(account, { what: BEGUN, at })) && !(await marks.has(account, { what: DONE, at }))
    if (!unfinished) return ok(undefined)
  }
  for (const { name, specialUse } of missing) {
    const options = { specialUse, subscribed: true }
    const created = published(parts.hub, await mailboxes.create(account, spellMailbox(name), options))
    if (!created.ok && created.fault.kind !== 'mailbox-exists') return created
  }
  await marks.set(account, { what: DONE, at, until: at + 2 * DAY })
  return ok(undefined)
}

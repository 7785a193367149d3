import type { Holder, Lease, LockMode, Refusal } from '../../locks/locks'
import type { Identity } from '../../login/login'
import type { Commit } from '../../store/change'
import { textOf, Unavailable, unavailable } from '../../terms/errors'
import type { Result } from '../../terms/fault'
import { accountId } from '../../terms/names'
import { binVerbs } from '../bin/bin-verbs'
import type { Actor, MailDeed } from '../deeds/deed'
import type { AccountMail, LockEntry } from '../mailbox'
import { openMaildrop } from '../maildrop/maildrop'
import type { Did, Parts } from '../parts'
import { ALL_RIGHTS } from '../shared/rights'
import { type Held, rightsVerbs } from '../shared/rights-verbs'
import { annotationVerbs } from './annotation-verbs'
import { documentVerbs } from './document-verbs'
import { lockRequest } from './lock-request'
import { mailboxVerbs } from './mailbox-verbs'
import { markVerbs } from './mark-verbs'
import { type MessageVerbs, messageVerbs } from './message-verbs'
import { mailboxNamed } from './resolve'
import { scriptVerbs } from './script-verbs'

/** The verbs of an account, and those that only this room has. */
export type OwnMail = AccountMail & Pick<MessageVerbs, 'openFor'>

/** Who listens is told whose change it is: a client hears of those of others (RFC 5465 5, RFC 5464 4.3). */
export function tellingWhose(shared: Parts, by: () => AccountMail): Parts {
  return { ...shared, hub: { ...shared.hub, publish: (commit: Commit) => shared.hub.publish(commit, by()) } }
}

/** What there is to tell although it is about no message. */
const TOLD_ANYWAY: readonly MailDeed['what'][] = ['deleted', 'opened', 'shared']

export const telling =
  (parts: Parts, account: string, actor: (() => Actor) | undefined): Did =>
  (what, mailbox, messages, to = '') => {
    if (!actor || (messages === 0 && !TOLD_ANYWAY.includes(what))) return
    parts.did({ at: parts.clock.now(), account, what, mailbox, to, messages, by: actor() })
  }

/** The verbs of one account. @param parts which tell whose changes they publish */
export function ownMail(parts: Parts, identity: Identity, actor?: () => Actor): OwnMail {
  const id = accountId(identity.id)
  const did = telling(parts, identity.name, actor)
  const { store, locks, log } = parts
  const lockSettings = { defaultMode: parts.settings.lockMode, log }

  /**
   * The account has seen this grant: a POP3 session whose lease was lost before it can delete nothing from now on
   * (docs/locks.md#invariants). Not in `snapshot`, where sessions work side by side; and in `pop3` a shared grant says nothing about the
   * exclusive one beside it.
   */
  async function fenced(lease: Lease, mode: LockMode): Promise<Result<Lease, Refusal>> {
    const isFenced = mode === 'strict' || (mode === 'pop3' && lease.access === 'exclusive')
    try {
      if (isFenced) await store.raiseFence(id, lease.fence)
      // A session from before its account was removed: the fence is refused it too.
      else if (!(await store.accounts.get(id))) throw new Unavailable('the account was removed')
      return { ok: true, value: lease }
    } catch (error) {
      await lease.release()
      return unavailable(error)
    }
  }
  async function acquire(entry: LockEntry, access: Lease['access'], signal?: AbortSignal) {
    const request = lockRequest(identity, entry, access, lockSettings)
    const lease = await locks.acquire(request, signal)
    const mode = request.mode
    return { mode, lease: lease.ok ? await fenced(lease.value, mode) : lease }
  }

  /** For the user, who sees an old program fail and does not know why. Nobody waits for it, and it may be lost. */
  function noteRefusal({ protocol, address }: LockEntry, { client, ...by }: Holder): void {
    const holder = {
      protocol: by.protocol,
      address: by.address,
      since: by.since,
      ...(client !== undefined && { client }),
    }
    store.refusals
      .note(id, { protocol, address, at: parts.clock.now(), by: holder })
      .catch((error) => log.debug(`a refusal is not remembered: ${textOf(error)}`))
  }

  const enter: AccountMail['enter'] = async (entry, signal) => (await acquire(entry, 'shared', signal)).lease
  async function held(nameUtf8: string): Promise<Held | undefined> {
    const mailbox = await mailboxNamed(store, id, nameUtf8)
    return mailbox && { owner: { id, name: identity.name }, mailbox, rights: ALL_RIGHTS }
  }

  return {
    id,
    identity,
    enter,
    lockOf: async () => ({ id, enter }),
    shared: async () => [],
    rightsOn: () => ALL_RIGHTS,
    rights: rightsVerbs(parts, held, { own: id, admin: identity.admin, did: () => did }),
    async openMaildrop(entry, options, signal) {
      const { lease, mode } = await acquire(entry, 'exclusive', signal)
      if (!lease.ok) {
        if (lease.fault.kind === 'held') noteRefusal(entry, lease.fault.by)
        return lease
      }
      const mailbox = options.mailbox ?? identity.mailbox ?? 'INBOX'
      const checkFence = mode !== 'snapshot'
      return openMaildrop(parts, id, { ...options, mailbox, lease: lease.value, checkFence, did }, signal)
    },
    ...mailboxVerbs(parts, id, did),
    ...messageVerbs(parts, id, did),
    scripts: scriptVerbs(store, id),
    marks: markVerbs(store, parts.clock, id),
    documents: documentVerbs(store, id),
    annotations: annotationVerbs(parts, id),
    bin: store.bin && binVerbs(parts, store.bin, id, did),
  }
}

/** The verbs of one logged-in account. */
export function createAccountMail(shared: Parts, identity: Identity, actor?: () => Actor): AccountMail {
  const mail: AccountMail = ownMail(
    tellingWhose(shared, () => mail),
    identity,
    actor,
  )
  return mail
}

import { FREE_FLAGS, REMOVED_AT_ONCE } from '../../store/limits'
import type { Copied, FlagsStored, Mailbox, MessageRow } from '../../store/store'
import { failed, ok, type Result } from '../../terms/fault'
import { type FlagChange, type FlagSet, withPublicFlags } from '../../terms/flags'
import type { AccountId } from '../../terms/names'
import type { ModSeq, Uid } from '../../terms/numbers'
import type { AccountMail, Incoming, Progress, View } from '../mailbox'
import { checkNewName } from '../mailbox-name'
import { type Did, type Parts, published } from '../parts'
import { ALL_RIGHTS, type Rights } from '../shared/rights'
import { createView, type SessionView } from '../view/view'
import { inBatches } from './batches'
import { keywordsFault } from './keywords'
import { asNewMessages, binOf, quotaCheck, quotaOf } from './limits'
import { mailboxNamed, mailboxOfId } from './resolve'

export type MessageVerbs = Pick<
  AccountMail,
  | 'open'
  | 'openById'
  | 'accepts'
  | 'append'
  | 'replace'
  | 'copy'
  | 'move'
  | 'storeFlags'
  | 'expunge'
  | 'expungedSince'
  | 'index'
  | 'unseen'
  | 'rows'
  | 'keys'
  | 'mayHave'
  | 'read'
> & {
  /** A window of a guest, who takes nothing \Recent from the owner. @param onClose called once, when it is closed */
  openFor(mailbox: Mailbox, rights: Rights, onClose: () => void): Promise<Result<SessionView>>
}

/** Messages of one transaction: nobody else can write the embedded store while it runs. */
const AT_ONCE = 2000

const joined = (parts: readonly Copied[]): Copied => {
  const [first] = parts
  if (!first) throw new RangeError('nothing was copied')
  const source = parts.flatMap((part) => part.source)
  return { source, destination: parts.flatMap((part) => part.destination), uidValidity: first.uidValidity }
}

/** What may be done to messages. */
export function messageVerbs(parts: Parts, account: AccountId, did: Did): MessageVerbs {
  const { store, hub, states, settings, log } = parts
  const sessions = new WeakMap<View, SessionView>()

  /** RFC 9051 6.3.12, 6.4.7: TRYCREATE only where CREATE would work. */
  async function target(nameUtf8: string): Promise<Result<Mailbox>> {
    const mailbox = await mailboxNamed(store, account, nameUtf8)
    if (mailbox !== undefined) return ok(mailbox)
    return failed({ kind: 'no-such-mailbox', tryCreate: checkNewName(nameUtf8).ok })
  }
  async function quotaNow(): Promise<ReturnType<typeof quotaCheck>> {
    return quotaCheck(quotaOf((await store.accounts.get(account)) ?? {}, settings))
  }

  async function openView(
    mailbox: Mailbox | undefined,
    recent: 'claim' | 'peek',
    { rights, onClose }: { readonly rights: Rights; onClose?(): void } = { rights: ALL_RIGHTS },
  ): Promise<Result<SessionView>> {
    const holding = mailbox === undefined ? undefined : await states.acquire(account, mailbox)
    if (mailbox === undefined || holding === undefined) return failed({ kind: 'no-such-mailbox' })
    const { state, release } = holding
    const end = (): void => {
      release()
      onClose?.()
    }
    try {
      // What was claimed by others before is known, and costs no question.
      const others = mailbox.recentFrom - 1
      if (recent === 'claim' && others < state.columns.lastUid) await state.claimRecent()
      const { recentFrom } = mailbox
      const view = createView(state, {
        account,
        mailbox,
        rights,
        recentFrom,
        recent,
        log,
        onClose: onClose ? end : release,
      })
      sessions.set(view, view)
      return ok(view)
    } catch (error) {
      release()
      throw error
    }
  }

  async function append(nameUtf8: string, messages: readonly Incoming[]): ReturnType<AccountMail['append']> {
    const to = await target(nameUtf8)
    if (!to.ok) return to
    const tooMany = await keywordsFault(
      parts,
      account,
      to.value,
      messages.map(({ flags }) => flags),
    )
    if (tooMany) return failed(tooMany)
    const prepared = await asNewMessages(parts, account, messages)
    if (!prepared.ok) return prepared
    const written = await store.messages.append(account, to.value.id, prepared.value, await quotaNow())
    const uids = published(hub, written)
    if (uids.ok) return ok({ mailbox: to.value, uids: uids.value })
    // Deleted since we looked.
    return uids.fault.kind === 'no-such-mailbox' ? failed({ ...uids.fault, tryCreate: true }) : uids
  }

  async function replace(
    view: View,
    replaced: Uid,
    nameUtf8: string,
    message: Incoming,
  ): ReturnType<AccountMail['replace']> {
    const to = await target(nameUtf8)
    if (!to.ok) return to
    const tooMany = await keywordsFault(parts, account, to.value, [message.flags])
    if (tooMany) return failed(tooMany)
    const prepared = await asNewMessages(parts, account, [message])
    if (!prepared.ok) return prepared
    const [replacing] = prepared.value
    if (!replacing) return ok({ mailbox: to.value, uids: [] })
    const from = view.mailbox.id
    const written = await store.messages.replace(account, from, replaced, to.value.id, replacing, await quotaNow())
    const uid = published(hub, written)
    return uid.ok ? ok({ mailbox: to.value, uids: [uid.value] }) : uid
  }

  async function expunge(
    view: View,
    uids: readonly Uid[] | 'all',
    progress?: Progress,
    where: 'bin' | 'nowhere' = 'bin',
  ): Promise<Result<readonly Uid[]>> {
    const bin = where === 'bin' ? binOf(settings) : undefined
    const wanted = uids === 'all' ? markedDeleted(view) : uids
    if (wanted.length === 0) return ok([])
    const { id } = view.mailbox
    const remove = async (batch: readonly Uid[]): Promise<Result<readonly Uid[]>> =>
      published(hub, await store.messages.expunge(account, id, batch, { only: 'deleted', bin }))
    const { values, fault } = await inBatches(wanted, REMOVED_AT_ONCE, remove, progress)
    const gone = values.flat()
    // A draft that was saved again is no removal.
    if (where === 'bin') did('expunged', view.mailbox.name, gone.length)
    return fault ? failed(fault) : ok(gone)
  }

  return {
    open: async (nameUtf8, recent) => openView(await mailboxNamed(store, account, nameUtf8), recent),
    openFor: (mailbox, rights, onClose) => openView(mailbox, 'peek', { rights, onClose }),
    openById: async (id, recent) => openView(await mailboxOfId(store, account, id), recent),
    async accepts(nameUtf8) {
      const to = await target(nameUtf8)
      return to.ok ? ok(undefined) : to
    },
    append,
    replace,
    async copy(view, uids, nameUtf8, missing, progress) {
      const to = await target(nameUtf8)
      if (!to.ok) return to
      const tooMany = await keywordsFault(parts, account, to.value, flagsOf(view, uids))
      if (tooMany) return failed(tooMany)
      const { id } = to.value
      const { quota } = await quotaNow()
      const copies: Uid[] = []
      const takeBack = () =>
        inBatches(copies, REMOVED_AT_ONCE, async (batch) =>
          published(hub, await store.messages.expunge(account, id, batch, { only: 'all' })),
        )
      try {
        const copyBatch = async (batch: readonly Uid[], rest: readonly Uid[]): Promise<Result<Copied>> => {
          // What is still to come must fit too.
          const left = quota && { bytes: quota.bytes - sizeOf(view, rest), messages: quota.messages - rest.length }
          const options = { ...(left && { quota: left }), missing }
          const copied = published(hub, await store.messages.copy(account, view.mailbox.id, batch, id, options))
          if (copied.ok) for (const uid of copied.value.destination) copies.push(uid)
          return copied
        }
        const { values, fault } = await inBatches(uids, AT_ONCE, copyBatch, progress)
        if (!fault) {
          const done = joined(values)
          parts.filed({ account, from: view.mailbox, to: to.value, uids: done.destination })
          return ok(done)
        }
        // RFC 9051 6.4.7: all or nothing
        await takeBack()
        return failed(fault)
      } catch (error) {
        await takeBack().catch((failure: Error) =>
          log.warn(`a copy that failed was not taken back: ${failure.message}`),
        )
        throw error
      }
    },
    async move(view, uids, nameUtf8, missing, progress) {
      const to = await target(nameUtf8)
      if (!to.ok) return to
      const tooMany = await keywordsFault(parts, account, to.value, flagsOf(view, uids))
      if (tooMany) return failed(tooMany)
      const { id } = view.mailbox
      const moveBatch = async (batch: readonly Uid[]): Promise<Result<Copied>> =>
        published(hub, await store.messages.move(account, id, batch, to.value.id, { missing }))
      const { values, fault } = await inBatches(uids, AT_ONCE, moveBatch, progress)
      // RFC 6851 3.3: each message is in one of the two mailboxes; some may have been moved.
      if (fault && values.length === 0) return failed(fault)
      const done = joined(values)
      parts.filed({ account, from: view.mailbox, to: to.value, uids: done.destination })
      did('moved', view.mailbox.name, done.source.length, to.value.name)
      return ok({ ...done, ...(fault && { fault }) })
    },
    async storeFlags(view, uids, how, flags, unchangedSince, progress) {
      if (uids.length === 0) return ok([])
      const tooMany = how === 'remove' ? undefined : await keywordsFault(parts, account, view.mailbox, [flags])
      if (tooMany) return failed(tooMany)
      const { id } = view.mailbox
      const limits = mayCount(view, uids, how, flags) ? await quotaNow() : undefined
      const commits: ModSeq[] = []
      const storeBatch = async (batch: readonly Uid[]): Promise<Result<FlagsStored>> => {
        const written = await store.messages.storeFlags(account, id, batch, how, flags, unchangedSince, limits)
        if (written.ok) {
          for (const change of written.value.commit.mailboxes) if (change.mailbox === id) commits.push(change.modSeq)
        }
        return published(hub, written)
      }
      const { values, fault } = await inBatches(uids, AT_ONCE, storeBatch, progress)
      sessions.get(view)?.stored(commits)
      return fault ? failed(fault) : ok(values.flatMap(({ modified }) => modified))
    },
    expunge,
    expungedSince: (view, since) => store.messages.expungedSince(account, view.mailbox.id, since),
    index: ({ id }) => store.messages.snapshot(account, id),
    rows: (view, uids) => publicRows(store.messages.rows(account, view.mailbox.id, uids)),
    unseen: async ({ unseen }) => unseen,
    keys: (view, uids) => store.messages.keys(account, view.mailbox.id, uids),
    mayHave: async (view, anyOf, instead) =>
      settings.indexTexts ? store.texts?.mayHave(account, view.mailbox.id, anyOf, instead) : undefined,
    read: (id, start, end) => store.messages.read(account, id, start, end),
  }
}

/** Without what users of other accounts have read. */
async function* publicRows(batches: AsyncIterable<readonly MessageRow[]>): AsyncGenerator<readonly MessageRow[]> {
  for await (const rows of batches) yield rows.map(withPublicFlags)
}

/** Whether flags of one of these may come to count in the quota; that costs a look at the account, which few have to take. */
function mayCount(view: View, uids: readonly Uid[], how: FlagChange, flags: FlagSet): boolean {
  const { length } = flags.wire
  if (how === 'remove' || flags.keywords.length === 0) return false
  return uids.some((uid) => {
    const seq = how === 'add' ? view.seqOf(uid) : undefined
    return length + (seq === undefined ? 0 : view.flagsAt(seq).wire.length) > FREE_FLAGS
  })
}

/**
 * RFC 9051 6.4.3 removes what has \Deleted in the mailbox; we take the messages that this client knows of, and the store
 * checks the flag once more in its transaction.
 */
function markedDeleted(view: View): Uid[] {
  return view.matching((flags) => flags.has('\\Deleted'), 1, view.exists).map((seq) => view.uidAt(seq))
}

/** Each set of flags once. */
export function flagsOf(view: View, uids: readonly Uid[]): Set<FlagSet> {
  const sets = new Set<FlagSet>()
  for (const uid of uids) {
    const seq = view.seqOf(uid)
    if (seq !== undefined) sets.add(view.flagsAt(seq))
  }
  return sets
}

function sizeOf(view: View, uids: readonly Uid[]): number {
  let size = 0
  for (const uid of uids) {
    const seq = view.seqOf(uid)
    if (seq !== undefined) size += view.sizeAt(seq)
  }
  return size
}

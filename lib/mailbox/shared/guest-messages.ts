import type { Copied, Mailbox, NewMessage } from '../../store/store'
import { failed, ok, type Result } from '../../terms/fault'
import { type FlagChange, type FlagSet, flagSet, NO_FLAGS, privateSeen } from '../../terms/flags'
import type { AccountId } from '../../terms/names'
import type { ModSeq, Uid } from '../../terms/numbers'
import type { AccountMail, Progress, View } from '../mailbox'
import { checkNewName } from '../mailbox-name'
import { type Parts, published } from '../parts'
import { inBatches } from '../verbs/batches'
import { keywordsFault } from '../verbs/keywords'
import { binOf, quotaCheck, quotaOf } from '../verbs/limits'
import { flagsOf, type MessageVerbs } from '../verbs/message-verbs'
import type { SessionView } from '../view/view'
import type { Reach, Room } from './reach'
import { ALL_RIGHTS, allowedFlags, mayFlag, type Rights, rightOf, seesPrivately } from './rights'

/** Messages that go from one account to another: of one transaction, whose octets are in memory. */
const AT_ONCE = 200
const OCTETS = 16 * 1024 * 1024

/** Where messages go. */
interface Target {
  readonly account: AccountId
  readonly mailbox: Mailbox
  readonly rights: Rights
}

interface StoreOfSome {
  readonly how: FlagChange
  readonly flags: FlagSet
  readonly rights: Rights
  readonly unchangedSince: ModSeq | undefined
  readonly progress: Progress | undefined
}

const SEEN = '\\Seen'

/** What may be done to messages where some mailboxes are those of others (RFC 4314 4). */
export function guestMessages(
  parts: Parts,
  reach: Reach,
): Omit<MessageVerbs, 'openById' | 'index' | 'unseen' | 'openFor'> {
  const { store, hub, settings } = parts
  const { own } = reach

  /** The rights on a mailbox are asked anew by what changes something. */
  async function lacks(of: Pick<View, 'account' | 'mailbox'>, rights: Rights): Promise<Result<never> | undefined> {
    if (of.account === own.id) return undefined
    const now = await reach.rightsOn(of)
    return [...rights].every((right) => now.includes(right)) ? undefined : failed({ kind: 'no-right' })
  }

  /** This user's \\Seen, as others' mailboxes keep it. */
  const ownSeen = privateSeen(own.id)
  const seenOf = (rights: Rights): string | undefined => (seesPrivately(rights) ? ownSeen : undefined)
  /** What may be set of these flags there, as it is stored. */
  function storable(flags: FlagSet, rights: Rights): FlagSet {
    const allowed = allowedFlags(flags, rights)
    if (!seesPrivately(rights) || !allowed.has(SEEN)) return allowed
    return flagSet(allowed.names.map((flag) => (flag === SEEN ? ownSeen : flag)))
  }

  /** A name of one's own, which need not be there, is left to one's own verbs. */
  async function target(nameUtf8: string): Promise<Result<Room> | undefined> {
    const room = await reach.room(nameUtf8, 'i')
    if (room?.ok !== false || room.fault.kind !== 'no-such-mailbox') return room
    // RFC 9051 6.3.12: where CREATE would help
    return failed({ ...room.fault, tryCreate: await reach.mayCreate(nameUtf8) })
  }
  async function targetOf(room: Room | undefined, nameUtf8: string): Promise<Target | undefined> {
    if (room) return { account: room.owner.id, mailbox: room.mailbox, rights: room.rights }
    const mailbox = await own.find(nameUtf8)
    return mailbox && { account: own.id, mailbox, rights: ALL_RIGHTS }
  }

  /** views whose rights changed, and how to ask for them: what is read waits for the answer */
  const unsure = new WeakMap<View, () => Promise<void>>()
  /** Nothing more comes when the right to read was taken away meanwhile. */
  async function* readable(view: View, uids: readonly Uid[]): ReturnType<AccountMail['rows']> {
    for await (const rows of reach.mailOf(view).rows(view, uids)) {
      await unsure.get(view)?.()
      if (view.gone === 'refused') return
      yield rows
    }
  }

  async function openGuest(room: Room): Promise<Result<View>> {
    const { owner, mailbox, rights, mail, did } = room
    const stops: (() => void)[] = []
    const end = (): void => {
      for (const stop of stops) stop()
    }
    const opened = await mail.openFor(mailbox, rights, end)
    if (!opened.ok) return opened
    const view: SessionView = opened.value
    const look = async (): Promise<void> => {
      unsure.set(view, look)
      const now = await reach.rightsOn(view)
      view.permit(now, seenOf(now))
      unsure.delete(view)
    }
    const lookSoon = (): void => {
      look().catch((error) => parts.log.debug(`rights on a mailbox are not looked at yet: ${String(error)}`))
    }
    stops.push(
      hub.onList(owner.id, (change) => {
        if (change.kind === 'rights' && change.mailbox === mailbox.id) lookSoon()
      }),
      hub.onGap(owner.id, lookSoon),
    )
    // What was taken away in the meantime was told to nobody.
    try {
      await look()
    } catch (error) {
      view.close()
      throw error
    }
    reach.opened(view, room)
    if (parts.tellsOpened(`${own.id} ${mailbox.id}`)) did('opened', mailbox.name, view.exists)
    return ok(view)
  }

  /** Messages into a mailbox of another account, or with fewer flags. @param stored called with each batch that is there */
  async function transplant(
    view: View,
    uids: readonly Uid[],
    to: Target,
    missing: 'pass-over' | 'refuse' | undefined,
    stored: (source: readonly Uid[], made: readonly Uid[]) => Promise<Result<void>>,
    progress?: Progress,
  ): Promise<Result<Copied>> {
    const from = reach.mailOf(view)
    const account = await store.accounts.get(to.account)
    const limits = quotaCheck(quotaOf(account ?? {}, settings))
    const source: Uid[] = []
    const destination: Uid[] = []
    let batch: NewMessage[] = []
    let batchUids: Uid[] = []
    let octets = 0
    async function flush(): Promise<Result<void>> {
      if (batch.length === 0) return ok(undefined)
      const refused = await lacks(to, 'i')
      if (refused) return refused
      const flags = batch.map((message) => message.flags)
      const tooMany = await keywordsFault(parts, to.account, to.mailbox, flags)
      if (tooMany) return failed(tooMany)
      const made = published(hub, await store.messages.append(to.account, to.mailbox.id, batch, limits))
      if (!made.ok) return made
      source.push(...batchUids)
      destination.push(...made.value)
      const done = await stored(batchUids, made.value)
      batch = []
      batchUids = []
      octets = 0
      progress?.(source.length)
      return done
    }
    let seen = 0
    for await (const rows of readable(view, uids)) {
      for (const row of rows) {
        const bytes = await from.read(row.emailId, 0, row.size, view)
        if (!bytes) continue
        seen++
        const { prepared, internalDate, uid } = row
        const seq = view.seqOf(uid)
        const flags = storable(seq === undefined ? row.flags : view.flagsAt(seq), to.rights)
        batch.push({ bytes, prepared, flags, internalDate })
        batchUids.push(uid)
        octets += bytes.length
        if (batch.length < AT_ONCE && octets < OCTETS) continue
        const flushed = await flush()
        if (!flushed.ok) return flushed
      }
    }
    if (view.gone === 'refused') return failed({ kind: 'no-right' })
    if (missing === 'refuse' && seen < uids.length) return failed({ kind: 'message-gone' })
    const flushed = await flush()
    return flushed.ok ? ok({ source, destination, uidValidity: to.mailbox.uidValidity }) : flushed
  }

  /** RFC 9051 6.4.7: all or nothing */
  const takeBack = (to: Target, uids: readonly Uid[]) =>
    inBatches(uids, AT_ONCE, async (batch) =>
      published(hub, await store.messages.expunge(to.account, to.mailbox.id, batch, { only: 'all' })),
    )

  /** `only` the flags of which the user has the right (RFC 4314 4): a STORE that may change some of them does. */
  async function storeSome(
    view: View,
    uids: readonly Uid[],
    { how, flags, rights, unchangedSince, progress }: StoreOfSome,
  ): ReturnType<AccountMail['storeFlags']> {
    const mail = reach.mailOf(view)
    const allowed = storable(flags, rights)
    if (how !== 'replace') {
      if (allowed.names.length === 0 && flags.names.length > 0) return failed({ kind: 'no-right' })
      return mail.storeFlags(view, uids, how, allowed, unchangedSince, progress)
    }
    // Those that are not given go, as far as the user may take them.
    const gone = storable(goneFlags(view, uids, flags, rights), rights)
    const left = gone.names.length > 0 ? await mail.storeFlags(view, uids, 'remove', gone, unchangedSince) : ok([])
    if (!left.ok || allowed.names.length === 0) return left
    const skipped = new Set<Uid>(left.value)
    const rest = uids.filter((uid) => !skipped.has(uid))
    view.quiet(rest)
    const since = gone.names.length > 0 ? undefined : unchangedSince
    const added = await mail.storeFlags(view, rest, 'add', allowed, since, progress)
    return added.ok ? ok([...left.value, ...added.value]) : added
  }

  return {
    async open(nameUtf8, recent) {
      const room = await reach.room(nameUtf8, 'r')
      if (!room) return own.open(nameUtf8, recent)
      return room.ok ? openGuest(room.value) : room
    },
    async accepts(nameUtf8) {
      const room = await target(nameUtf8)
      if (!room) return own.accepts(nameUtf8)
      return room.ok ? ok(undefined) : room
    },
    async append(nameUtf8, messages) {
      const room = await target(nameUtf8)
      if (!room) return own.append(nameUtf8, messages)
      if (!room.ok) return room
      const { mail, mailbox, rights } = room.value
      const allowed = messages.map((message) => ({ ...message, flags: storable(message.flags, rights) }))
      const appended = await mail.append(mailbox.name, allowed)
      return appended.ok
        ? ok({ ...appended.value, mailbox: reach.renamed(room.value, appended.value.mailbox) })
        : appended
    },
    async replace(view, replaced, nameUtf8, message) {
      // RFC 8508 4.1: what STORE, EXPUNGE and APPEND need
      const refused = await lacks(view, 'te')
      if (refused) return refused
      const room = await target(nameUtf8)
      if (room && !room.ok) return room
      const mail = reach.mailOf(view)
      const allowed = { ...message, flags: storable(message.flags, room?.value.rights ?? ALL_RIGHTS) }
      if ((room?.value.owner.id ?? own.id) === view.account)
        return mail.replace(view, replaced, room?.value.mailbox.name ?? nameUtf8, allowed)
      if (view.seqOf(replaced) === undefined) return failed({ kind: 'message-gone' })
      const to = room?.value.mail ?? own
      const appended = await to.append(room?.value.mailbox.name ?? nameUtf8, [allowed])
      if (!appended.ok) return appended
      const { account, mailbox } = view
      const options = { only: 'all', bin: binOf(settings) } as const
      const removed = published(hub, await store.messages.expunge(account, mailbox.id, [replaced], options))
      return removed.ok ? appended : removed
    },
    async copy(view, uids, nameUtf8, missing, progress) {
      const room = await target(nameUtf8)
      if (room && !room.ok) return room
      const mail = reach.mailOf(view)
      const rights = room?.value.rights ?? ALL_RIGHTS
      if ((room?.value.owner.id ?? own.id) === view.account && mayFlag(rights))
        return mail.copy(view, uids, room?.value.mailbox.name ?? nameUtf8, missing, progress)
      const to = await targetOf(room?.value, nameUtf8)
      if (!to) return failed({ kind: 'no-such-mailbox', tryCreate: checkNewName(nameUtf8).ok })
      const made: Uid[] = []
      const keep = async (_source: readonly Uid[], uids: readonly Uid[]): Promise<Result<void>> => {
        made.push(...uids)
        return ok(undefined)
      }
      try {
        const copied = await transplant(view, uids, to, missing, keep, progress)
        if (!copied.ok) await takeBack(to, made)
        return copied
      } catch (error) {
        await takeBack(to, made).catch((failure: Error) =>
          parts.log.warn(`a copy that failed was not taken back: ${failure.message}`),
        )
        throw error
      }
    },
    async move(view, uids, nameUtf8, missing, progress) {
      // RFC 6851 4.2: what STORE, COPY and EXPUNGE need
      const refused = await lacks(view, 'te')
      if (refused) return refused
      const room = await target(nameUtf8)
      if (room && !room.ok) return room
      const mail = reach.mailOf(view)
      const rights = room?.value.rights ?? ALL_RIGHTS
      if ((room?.value.owner.id ?? own.id) === view.account && mayFlag(rights))
        return mail.move(view, uids, room?.value.mailbox.name ?? nameUtf8, missing, progress)
      const to = await targetOf(room?.value, nameUtf8)
      if (!to) return failed({ kind: 'no-such-mailbox', tryCreate: checkNewName(nameUtf8).ok })
      const source: Uid[] = []
      const destination: Uid[] = []
      const { account, mailbox } = view
      /** RFC 6851 3.3: a message leaves its mailbox when it is in the other one. */
      const leave = async (from: readonly Uid[], made: readonly Uid[]): Promise<Result<void>> => {
        const refused = await lacks(view, 'te')
        // Its owner can take back what has left the account.
        const bin = account === to.account ? undefined : binOf(settings)
        const gone =
          refused ?? published(hub, await store.messages.expunge(account, mailbox.id, from, { only: 'all', bin }))
        if (!gone.ok) {
          await takeBack(to, made)
          return gone
        }
        source.push(...from)
        destination.push(...made)
        return ok(undefined)
      }
      const moved = await transplant(view, uids, to, missing, leave, progress)
      if (!moved.ok && source.length === 0) return moved
      reach.didOf(view)('moved', mailbox.name, source.length, nameUtf8)
      const { uidValidity } = to.mailbox
      return ok({ source, destination, uidValidity, ...(!moved.ok && { fault: moved.fault }) })
    },
    async storeFlags(view, uids, how, flags, unchangedSince, progress) {
      const rights = view.account === own.id ? ALL_RIGHTS : await reach.rightsOn(view)
      if (mayFlag(rights)) return reach.mailOf(view).storeFlags(view, uids, how, flags, unchangedSince, progress)
      if (![...'swt'].some((right) => rights.includes(right))) return failed({ kind: 'no-right' })
      return storeSome(view, uids, { how, flags, rights, unchangedSince, progress })
    },
    async expunge(view, uids, progress, where) {
      return (await lacks(view, 'e')) ?? reach.mailOf(view).expunge(view, uids, progress, where)
    },
    expungedSince: (view, since) => reach.mailOf(view).expungedSince(view, since),
    rows: (view, uids) => (view.account === own.id ? own.rows(view, uids) : readable(view, uids)),
    keys: (view, uids) => reach.mailOf(view).keys(view, uids),
    mayHave: (view, anyOf, instead) => reach.mailOf(view).mayHave(view, anyOf, instead),
    read: (id, start, end, view) => (view ? reach.mailOf(view) : own).read(id, start, end),
  }
}

/** What a STORE that replaces all flags takes away, as far as these rights go. */
function goneFlags(view: View, uids: readonly Uid[], flags: FlagSet, rights: Rights): FlagSet {
  const names = new Set<string>()
  for (const before of flagsOf(view, uids)) {
    for (const name of before.names) if (!flags.has(name) && rights.includes(rightOf(name))) names.add(name)
  }
  return names.size > 0 ? flagSet(names) : NO_FLAGS
}

import type { AccountMail, ListListener, MailboxListener } from '../../../mailbox/mailbox'
import type { Mailbox } from '../../../mailbox/vocabulary'
import type { MailboxId } from '../../../terms/names'
import type { ModSeq } from '../../../terms/numbers'
import { turn } from '../../../work/turns'
import { statusResponse } from '../../base/mailboxes/status'
import type { Session } from '../../kernel/session'
import type { Slots } from '../../kernel/slots'
import type { Source } from '../../kernel/unsolicited'
import { type EventName, eventsOf, NOTHING, type NotifySet, wants } from './notify-events'
import { type ListChange, listNotifier, type Names, type SayList } from './notify-list'

/** mailboxes whose messages one session hears of */
export const MOST_WATCHED = 1000
/** changes of the list of mailboxes that wait for a client, and names of annotations in them */
const MOST_WAITING = 1000
/** mailboxes that are read one by one, and not with all of the account */
const FEW = 4

const messagesWanted = (set: NotifySet): boolean => wants(set, 'MessageNew')
const namesWanted = (set: NotifySet): boolean =>
  wants(set, 'MailboxName', 'SubscriptionChange', 'MailboxMetadataChange', 'ServerMetadataChange')

/** STATUS items that tell of these events; RFC 5465 5.1 to 5.3 */
function statusItems(events: ReadonlySet<EventName>, what: 'messages' | 'flags', withModSeq: boolean): string[] {
  const flags = events.has('FlagChange')
  if (!events.has('MessageNew') || (what === 'flags' && !flags)) return []
  return [
    ...(what === 'messages' ? ['MESSAGES', 'UIDNEXT'] : []),
    'UIDVALIDITY',
    ...(flags ? ['UNSEEN'] : []),
    ...(withModSeq ? ['HIGHESTMODSEQ'] : []),
  ]
}

/** What a client is still to be told. */
interface Unsaid {
  /** whether messages came or went, or flags only; a mailbox is told of as it is when the client reads, so it is here once */
  readonly changed: Map<MailboxId, 'messages' | 'flags'>
  readonly list: ListChange[]
  /** of `list`, with entries of annotations */
  waiting: number
  /** what was lost is not known: of every mailbox */
  all: boolean
}
const noNews = (): Unsaid => ({ changed: new Map(), list: [], waiting: 0, all: false })

/** What a session has asked for, and what it is still to hear of other mailboxes than the selected one. */
export class Watch implements Source {
  readonly #session: Session
  readonly #slots: Slots
  readonly #mail: AccountMail
  readonly #sayList: SayList
  #set = NOTHING
  #news = noNews()
  #overflow = false
  /** this session's commits in a mailbox, of which the client was not told yet */
  #own: { readonly mailbox: MailboxId; readonly commits: Set<ModSeq> } | undefined

  constructor(session: Session, slots: Slots, mail: AccountMail) {
    this.#session = session
    this.#slots = slots
    this.#mail = mail
    this.#sayList = listNotifier(session)
    const { hub } = session.ports.room
    const stops = [
      hub.onMailbox(mail.id, this.#mailboxChanged),
      hub.onList(mail.id, this.#listChanged),
      hub.onGap(mail.id, this.#lost),
      session.unsolicited.add(this),
    ]
    session.untilLogout(() => {
      for (const stop of stops) stop()
      watches.delete(session)
    })
  }

  get set(): NotifySet {
    return this.#set
  }
  /** What happened before and was not said yet is said if it is wanted now. */
  ask(set: NotifySet): void {
    this.#sayOverflow()
    this.#set = set
  }
  get between(): boolean {
    return this.#set.groups.length > 0 || this.#overflow
  }

  /** The commits of this session in the mailbox since it was told last; they are in what it is told next. */
  ownCommits(mailbox: MailboxId): ReadonlySet<ModSeq> {
    return this.#own?.mailbox === mailbox ? this.#own.commits : new Set()
  }
  forgetOwn(): void {
    this.#own = undefined
  }

  readonly #mailboxChanged = (...[mailbox, modSeq, happened, by]: Parameters<MailboxListener>): void => {
    // RFC 5465 5: not of what this client did.
    if (by === this.#mail) return this.#ownCommit(mailbox, modSeq)
    const onlyFlags = !happened.some((event) => event !== 'flags')
    if (!messagesWanted(this.#set) || (onlyFlags && !wants(this.#set, 'FlagChange'))) return
    this.#mark(mailbox, onlyFlags ? 'flags' : 'messages')
    this.#session.unsolicited.wake()
  }
  #ownCommit(mailbox: MailboxId, modSeq: ModSeq): void {
    const { state } = this.#session
    if (state.name !== 'selected' || state.view.mailbox.id !== mailbox) return
    if (this.#own?.mailbox !== mailbox) this.#own = { mailbox, commits: new Set() }
    this.#own.commits.add(modSeq)
  }
  #mark(mailbox: MailboxId, what: 'messages' | 'flags'): void {
    const { changed } = this.#news
    if (what === 'messages' || !changed.has(mailbox)) changed.set(mailbox, what)
    if (changed.size > MOST_WATCHED) this.#tooMuch()
  }
  readonly #listChanged = (...[change, by]: Parameters<ListListener>): void => {
    if (by === this.#mail || this.#overflow) return
    const { mailbox, kind, entries = [] } = change
    // What has this name now may have another UIDVALIDITY (RFC 5465 5.1), and is heard of from now on.
    const isNew = kind === 'created' || kind === 'renamed' || kind === 'subscribed'
    if (mailbox !== undefined && isNew && messagesWanted(this.#set)) this.#mark(mailbox, 'messages')
    if (namesWanted(this.#set)) {
      this.#news.waiting += 1 + entries.length
      if (this.#news.waiting > MOST_WAITING) this.#tooMuch()
      else this.#news.list.push(change)
    }
    this.#session.unsolicited.wake()
  }
  /** Counts can be told again; which names came and went cannot. */
  readonly #lost = (): void => {
    if (namesWanted(this.#set)) this.#tooMuch()
    else this.#news.all = messagesWanted(this.#set)
    this.#session.unsolicited.wake()
  }
  /** RFC 5465 5.8: as after NOTIFY NONE */
  #tooMuch(): void {
    this.#set = NOTHING
    this.#news = noNews()
    this.#overflow = true
  }

  #sayOverflow(): void {
    if (!this.#overflow) return
    this.#overflow = false
    this.#session.sayOk('NOTIFICATIONOVERFLOW', 'Too much to tell: there are no more notifications')
  }

  async tell(): Promise<readonly string[]> {
    this.#sayOverflow()
    // What is read is not older than what it is to be told of.
    const news = this.#news
    if (news.list.length === 0 && news.changed.size === 0 && !news.all) return []
    this.#news = noNews()
    const { mailboxes, subscriptions } = await this.#namesFor(news)
    if (news.list.length > 0 && !(await this.#sayList(this.#set, news.list, { mailboxes, subscriptions }))) return []
    for (const mailbox of mailboxes) {
      const what = news.all ? 'messages' : news.changed.get(mailbox.id)
      if (what !== undefined && !(await this.#sayStatus(mailbox, what))) return []
    }
    return []
  }

  async #namesFor(news: Unsaid): Promise<Names> {
    const { all, list, changed } = news
    try {
      if (all || list.length > 0 || changed.size > FEW) {
        const subscriptions = list.length > 0 ? await this.#mail.subscriptions() : []
        return { mailboxes: await this.#mail.mailboxes(), subscriptions: new Set(subscriptions) }
      }
      const few = await Promise.all([...changed.keys()].map((id) => this.#mail.findById(id)))
      return { mailboxes: few.filter((mailbox) => mailbox !== undefined), subscriptions: new Set() }
    } catch (error) {
      // The store is away: nothing is lost by that.
      const later = this.#news
      const waiting = news.waiting + later.waiting
      this.#news = { changed, list: [...list, ...later.list], waiting, all: all || later.all }
      for (const [id, what] of later.changed) this.#mark(id, what)
      throw error
    }
  }

  /** @returns false: the client is gone */
  async #sayStatus(mailbox: Mailbox, what: 'messages' | 'flags'): Promise<boolean> {
    const { state, modes, connection } = this.#session
    if (state.name === 'selected' && state.view.mailbox.id === mailbox.id) {
      // RFC 5465 3.1: of the selected mailbox the client hears by its own responses, and of what is held when it has left it.
      if (!this.#set.selected || this.#set.selected.delayed) this.#mark(mailbox.id, what)
      return true
    }
    const events = eventsOf(this.#set, mailbox.name, mailbox.subscribed)
    const items = statusItems(events, what, modes.condstore)
    if (items.length === 0) return true
    this.#session.say(await statusResponse(this.#session, this.#slots, mailbox, items))
    await turn()
    return !connection.writer.full || connection.writer.drained()
  }

  /** RFC 5465 3.1, NOTIFY SET STATUS: as they are now, before the tagged OK. */
  async sayAll(mailboxes: readonly Mailbox[]): Promise<void> {
    const { state, connection } = this.#session
    for (const mailbox of mailboxes) {
      if (state.name === 'selected' && state.view.mailbox.id === mailbox.id) continue
      const events = eventsOf(this.#set, mailbox.name, mailbox.subscribed)
      const items = statusItems(events, 'messages', events.has('FlagChange'))
      if (items.length > 0) this.#session.say(await statusResponse(this.#session, this.#slots, mailbox, items))
      await turn()
      if (connection.writer.full && !(await connection.writer.drained())) return
    }
  }
}

const watches = new WeakMap<Session, Watch>()

/** undefined: no NOTIFY of the client has succeeded */
export const watchOf = (session: Session): Watch | undefined =>
  session.modes.notify ? watches.get(session) : undefined

/** From now on nothing that happens is missed. */
export function watch(session: Session, slots: Slots, mail: AccountMail): Watch {
  const known = watches.get(session)
  if (known) return known
  const made = new Watch(session, slots, mail)
  watches.set(session, made)
  return made
}

import type { Mailbox } from '../../store/store'
import { failed, ok, type Result } from '../../terms/fault'
import { privateSeen } from '../../terms/flags'
import type { AccountId } from '../../terms/names'
import type { Actor } from '../deeds/deed'
import type { AccountMail, View } from '../mailbox'
import type { Parts } from '../parts'
import { type OwnMail, ownMail, telling } from '../verbs/account-mail'
import { guestMessages } from './guest-messages'
import { createPlaces, guestName, isForeign, type Place } from './places'
import { lacking, type Reach, type Room } from './reach'
import { ALL_RIGHTS, mayKnow, seesPrivately } from './rights'
import { rightsVerbs } from './rights-verbs'

/** The verbs of a session that may be about a mailbox of another account. */
export type ForeignMail = Omit<
  AccountMail,
  | ('id' | 'identity' | 'enter' | 'openMaildrop' | 'scripts' | 'marks' | 'documents' | 'bin')
  | ('mailboxes' | 'subscriptions' | 'findById' | 'openById' | 'quota')
>

/**
 * The verbs of a session of this account that may be about mailboxes of others: its own names go to its own verbs, others to
 * the verbs of their owners, when the user has the right (RFC 4314 4).
 */
export function foreignMail(parts: Parts, own: OwnMail, actor: () => Actor): ForeignMail {
  const { store } = parts
  const { identity } = own
  const places = createPlaces(store, identity)
  const asGuest = (): Actor => ({ ...actor(), guest: identity.name })
  /** by what was given out: the verbs of its owner */
  const views = new WeakMap<View, Room>()
  const mailboxes = new WeakMap<Mailbox, Room>()

  function roomOf(found: Place): Room {
    const { id, name, overrides } = found.owner
    const mail = ownMail(parts, { id, name, overrides, admin: false }, asGuest)
    return { ...found, mail, did: telling(parts, name, asGuest) }
  }
  /** A mailbox of one's own has its name first: it may be older than these namespaces. */
  async function place(nameUtf8: string): Promise<Place | undefined> {
    if (!isForeign(nameUtf8) || (await own.find(nameUtf8))) return undefined
    return places.named(nameUtf8)
  }
  const reach: Reach = {
    own,
    async room(nameUtf8, right) {
      if (!isForeign(nameUtf8) || (await own.find(nameUtf8))) return undefined
      const found = await places.named(nameUtf8)
      if (!found) return failed({ kind: 'no-such-mailbox' })
      return found.rights.includes(right) ? ok(roomOf(found)) : lacking(found.rights)
    },
    async mayCreate(nameUtf8) {
      const found = await places.above(nameUtf8)
      return found?.place.rights.includes('k') === true
    },
    mailOf: (view) => views.get(view)?.mail ?? own,
    opened: (view, room) => void views.set(view, room),
    didOf: (view) => views.get(view)?.did ?? telling(parts, identity.name, actor),
    rightsOn: async ({ account, mailbox }) =>
      account === own.id ? ALL_RIGHTS : await places.rightsOn(account, mailbox.id),
    renamed(room, mailbox, subscribed = false) {
      const named = { ...mailbox, name: guestName(room.owner, mailbox.name), specialUse: [], subscribed }
      mailboxes.set(named, room)
      return named
    },
  }

  /** In which it is, or would be made. Who may not know of it comes to no lock of its owner. */
  async function roomNamed(nameUtf8: string): Promise<Room | undefined> {
    if (!isForeign(nameUtf8) || (await own.find(nameUtf8))) return undefined
    const there = await places.named(nameUtf8)
    if (there && mayKnow(there.rights)) return roomOf(there)
    const above = (await places.above(nameUtf8))?.place
    return above?.rights.includes('k') ? roomOf(above) : undefined
  }

  /** The room in which a new mailbox would be made, and its name there. */
  async function above(nameUtf8: string): Promise<Result<{ room: Room; name: string }>> {
    const found = await places.above(nameUtf8)
    if (!found?.place.rights.includes('k')) return failed({ kind: 'no-right' })
    return ok({ room: roomOf(found.place), name: found.name })
  }

  return {
    ...guestMessages(parts, reach),
    async lockOf(of) {
      const room = typeof of === 'string' ? await roomNamed(of) : mailboxes.get(of)
      if (!room) return own
      const { id, enter } = room.mail
      const client = (program = '') => `guest ${identity.name}${program === '' ? '' : `, ${program}`}`
      return { id, enter: (entry, signal) => enter({ ...entry, client: client(entry.client) }, signal) }
    },
    async shared() {
      const subscribed = new Set(await own.subscriptions())
      const rooms = new Map<AccountId, Room>()
      const visible = (await places.all()).filter(({ rights }) => rights.includes('l'))
      return visible.map((found) => {
        // One set of verbs for all mailboxes of an owner.
        const known = rooms.get(found.owner.id) ?? roomOf(found)
        rooms.set(found.owner.id, known)
        const name = guestName(found.owner, found.mailbox.name)
        return reach.renamed({ ...known, ...found }, found.mailbox, subscribed.has(name))
      })
    },
    rightsOn: (mailbox) => mailboxes.get(mailbox)?.rights ?? ALL_RIGHTS,
    rights: rightsVerbs(
      parts,
      async (nameUtf8) => {
        const found = await place(nameUtf8)
        if (found) return found
        const mailbox = await own.find(nameUtf8)
        return mailbox && { owner: { id: own.id, name: identity.name }, mailbox, rights: ALL_RIGHTS }
      },
      {
        own: own.id,
        admin: identity.admin,
        did: ({ owner }) => telling(parts, owner.name, owner.id === own.id ? actor : asGuest),
      },
    ),
    async find(nameUtf8) {
      const room = await reach.room(nameUtf8, 'r')
      if (!room) return own.find(nameUtf8)
      return room.ok ? reach.renamed(room.value, room.value.mailbox) : undefined
    },
    index: (mailbox) => (mailboxes.get(mailbox)?.mail ?? own).index(mailbox),
    async unseen(mailbox) {
      const room = mailboxes.get(mailbox)
      if (!room || !seesPrivately(room.rights)) return own.unseen(mailbox)
      const holding = await parts.states.acquire(room.owner.id, room.mailbox)
      if (!holding) return 0
      try {
        const { columns } = holding.state
        return columns.matching((flags) => !flags.has(privateSeen(own.id)), 0, columns.length).length
      } finally {
        holding.release()
      }
    },
    async create(nameUtf8, specialUse = []) {
      if (!isForeign(nameUtf8)) return own.create(nameUtf8, specialUse)
      const there = await place(nameUtf8)
      if (there?.rights.includes('l')) return failed({ kind: 'mailbox-exists' })
      const found = await above(nameUtf8)
      if (!found.ok) return found
      if (specialUse.length > 0) return failed({ kind: 'not-permitted', why: 'special uses are those of its owner' })
      const { room, name } = found.value
      const created = await room.mail.create(name)
      if (created.ok) return ok(reach.renamed(room, created.value))
      return created.fault.kind === 'mailbox-exists' ? failed({ kind: 'no-right' }) : created
    },
    async rename(fromUtf8, toUtf8) {
      const from = await reach.room(fromUtf8, 'x')
      if (!from && !isForeign(toUtf8)) return own.rename(fromUtf8, toUtf8)
      if (from && !from.ok) return from
      const to = isForeign(toUtf8) ? await above(toUtf8) : undefined
      if (to && !to.ok) return to
      if (!from || to?.value.room.owner.id !== from.value.owner.id)
        return failed({ kind: 'not-permitted', why: 'a mailbox stays in its account' })
      // It would be emptied, and stay.
      if (from.value.mailbox.name === 'INBOX') return failed({ kind: 'not-permitted', why: 'INBOX is its owner’s' })
      const renamed = await from.value.mail.rename(from.value.mailbox.name, to.value.name)
      if (renamed.ok || renamed.fault.kind !== 'mailbox-exists') return renamed
      return (await place(toUtf8))?.rights.includes('l') ? renamed : failed({ kind: 'no-right' })
    },
    async remove(nameUtf8) {
      const room = await reach.room(nameUtf8, 'x')
      if (!room) return own.remove(nameUtf8)
      return room.ok ? room.value.mail.remove(room.value.mailbox.name) : room
    },
    async subscribe(nameUtf8, subscribed) {
      if (!isForeign(nameUtf8)) return own.subscribe(nameUtf8, subscribed)
      const found = await place(nameUtf8)
      // RFC 4314 4: no right is needed to unsubscribe; what may not be seen is not there to subscribe to.
      if (!found?.rights.includes('l')) return own.subscribe(nameUtf8, subscribed)
      const name = guestName(found.owner, found.mailbox.name)
      const written = await store.subscriptions.set(own.id, name, subscribed)
      if (!written.ok) return written
      parts.hub.publish(written.value.commit)
      return ok(undefined)
    },
    annotations: {
      async get(nameUtf8) {
        const room = await annotated(nameUtf8)
        if (!room) return own.annotations.get(nameUtf8)
        const all = room.ok ? await room.value.mail.annotations.get(room.value.mailbox.name) : undefined
        return all?.filter(({ name }) => !isPrivate(name))
      },
      async set(nameUtf8, changes) {
        const room = await annotated(nameUtf8)
        if (!room) return own.annotations.set(nameUtf8, changes)
        if (!room.ok) return room
        if (changes.some(({ name }) => isPrivate(name)))
          return failed({ kind: 'not-permitted', why: 'in a mailbox of another user /shared only can be set' })
        return room.value.mail.annotations.set(room.value.mailbox.name, changes)
      },
    },
  }

  /** RFC 5464 3.3: `l` and one of those. */
  async function annotated(nameUtf8: string): Promise<Result<Room> | undefined> {
    const room = await reach.room(nameUtf8, 'l')
    if (!room?.ok || [...'rswip'].some((right) => room.value.rights.includes(right))) return room
    return failed({ kind: 'no-right' })
  }
}

/** What a client keeps for its user alone (RFC 5464 3): the owner's is nobody else's, and a guest has none. */
const isPrivate = (entry: string): boolean => entry.toLowerCase().startsWith('/private/')

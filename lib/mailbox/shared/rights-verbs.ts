import type { Account } from '../../store/account'
import { NO_COMMIT } from '../../store/change'
import type { Mailbox } from '../../store/store'
import { failed, ok, type Result } from '../../terms/fault'
import type { AccountId } from '../../terms/names'
import type { RightsChange, RightsVerbs } from '../mailbox'
import type { Did, Parts } from '../parts'
import { ANYONE, bare, isNegative, spellIdentifier } from './identifiers'
import { ALL_RIGHTS, mayKnow, NO_RIGHTS, type Rights, unite, without, writeRights } from './rights'

/** A mailbox, its owner, and what the user may do with it. */
export interface Held {
  readonly owner: Pick<Account, 'id' | 'name'>
  readonly mailbox: Mailbox
  readonly rights: Rights
}

const changed = (before: Rights, how: RightsChange, rights: Rights): Rights =>
  how === 'add' ? unite(before, rights) : how === 'remove' ? without(before, rights) : rights

/**
 * @param find a mailbox on which the user has some right
 * @param own the user's account
 * @param admin whether the user may give rights to everybody
 */
export function rightsVerbs(
  { store, hub }: Pick<Parts, 'store' | 'hub'>,
  find: (nameUtf8: string) => Promise<Held | undefined>,
  { own, admin, did }: { readonly own: AccountId; readonly admin: boolean; readonly did: (held: Held) => Did },
): RightsVerbs {
  async function held(nameUtf8: string, right?: 'a'): Promise<Result<Held>> {
    const found = await find(nameUtf8)
    if (!found || !mayKnow(found.rights)) return failed({ kind: 'no-such-mailbox' })
    if (right === undefined || found.rights.includes(right)) return ok(found)
    // RFC 4314 6: who may not see it hears what is said of one that is not there.
    return failed(found.rights.includes('l') ? { kind: 'no-right' } : { kind: 'no-such-mailbox' })
  }

  async function change(nameUtf8: string, text: string, how: RightsChange, rights: Rights): Promise<Result<void>> {
    const found = await held(nameUtf8, 'a')
    if (!found.ok) return found
    const { owner, mailbox } = found.value
    const identifier = spellIdentifier(text, owner.name)
    if (identifier === undefined) return failed({ kind: 'not-permitted', why: 'this is no identifier' })
    if (bare(identifier) === owner.name) return failed({ kind: 'not-permitted', why: 'its owner has all rights' })
    const gives = how !== 'remove' && rights !== NO_RIGHTS && !isNegative(identifier)
    if (identifier === ANYONE && gives && !admin) {
      return failed({ kind: 'not-permitted', why: 'only an administrator gives rights to anyone' })
    }
    let now = NO_RIGHTS
    const done = await store.acl.change(owner.id, mailbox.id, identifier, (before) => {
      now = changed(before, how, rights)
      return now
    })
    if (!done.ok) return done
    const { id: account } = owner
    hub.publish({ ...NO_COMMIT, list: [{ account, kind: 'rights', mailbox: mailbox.id, name: mailbox.name }] })
    did(found.value)('shared', mailbox.name, 0, `${identifier} ${now === NO_RIGHTS ? '-' : writeRights(now)}`)
    return done
  }

  return {
    async mine(nameUtf8) {
      const found = await held(nameUtf8)
      return found.ok ? ok(found.value.rights) : found
    },
    async list(nameUtf8) {
      const found = await held(nameUtf8, 'a')
      if (!found.ok) return found
      const { owner, mailbox } = found.value
      return ok([{ identifier: owner.name, rights: ALL_RIGHTS }, ...(await store.acl.of(owner.id, mailbox.id))])
    },
    async all() {
      const [mailboxes, entries] = await Promise.all([store.mailboxes.list(own), store.acl.of(own)])
      const names = new Map(mailboxes.map(({ id, name }, at) => [id, { name, at }]))
      return entries
        .flatMap(({ mailbox, ...entry }) => {
          const named = names.get(mailbox)
          return named ? [{ ...named, entry }] : []
        })
        .sort((a, b) => a.at - b.at)
        .map(({ name, entry: { identifier, rights } }) => ({ mailbox: name, identifier, rights }))
    },
    set: change,
    remove: (nameUtf8, identifier) => change(nameUtf8, identifier, 'replace', NO_RIGHTS),
    async grantable(nameUtf8, text) {
      const found = await held(nameUtf8, 'a')
      if (!found.ok) return found
      const identifier = spellIdentifier(text, found.value.owner.name)
      if (identifier === found.value.owner.name) return ok({ always: ALL_RIGHTS, more: NO_RIGHTS })
      const refused = identifier === undefined || (identifier === ANYONE && !admin)
      return ok({ always: NO_RIGHTS, more: refused ? NO_RIGHTS : ALL_RIGHTS })
    },
  }
}

import type { Identity } from '../../login/login'
import type { Account } from '../../store/account'
import type { Mailbox, Store } from '../../store/store'
import { type AccountId, accountId, levelsAbove, type MailboxId } from '../../terms/names'
import { turn } from '../../work/turns'
import { spellMailbox } from '../mailbox-name'
import { identifiersOf } from './identifiers'
import { NO_RIGHTS, type Rights, unite, without } from './rights'

/** Mailboxes of other accounts that a user has rights on, and their names (RFC 2342). */

/** Of users, and of accounts that belong to nobody alone. */
export const OTHER_USERS = 'Other Users'
export const SHARED = 'Shared'
const NAMESPACES: readonly string[] = [OTHER_USERS, SHARED]
/** the override of an account that makes it one for a team */
const IS_SHARED = 'shared'

/** owners whose mailboxes a list has */
const MAX_OWNERS = 500

export interface Place {
  readonly owner: Account
  /** by its owner's name */
  readonly mailbox: Mailbox
  /** one at least */
  readonly rights: Rights
}

/** RFC 4314 2.1: whether mail may be delivered into it for this user */
export const mayPost = ({ rights }: Place): boolean => rights.includes('p') || rights.includes('i')

/** whether a name cannot be one of the user's own new mailboxes */
export const isForeign = (nameUtf8: string): boolean =>
  NAMESPACES.some((space) => nameUtf8 === space || nameUtf8.startsWith(`${space}/`))

const spaceOf = ({ overrides }: Account): string => (overrides[IS_SHARED] === 'yes' ? SHARED : OTHER_USERS)
/** as guests name a mailbox of this owner */
export const guestName = (owner: Account, name: string): string => `${spaceOf(owner)}/${owner.name}/${name}`

/** `Other Users/bob@example.org/INBOX/a` in its parts; undefined: it is no such name */
function partsOf(nameUtf8: string): { space: string; owner: string; name: string } | undefined {
  const [, space = '', owner = '', name = ''] = /^([^/]+)\/([^/]+)\/(.+)$/s.exec(nameUtf8) ?? []
  return NAMESPACES.includes(space) ? { space, owner: owner.toLowerCase(), name: spellMailbox(name) } : undefined
}

export interface Places {
  /** undefined: there is none that the user may know of */
  named(nameUtf8: string): Promise<Place | undefined>
  /** The nearest mailbox above a name, and the name as the owner has it. */
  above(nameUtf8: string): Promise<{ readonly place: Place; readonly name: string } | undefined>
  /** as they are now */
  rightsOn(owner: AccountId, mailbox: MailboxId): Promise<Rights>
  all(): Promise<readonly Place[]>
}

export function createPlaces(
  { accounts, mailboxes, acl }: Pick<Store, 'accounts' | 'mailboxes' | 'acl'>,
  identity: Pick<Identity, 'id' | 'name' | 'overrides'>,
): Places {
  const own = accountId(identity.id)
  const identifiers = identifiersOf(identity)

  /** RFC 4314 2: the union of what all identifiers give, without what one of them takes away. */
  async function grants(): Promise<ReadonlyMap<AccountId, ReadonlyMap<MailboxId, Rights>>> {
    const entries = await acl.naming([...identifiers, ...identifiers.map((identifier) => `-${identifier}`)])
    const byOwner = new Map<AccountId, Map<MailboxId, Rights>>()
    const ordered = [...entries].sort((a, b) => Number(a.identifier[0] === '-') - Number(b.identifier[0] === '-'))
    for (const { owner, mailbox, identifier, rights } of ordered) {
      if (owner === own) continue
      const known = byOwner.get(owner) ?? new Map<MailboxId, Rights>()
      byOwner.set(owner, known)
      const before = known.get(mailbox) ?? NO_RIGHTS
      known.set(mailbox, identifier.startsWith('-') ? without(before, rights) : unite(before, rights))
    }
    return byOwner
  }

  async function ownerNamed(nameUtf8: string) {
    const parts = partsOf(nameUtf8)
    const owner = parts && (await accounts.find(parts.owner))
    // An account that gives no rights is not looked at any further: it answers as one that is not there.
    const rights = (await grants()).get(owner?.id ?? own)
    if (!parts || !owner || !rights || spaceOf(owner) !== parts.space) return undefined
    return { owner, rights, name: parts.name }
  }
  async function placeOf(
    { owner, rights }: { readonly owner: Account; readonly rights: ReadonlyMap<MailboxId, Rights> },
    name: string,
  ): Promise<Place | undefined> {
    const mailbox = await mailboxes.find(owner.id, name)
    const granted = mailbox && rights.get(mailbox.id)
    return mailbox && granted ? { owner, mailbox, rights: granted } : undefined
  }

  return {
    async named(nameUtf8) {
      if (!isForeign(nameUtf8)) return undefined
      const found = await ownerNamed(nameUtf8)
      return found && placeOf(found, found.name)
    },
    async above(nameUtf8) {
      if (!isForeign(nameUtf8)) return undefined
      const found = await ownerNamed(nameUtf8)
      if (!found) return undefined
      for (const level of levelsAbove(found.name).reverse()) {
        // RFC 4314 4: the nearest one that exists, whoever may see it.
        const mailbox = await mailboxes.find(found.owner.id, level)
        if (!mailbox) continue
        const place = await placeOf(found, level)
        return place && { place, name: found.name }
      }
      return undefined
    },
    rightsOn: async (owner, mailbox) => (await grants()).get(owner)?.get(mailbox) ?? NO_RIGHTS,
    async all() {
      const places: Place[] = []
      for (const [id, rights] of [...(await grants())].slice(0, MAX_OWNERS)) {
        const owner = await accounts.get(id)
        // A name with a level more could not be told from one of its mailboxes.
        if (!owner || owner.name.includes('/')) continue
        for (const mailbox of await mailboxes.list(id)) {
          const granted = rights.get(mailbox.id)
          if (granted) places.push({ owner, mailbox, rights: granted })
        }
        await turn()
      }
      return places
    },
  }
}

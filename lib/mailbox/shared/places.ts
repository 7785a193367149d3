import type { Identity } from '../../login/login'
import type { Account } from '../../store/account'
import type { Mailbox, Store } from '../../store/store'
import { type AccountId, accountId, levelsAbove, type MailboxId, mailboxId } from '../../terms/names'
import { turn } from '../../work/turns'
import { checkNewName, spellMailbox } from '../mailbox-name'
import { identifiersOf, isNegative } from './identifiers'
import { NO_RIGHTS, type Rights, unite, without } from './rights'

/** Mailboxes of other accounts that a user has rights on, and their names (RFC 2342). */

/** Of users, and of accounts that belong to nobody alone. */
export const OTHER_USERS = 'Other Users'
export const SHARED = 'Shared'
const NAMESPACES: readonly string[] = [OTHER_USERS, SHARED]
/** the override of an account that makes it one for a team */
const IS_SHARED = 'shared'

/** Mailboxes of an owner that are asked for one by one; of more the whole list is read. */
const FEW = 20
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

/** of an access control list */
interface Entry {
  readonly identifier: string
  readonly rights: Rights
}

/** ids that nothing has */
const NOBODY = accountId('none')
const NOWHERE = mailboxId('none')

/** RFC 4314 2: the union of what all identifiers give, without what one of them takes away. */
function given(entries: readonly Entry[]): Rights {
  const of = (negative: boolean): readonly Rights[] =>
    entries.flatMap(({ identifier, rights }) => (isNegative(identifier) === negative ? [rights] : []))
  return without(unite(...of(false)), of(true).join(''))
}

/** as an account lists its own */
const byName = ({ mailbox: { name: a } }: Place, { mailbox: { name: b } }: Place): number =>
  Number(b === 'INBOX') - Number(a === 'INBOX') || (a < b ? -1 : 1)

/** Whether any list names this user: most users are named by none. */
export const isGuest = async (
  { acl }: Pick<Store, 'acl'>,
  identity: Pick<Identity, 'name' | 'overrides'>,
): Promise<boolean> => (await acl.naming(identifiersOf(identity))).length > 0

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

  const denials = identifiers.map((identifier) => `-${identifier}`)

  /** What entries give, of all mailboxes that lists name this user for. */
  async function grants(): Promise<ReadonlyMap<AccountId, ReadonlyMap<MailboxId, Rights>>> {
    // Where there are too many of them the rest is not shown: what is taken away comes first.
    const entries = await acl.naming([...denials, ...identifiers])
    const byOwner = new Map<AccountId, Map<MailboxId, readonly Entry[]>>()
    for (const entry of entries) {
      await turn()
      if (entry.owner === own) continue
      const known = byOwner.get(entry.owner) ?? new Map<MailboxId, readonly Entry[]>()
      byOwner.set(entry.owner, known)
      known.set(entry.mailbox, [...(known.get(entry.mailbox) ?? []), entry])
    }
    return new Map([...byOwner].map(([owner, of]) => [owner, new Map([...of].map(([id, list]) => [id, given(list)]))]))
  }
  const rightsOn = async (owner: AccountId, mailbox: MailboxId): Promise<Rights> =>
    owner === own ? NO_RIGHTS : given(await acl.given(owner, mailbox, [...denials, ...identifiers]))

  /** The same questions are asked whether there is such an account, such a mailbox, or a right: no answer takes longer. */
  async function placeOf(owner: Account | undefined, name: string): Promise<Place | undefined> {
    const mailbox = await mailboxes.find(owner?.id ?? own, name)
    const rights = await rightsOn(owner?.id ?? NOBODY, mailbox?.id ?? NOWHERE)
    return owner && mailbox && rights !== NO_RIGHTS ? { owner, mailbox, rights } : undefined
  }
  async function ownerNamed(nameUtf8: string): Promise<{ owner: Account | undefined; name: string } | undefined> {
    const parts = partsOf(nameUtf8)
    if (!parts) return undefined
    const owner = await accounts.find(parts.owner)
    return { owner: owner && spaceOf(owner) === parts.space ? owner : undefined, name: parts.name }
  }

  return {
    async named(nameUtf8) {
      if (!isForeign(nameUtf8)) return undefined
      const found = await ownerNamed(nameUtf8)
      return found && placeOf(found.owner, found.name)
    },
    async above(nameUtf8) {
      if (!isForeign(nameUtf8)) return undefined
      const found = await ownerNamed(nameUtf8)
      if (!found || !checkNewName(found.name).ok) return undefined
      const { owner, name } = found
      let nearest: string | undefined
      for (const level of levelsAbove(name)) if (await mailboxes.find(owner?.id ?? own, level)) nearest = level
      // RFC 4314 4: the nearest one that exists, whoever may see it.
      const place = await placeOf(owner, nearest ?? '')
      return place && { place, name }
    },
    rightsOn,
    async all() {
      const places: Place[] = []
      for (const [id, rights] of [...(await grants())].slice(0, MAX_OWNERS)) {
        const owner = await accounts.get(id)
        // A name with a level more could not be told from one of its mailboxes.
        if (!owner || owner.name.includes('/')) continue
        const few = rights.size <= FEW && (await Promise.all([...rights.keys()].map((one) => mailboxes.get(id, one))))
        const found = (few || (await mailboxes.list(id))).flatMap((mailbox): Place[] => {
          const here = mailbox && rights.get(mailbox.id)
          return mailbox && here ? [{ owner, mailbox, rights: here }] : []
        })
        places.push(...(few ? found.sort(byName) : found))
        await turn()
      }
      return places
    },
  }
}

import { NO_COMMIT } from '../../store/change'
import type { AnnotationChange } from '../../store/records/annotations'
import type { Mailbox, Store } from '../../store/store'
import { failed, ok, type Result } from '../../terms/fault'
import type { AccountId } from '../../terms/names'
import { SPECIAL_USES, type SpecialUse } from '../../terms/special-use'
import type { AnnotationVerbs } from '../mailbox'
import { type Parts, published } from '../parts'
import { mailboxNamed } from './resolve'

/** RFC 6154 4: what a mailbox is for, which is no annotation that is stored. */
const SPECIAL_USE = '/private/specialuse'
const isSpecialUse = ({ name }: Pick<AnnotationChange, 'name'>): boolean => name.toLowerCase() === SPECIAL_USE

/** RFC 5464 4.1: annotations stay on INBOX when it is renamed, and the new mailbox has them too. */
export async function copyAnnotations(store: Store, account: AccountId, from: string, to: string): Promise<void> {
  const [source, target] = [await mailboxNamed(store, account, from), await mailboxNamed(store, account, to)]
  if (source && target) await store.annotations.copy(account, source.id, target.id)
}

export function annotationVerbs({ store, hub }: Pick<Parts, 'store' | 'hub'>, account: AccountId): AnnotationVerbs {
  /** RFC 6154 4: checked as CREATE checks it. */
  async function usesOf(mailbox: Mailbox, value: Buffer | undefined): Promise<Result<readonly SpecialUse[]>> {
    const words = (value?.toString('latin1') ?? '').split(' ').filter((word) => word !== '')
    const uses = SPECIAL_USES.filter((use) => words.some((word) => word.toLowerCase() === use.toLowerCase()))
    if (uses.length < words.length) return failed({ kind: 'not-permitted', why: 'this special use is not supported' })
    const all = await store.mailboxes.list(account)
    const taken = all.find(({ id, specialUse }) => id !== mailbox.id && specialUse.some((use) => uses.includes(use)))
    return taken ? failed({ kind: 'not-permitted', why: `${taken.name} has this special use` }) : ok(uses)
  }
  function tell(mailbox: Mailbox | undefined, changes: readonly AnnotationChange[]): void {
    const entries = changes.map(({ name }) => name)
    const change = { account, kind: 'annotated', mailbox: mailbox?.id, name: mailbox?.name ?? '', entries } as const
    hub.publish({ ...NO_COMMIT, list: [change] })
  }
  async function setOfServer(changes: readonly AnnotationChange[]): Promise<Result<void>> {
    // RFC 5464 3.3: what all accounts see is the administrator's.
    const shared = changes.some(({ name }) => !name.toLowerCase().startsWith('/private/'))
    if (shared) return failed({ kind: 'not-permitted', why: 'the server has shared annotations of its own only' })
    const result = await store.annotations.change(account, 'server', changes)
    if (result.ok) tell(undefined, changes)
    return result
  }

  return {
    async get(nameUtf8) {
      if (nameUtf8 === '') return store.annotations.get(account, 'server')
      const mailbox = await mailboxNamed(store, account, nameUtf8)
      if (!mailbox) return undefined
      const stored = await store.annotations.get(account, mailbox.id)
      const uses = mailbox.specialUse.join(' ')
      return uses === '' ? stored : [...stored, { name: SPECIAL_USE, value: Buffer.from(uses) }]
    },
    async set(nameUtf8, changes) {
      if (nameUtf8 === '') return setOfServer(changes)
      const mailbox = await mailboxNamed(store, account, nameUtf8)
      if (!mailbox) return failed({ kind: 'no-such-mailbox' })
      const change = changes.findLast(isSpecialUse)
      const uses = change && (await usesOf(mailbox, change.value))
      if (uses && !uses.ok) return uses
      const stored = changes.filter((other) => !isSpecialUse(other))
      const result = stored.length > 0 ? await store.annotations.change(account, mailbox.id, stored) : ok(undefined)
      if (!result.ok) return result
      // After those that may fail: RFC 5464 4.3, all or none.
      const used = uses && published(hub, await store.mailboxes.setSpecialUse(account, mailbox.name, uses.value))
      if (used && !used.ok) return used
      tell(mailbox, changes)
      return ok(undefined)
    },
  }
}

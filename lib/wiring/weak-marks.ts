import type { Store } from '../store/store'
import { ok } from '../terms/fault'
import { accountId } from '../terms/names'

/** Writes to an account that its password is one that everybody knows, or is no more, so that its user can be told. */
export function createWeakMarks({ accounts }: Pick<Store, 'accounts'>) {
  return async (account: string, isKnown: boolean): Promise<void> => {
    const before = await accounts.get(accountId(account))
    const { epoch = '', knownPassword: mark } = before?.credentials ?? {}
    if (!before || (mark === epoch) === isKnown) return
    await accounts.update(before.id, ({ credentials: { knownPassword: _old, ...rest } }) =>
      ok({ credentials: isKnown ? { ...rest, knownPassword: epoch } : rest }),
    )
  }
}

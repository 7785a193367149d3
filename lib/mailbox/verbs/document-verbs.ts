import type { Store } from '../../store/store'
import type { AccountId } from '../../terms/names'
import type { DocumentVerbs } from '../mailbox'

export const documentVerbs = ({ documents }: Store, account: AccountId): DocumentVerbs => ({
  get: (name) => documents.get(account, name),
  change: (name, change) => documents.change(account, name, change),
})

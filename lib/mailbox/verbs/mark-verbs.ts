import type { Store } from '../../store/store'
import type { AccountId } from '../../terms/names'
import type { Clock } from '../../terms/ports'
import type { MarkVerbs } from '../mailbox'

export const markVerbs = ({ marks }: Store, clock: Clock, account: AccountId): MarkVerbs => ({
  has: (what) => marks.has(account, { what, at: clock.now() }),
  claim(what, milliseconds) {
    const at = clock.now()
    return marks.set(account, { what, at, until: at + milliseconds })
  },
  set(what, milliseconds) {
    const at = clock.now()
    return marks.renew(account, { what, at, until: at + milliseconds })
  },
})

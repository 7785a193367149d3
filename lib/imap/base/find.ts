import { find } from '../../mailbox/find'
import type { SearchKey } from '../../search/key'
import type { Session, State } from '../session'

/** Ascending sequence numbers of what matches in the window of a session. */
export const search = (
  { ports }: Session,
  { mail, view }: Extract<State, { name: 'selected' }>,
  key: SearchKey,
): Promise<number[]> => find({ store: ports.room.store, mail, view }, key, ports.clock.now())

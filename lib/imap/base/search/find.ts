import { find } from '../../../mailbox/search/find'
import type { SearchKey } from '../../../search/key'
import type { Session } from '../../kernel/session'
import type { Selected } from '../../kernel/state'
import { createProgress } from '../messages/progress'

/**
 * Ascending sequence numbers of what matches in the window of a session.
 * @param scores filled by sequence number, where they are asked for
 */
export const search = (
  session: Session,
  { mail, view }: Selected,
  key: SearchKey,
  tag: string,
  scores?: Map<number, number>,
): Promise<number[]> => {
  const { room, clock } = session.ports
  return find({ room, mail, view }, key, clock.now(), createProgress(session, tag, view.exists + 1), scores)
}

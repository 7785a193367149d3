import type { View } from '../../../mailbox/mailbox'
import { find } from '../../../mailbox/search/find'
import type { SearchKey } from '../../../search/key'
import type { Session } from '../../kernel/session'
import type { Selected } from '../../kernel/state'
import { type Limited, searchable } from '../messages/limit'
import { createProgress } from '../messages/progress'

/** Those of some messages that match. @param scores filled by sequence number, where they are asked for */
export function searchAmong(
  session: Session,
  { mail, view }: Pick<Selected, 'mail' | 'view'>,
  key: SearchKey,
  seqs: readonly number[],
  scores?: Map<number, number>,
): Promise<number[]> {
  const { room, clock } = session.ports
  return find({ room, mail, view }, key, clock.now(), { among: seqs, ...(scores && { scores }) })
}

/** RFC 9738 3.1: whether a search has to look at a message, by the numbers that it names. */
const named =
  (view: View, key: SearchKey) =>
  (seq: number): boolean => {
    if (key.kind === 'numbers') return key.has(key.of === 'seq' ? seq : view.uidAt(seq))
    return key.kind !== 'and' || key.keys.every((part) => part.kind !== 'numbers' || named(view, part)(seq))
  }

/**
 * Ascending sequence numbers of what matches in the window of a session, and the code of a search that did not look at all
 * messages (RFC 9738).
 * @param scores filled by sequence number, where they are asked for
 */
export async function search(
  session: Session,
  { mail, view }: Pick<Selected, 'mail' | 'view'>,
  key: SearchKey,
  tag: string,
  scores?: Map<number, number>,
): Promise<Limited> {
  const { room, clock, settings } = session.ports
  const limited = settings.messageLimit > 0 ? await searchable(session, view, named(view, key)) : undefined
  const [first] = limited?.seqs ?? []
  // All below are out of it; of those above, the program says which.
  const keys: readonly SearchKey[] =
    limited?.code !== undefined && first !== undefined
      ? [{ kind: 'numbers', of: 'seq', has: (seq) => seq >= first }, key]
      : [key]
  const program: SearchKey = keys.length === 1 ? key : { kind: 'and', keys }
  const progress = createProgress(session, tag, view.exists + 1)
  const seqs = await find({ room, mail, view }, program, clock.now(), { progress, ...(scores && { scores }) })
  return { seqs, code: limited?.code }
}

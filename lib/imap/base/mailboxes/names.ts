import type { Mailbox } from '../../../mailbox/vocabulary'
import { levelsAbove } from '../../../terms/names'
import type { Session } from '../../kernel/session'
import type { Cursor, NamedMailbox } from '../../wire/cursor'
import * as encode from '../../wire/encode'
import { list, untagged } from '../../wire/response'

/** A mailbox name, with the blank before it. */
export function mailboxArgument(cursor: Cursor): NamedMailbox {
  cursor.space()
  return cursor.namedMailbox()
}

/** names that have something below them */
export const parentsIn = (all: readonly Mailbox[]): ReadonlySet<string> =>
  new Set(all.flatMap(({ name }) => levelsAbove(name)))

export const listAttributes = (mailbox: Mailbox, parents: ReadonlySet<string>): readonly string[] => [
  parents.has(mailbox.name) ? '\\HasChildren' : '\\HasNoChildren',
  ...mailbox.specialUse,
]

export const DELIMITER = encode.quoted('/')

/** @param extended mbox-list-extended items of RFC 9051 9 */
export function listResponse(
  { modes }: Session,
  word: 'LIST' | 'LSUB',
  attributes: readonly string[],
  mailbox: string,
  extended: readonly string[] = [],
): string {
  const name = encode.mailbox(mailbox, modes.utf8)
  return untagged(word, list(attributes), DELIMITER, name, ...(extended.length > 0 ? [list(extended)] : []))
}

/** A mbox-list-extended-item: a name and its values. */
export const extendedItem = (name: string, ...values: readonly string[]): string =>
  `${encode.quoted(name)} ${list(values)}`

/** oldname-extended-item of RFC 9051 6.3.9.7 */
export const oldName = (supplied: string): string => extendedItem('OLDNAME', encode.mailbox(supplied, true))

/** RFC 9051 6.3.9.7: tells a rev2 client the name of a mailbox that it wrote in another spelling. */
export function sayOldName(
  session: Session,
  { name, supplied }: NamedMailbox,
  attributes: readonly string[] = [],
): void {
  if (!session.modes.rev2 || supplied === name) return
  session.say(listResponse(session, 'LIST', attributes, name, [oldName(supplied)]))
}

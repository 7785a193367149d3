import type { AccountMail } from '../../../mailbox/mailbox'
import type { Annotation, AnnotationChange } from '../../../mailbox/vocabulary'
import type { Session } from '../../kernel/session'
import * as encode from '../../wire/encode'
import { list, untagged } from '../../wire/response'

/** Annotations as METADATA responses have them (RFC 5464 4.4). */

/** How far below the entries that are asked for (RFC 5464 4.2.2). */
export type Depth = '0' | '1' | 'infinity'

/** Of a mailbox, or of the server (`''`) with what its settings say (RFC 5464 6.2); undefined: there is no such mailbox */
export async function readAnnotations(
  { ports }: Session,
  mail: AccountMail,
  mailbox: string,
): Promise<readonly Annotation[] | undefined> {
  const stored = await mail.annotations.get(mailbox)
  if (mailbox !== '') return stored
  const { comment, admin } = ports.settings
  const shared = Object.entries({ '/shared/admin': admin, '/shared/comment': comment })
  const set = shared.filter(([, text]) => text !== '').map(([name, text]) => ({ name, value: Buffer.from(text) }))
  return [...set, ...(stored ?? [])]
}

/** Entries as they are asked for, each once: one that is not there has no value, those below them are told if they are there. */
export function choose(
  annotations: readonly Annotation[],
  names: readonly string[],
  depth: Depth,
): readonly AnnotationChange[] {
  const chosen = new Map<string, AnnotationChange>()
  for (const name of names) {
    const id = name.toLowerCase()
    for (const annotation of annotations) {
      const own = annotation.name.toLowerCase()
      const below = own.startsWith(`${id}/`) ? own.slice(id.length + 1).split('/').length : 0
      if (own === id || (below > 0 && (depth === 'infinity' || (depth === '1' && below === 1))))
        chosen.set(own, annotation)
    }
    if (depth === '0' && !chosen.has(id)) chosen.set(id, { name, value: undefined })
  }
  return [...chosen.values()]
}

export const mailboxText = ({ modes }: Session, mailbox: string): string =>
  mailbox === '' ? encode.quoted('') : encode.mailbox(mailbox, modes.utf8)

/** @param chosen at least one */
export function metadataResponse(session: Session, mailbox: string, chosen: readonly AnnotationChange[]): string {
  const pairs = chosen.map(({ name, value }) => {
    const text = value === undefined ? 'NIL' : encode.stringOrLiteral8(value.toString('latin1'))
    return `${encode.astring(name)} ${text}`
  })
  return untagged('METADATA', mailboxText(session, mailbox), list(pairs))
}

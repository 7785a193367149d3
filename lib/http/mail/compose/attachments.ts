import type { AccountMail } from '../../../mailbox/mailbox'
import { Refused } from '../../../web/kernel/faults'
import { rowOf, withView } from '../access'
import { fileNameOf } from '../message/file-name'
import { decodedOf, leafAt } from '../message/parts'
import type { Attached, Draft } from './compose'

/** What a Content-ID may be made of (RFC 2392). */
function oneWord(cid: string): string {
  if (/^[\w.@-]+$/.test(cid)) return cid
  throw new Refused(422, 'bad-attachment', 'cid: expected letters, digits and . @ - _')
}

/**
 * The files of a draft: those that came with the request, and parts of stored messages. Throws 413 and 422.
 * @param brought octets by the fields of the form
 * @param most octets of all together
 */
export async function attachedFiles(
  mail: AccountMail,
  { attachments = [] }: Draft,
  brought: ReadonlyMap<string, Buffer>,
  most: number,
): Promise<Attached[]> {
  let left = most
  const weigh = (octets: number): void => {
    left -= octets
    if (left < 0) throw new Refused(413, 'too-big', `All files together are over ${most} octets.`)
  }

  /** @param part undefined: the message itself */
  const storedFile = (
    at: { mailbox: string; uid: number },
    part: string | undefined,
    name: string,
  ): Promise<Attached> =>
    withView(mail, at.mailbox, async (view) => {
      const row = await rowOf(mail, view, String(at.uid))
      if (part === undefined) {
        weigh(row.size)
        const content = await mail.read(row.emailId, 0, row.size)
        if (!content) throw new Refused(422, 'bad-attachment', `The message ${name} is not there any more.`)
        return { filename: name, contentType: 'message/rfc822', content }
      }
      const leaf = leafAt(row.prepared.structure, part)
      if (!leaf) throw new Refused(422, 'bad-attachment', `The file ${name} is not there any more.`)
      weigh(leaf.bodyEnd - leaf.bodyStart)
      return {
        filename: name || fileNameOf(leaf),
        contentType: `${leaf.type}/${leaf.subtype}`,
        content: await decodedOf({ mail, row }, leaf),
      }
    })

  const files: Attached[] = []
  for (const { name, type = 'application/octet-stream', file: field, mailbox, uid, part, cid } of attachments) {
    const inPage = cid === undefined ? {} : { cid: oneWord(cid) }
    if (field !== undefined) {
      const content = brought.get(field)
      if (!content) throw new Refused(422, 'bad-attachment', `The request has no field ${field} for ${name}.`)
      weigh(content.length)
      files.push({ filename: name, contentType: type, content, ...inPage })
    } else if (mailbox !== undefined && uid !== undefined) {
      files.push({ ...(await storedFile({ mailbox, uid }, part, name)), ...inPage })
    } else {
      throw new Refused(422, 'bad-attachment', `The file ${name} has neither octets nor a place.`)
    }
  }
  return files
}

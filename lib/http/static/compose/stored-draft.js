// @ts-check
/** @import { DraftStart, MessagePlace } from '../base/types' */
import { call, octetsOf } from '../base/api.js'
import { typedAll } from '../base/format.js'

/** Its name while it is written is in its Message-ID. */
const NAME = /^<?([A-Za-z0-9-]{36})@/

/** @param {MessagePlace} place */
const writtenHtml = async (place) =>
  (await octetsOf('GET /mailboxes/{mailbox}/messages/{uid}/html', { ...place })).text()

/**
 * A draft that is there, to go on with.
 * @param {MessagePlace} place
 * @returns {Promise<DraftStart>}
 */
export async function storedDraft(place) {
  const draft = await call('GET /mailboxes/{mailbox}/messages/{uid}', { ...place })
  const { from, to, cc, bcc, subject, text, references, attachments, pictures, messageId, hasHtml } = draft
  const [, id] = NAME.exec(messageId) ?? []
  return {
    ...{ id, from: from[0], to: typedAll(to), cc: typedAll(cc), bcc: typedAll(bcc), subject, text, references },
    inReplyTo: references.at(-1),
    replaces: place,
    ...(hasHtml && { html: await writtenHtml(place) }),
    attachments: [
      ...attachments.map(({ part, name, size }) => ({ name, size, ...place, part })),
      ...pictures.map(({ part, name, size, type, id: cid }) => ({ name, size, type, cid, ...place, part })),
    ],
  }
}

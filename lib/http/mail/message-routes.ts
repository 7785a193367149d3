import type { AccountMail, View } from '../../mailbox/mailbox'
import { htmlText } from '../../mime/html-text'
import type { Part } from '../../mime/prepared'
import { partText } from '../../mime/text'
import { decodePart } from '../../mime/transfer'
import type { MessageRow } from '../../store/store'
import { flagSet, isSystemFlag } from '../../terms/flags'
import { notFound, Refused, unwrap } from '../faults'
import type { Web } from '../ports'
import { DONE, defineRoute, done, json, type Route } from '../route'
import { any, flag, list, object, optional, text, whole } from '../schema'
import { mailboxById, rowOf, uidList, uidsBody, uidsOf, withView } from './access'
import { attachmentsOf, bodiesOf, fileNameOf, leavesOf } from './attachments'
import { readEnvelope } from './envelope'
import { messagePage } from './html'
import { person } from './summary'

/** Characters of text that a page shows; the whole message can be downloaded. */
const MOST_TEXT = 1024 * 1024
/** Octets of pictures inside one message's HTML. */
const MOST_INLINE = 8 * 1024 * 1024
/** People of each kind that are told. */
const MOST_PEOPLE = 500
const PICTURES = /^(?:png|jpeg|jpg|gif|webp|bmp)$/

export async function octetsOf(mail: AccountMail, row: MessageRow, part: Part): Promise<Buffer> {
  const octets = await mail.read(row.emailId, part.bodyStart, part.bodyEnd)
  if (!octets) throw notFound('message')
  return octets
}
export const decodedOf = async (mail: AccountMail, row: MessageRow, part: Part): Promise<Buffer> => {
  const octets = await octetsOf(mail, row, part)
  return decodePart(octets, part.encoding) ?? octets
}

async function textOf(mail: AccountMail, row: MessageRow, parts: readonly Part[]): Promise<string> {
  const texts: string[] = []
  let left = MOST_TEXT
  for (const part of parts) {
    if (left <= 0) break
    const piece = partText(part, await octetsOf(mail, row, part)).slice(0, left)
    left -= piece.length
    texts.push(piece)
  }
  return texts.join('\n')
}

const angleless = (id: string): string => id.replace(/^<|>$/g, '')

async function pictures(mail: AccountMail, row: MessageRow, html: string): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  let left = MOST_INLINE
  for (const { part } of leavesOf(row.prepared.structure)) {
    if (part.id === undefined || part.type !== 'image' || !PICTURES.test(part.subtype)) continue
    if (!/cid:/i.test(html) || part.bodyEnd - part.bodyStart > left) continue
    const octets = await decodedOf(mail, row, part)
    left -= octets.length
    found.set(angleless(part.id), `data:image/${part.subtype};base64,${octets.toString('base64')}`)
  }
  return found
}

/** RFC 6266 and RFC 8187: a name in ASCII for old readers, the real one beside it. */
function download(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]/g, '_').replace(/["\\%]/g, '_')
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`
}

/** A file is only ever saved: its type is what the sender said, so nothing of it may run as a page of ours. */
const fileHeaders = (name: string, type: string) => ({
  'Content-Type': /^[\w.+-]+\/[\w.+-]+$/.test(type) ? type : 'application/octet-stream',
  'Content-Disposition': download(name),
  'Content-Security-Policy': "sandbox; default-src 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
})

async function htmlPage(mail: AccountMail, row: MessageRow, remoteImages: boolean) {
  const html = await textOf(mail, row, bodiesOf(row.prepared.structure).html)
  const inline = await pictures(mail, row, html)
  return messagePage(html, { remoteImages, inline: (id) => inline.get(id) })
}

const moved = object({
  /** where they are now, in the order of `source`: what undo needs */
  mailbox: text(64),
  source: list(whole(1)),
  destination: list(whole(1)),
})

export function messageRoutes({ room: { store } }: Web): readonly Route[] {
  const withRow = <T>(
    mail: AccountMail,
    { mailbox = '', uid = '' }: Readonly<Record<string, string>>,
    run: (row: MessageRow, view: View) => Promise<T>,
  ): Promise<T> => withView(store, mail, mailbox, async (view) => run(await rowOf(mail, view, uid), view))

  return [
    defineRoute({
      method: 'get',
      path: '/mailboxes/:mailbox/messages/:uid',
      scope: 'mail:read',
      summary: 'One message: who, what, its text, and its files. Its HTML has an address of its own.',
      answer: object({
        uid: whole(1),
        id: text(64),
        thread: text(64),
        subject: text(),
        from: list(person),
        replyTo: list(person),
        to: list(person),
        cc: list(person),
        bcc: list(person),
        date: whole(),
        sentAt: optional(whole()),
        messageId: text(),
        references: list(text()),
        size: whole(),
        flags: list(text()),
        text: text(MOST_TEXT),
        hasHtml: flag(),
        blockedImages: whole(),
        attachments: list(object({ part: text(), name: text(), type: text(), size: whole() })),
      }),
      run: async ({ params, mail: enter }) => {
        const mail = await enter()
        return withRow(mail, params, async (row) => {
          const { keys, structure, envelope } = row.prepared
          const { inReplyTo: _replied, ...people } = readEnvelope(envelope, MOST_PEOPLE)
          const { plain, html } = bodiesOf(structure)
          const shown = html.length > 0 ? await htmlPage(mail, row, false) : undefined
          return json({
            uid: row.uid,
            id: row.emailId,
            thread: row.threadId,
            ...people,
            date: row.internalDate,
            sentAt: keys.sentAt,
            references: keys.references,
            size: row.size,
            flags: row.flags.names,
            text:
              plain.length > 0
                ? await textOf(mail, row, plain)
                : htmlText(await textOf(mail, row, html), { as: 'reading' }).text,
            hasHtml: html.length > 0,
            blockedImages: shown?.blocked ?? 0,
            attachments: attachmentsOf(structure).map(({ path, part }) => ({
              part: path,
              name: fileNameOf(part),
              type: `${part.type}/${part.subtype}`,
              // Base64 is a third longer than what it holds.
              size: Math.round((part.bodyEnd - part.bodyStart) * (part.encoding === 'base64' ? 0.73 : 1)),
            })),
          })
        })
      },
    }),
    defineRoute({
      method: 'get',
      path: '/mailboxes/:mailbox/messages/:uid/html',
      scope: 'mail:read',
      summary: 'The HTML of a message, cleaned, for a sandboxed frame',
      query: object({ images: optional(flag()) }),
      answer: any('octets'),
      produces: 'text/html',
      run: async ({ params, query, mail: enter }) => {
        const mail = await enter()
        return withRow(mail, params, async (row) => {
          const { html, headers } = await htmlPage(mail, row, query.images === true)
          return { kind: 'octets', octets: Buffer.from(html), headers }
        })
      },
    }),
    defineRoute({
      method: 'get',
      path: '/mailboxes/:mailbox/messages/:uid/parts/:part',
      scope: 'mail:read',
      summary: 'A file of a message, to be saved',
      answer: any('octets'),
      produces: '*/*',
      run: async ({ params, mail: enter }) => {
        const mail = await enter()
        return withRow(mail, params, async (row) => {
          const leaf = leavesOf(row.prepared.structure).find(({ path }) => path === params.part)
          if (!leaf) throw notFound('part')
          const { part } = leaf
          const octets = await decodedOf(mail, row, part)
          return { kind: 'octets', octets, headers: fileHeaders(fileNameOf(part), `${part.type}/${part.subtype}`) }
        })
      },
    }),
    defineRoute({
      method: 'get',
      path: '/mailboxes/:mailbox/messages/:uid/source',
      scope: 'mail:read',
      summary: 'The message as it came, to be saved',
      answer: any('octets'),
      produces: 'message/rfc822',
      run: async ({ params, mail: enter }) => {
        const mail = await enter()
        return withRow(mail, params, async (row) => {
          const octets = await mail.read(row.emailId, 0, row.size)
          if (!octets) throw notFound('message')
          return { kind: 'octets', octets, headers: fileHeaders('message.eml', 'message/rfc822') }
        })
      },
    }),
    defineRoute({
      method: 'post',
      path: '/mailboxes/:mailbox/flags',
      scope: 'mail:write',
      summary: 'Sets and takes away flags; those that are gone are left out',
      body: object({ uids: uidList(), add: optional(list(text(100), 20)), remove: optional(list(text(100), 20)) }),
      answer: done,
      run: async ({ params, body, mail: enter }) => {
        const { add = [], remove = [] } = body
        const odd = [...add, ...remove].find((name) => !isSystemFlag(name) && !/^[A-Za-z0-9$_.-]+$/.test(name))
        if (odd !== undefined) throw new Refused(422, 'bad-flag', 'A flag is a system flag or a word.')
        const mail = await enter()
        return withView(store, mail, params.mailbox ?? '', async (view) => {
          const uids = uidsOf(body.uids)
          if (add.length > 0) unwrap(await mail.storeFlags(view, uids, 'add', flagSet(add)))
          if (remove.length > 0) unwrap(await mail.storeFlags(view, uids, 'remove', flagSet(remove)))
          return DONE
        })
      },
    }),
    ...(['move', 'copy'] as const).map((verb) =>
      defineRoute({
        method: 'post',
        path: `/mailboxes/:mailbox/${verb}`,
        scope: 'mail:write',
        summary: verb === 'move' ? 'Moves messages to another mailbox' : 'Copies messages to another mailbox',
        body: object({ uids: uidList(), to: text(64) }),
        answer: moved,
        run: async ({ params, body, mail: enter }) => {
          const mail = await enter()
          const to = await mailboxById(store, mail, body.to)
          return withView(store, mail, params.mailbox ?? '', async (view) => {
            const { source, destination } = unwrap(await mail[verb](view, uidsOf(body.uids), to.name))
            return json({ mailbox: to.id, source, destination })
          })
        },
      }),
    ),
    defineRoute({
      method: 'post',
      path: '/mailboxes/:mailbox/expunge',
      scope: 'mail:write',
      summary: 'Removes messages for ever',
      body: uidsBody,
      answer: done,
      run: async ({ params, body, mail: enter }) => {
        const mail = await enter()
        return withView(store, mail, params.mailbox ?? '', async (view) => {
          const uids = uidsOf(body.uids)
          unwrap(await mail.storeFlags(view, uids, 'add', flagSet(['\\Deleted'])))
          unwrap(await mail.expunge(view, uids))
          return DONE
        })
      },
    }),
  ]
}

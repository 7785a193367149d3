import type { AccountMail, View } from '../../../mailbox/mailbox'
import { bodiesOf, isHtml } from '../../../mime/read/bodies'
import { partText } from '../../../mime/text/text'
import type { MessageRow } from '../../../store/store'
import { flagSet, isSystemFlag } from '../../../terms/flags'
import { notFound, Refused, unwrap } from '../../../web/kernel/faults'
import { any, list, object, optional, text, whole } from '../../../web/kernel/schema'
import type { Web } from '../../../web/ports'
import { DONE, defineRoute, done, json, type Route } from '../../../web/route/route'
import { turn } from '../../../work/turns'
import { mailboxById, rowOf, uidList, uidsBody, uidsOf, withView } from '../access'
import { fileNameOf } from './file-name'
import { decodedOf, type Letter, leafAt, octetsOf, opens } from './parts'
import { content, contentOf, MOST_HTML, subjectOf } from './reading'

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

/** HTML as it came, which is only ever shown cleaned and in a frame; whoever opens this address gets a page that can do nothing. */
const HTML_HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': "sandbox; default-src 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
}

/** The HTML that a page shows: of one part, or all of it. */
async function htmlOf(letter: Letter, number: string | undefined): Promise<Buffer> {
  const { root, inside } = letter
  const shown = bodiesOf(root, inside).html.filter(isHtml)
  const parts = number === undefined ? shown.map(({ part }) => part) : [leafAt(root, number)]
  const texts: string[] = []
  let left = MOST_HTML
  for (const part of parts) {
    if (part?.type !== 'text' || part.subtype !== 'html') throw notFound('part')
    left -= part.bodyEnd - part.bodyStart
    if (left < 0) throw new Refused(413, 'too-big', 'That is too much to be shown; it can be saved as a file.')
    await turn()
    texts.push(partText(part, await octetsOf(letter, part)))
  }
  return Buffer.from(texts.join('\n'))
}

const moved = object({
  /** where they are now, in the order of `source`: what undo needs */
  mailbox: text(64),
  source: list(whole(1)),
  destination: list(whole(1)),
})

export function messageRoutes({ room: { pool } }: Web): readonly Route[] {
  const withRow = <T>(
    mail: AccountMail,
    { mailbox = '', uid = '' }: Readonly<Record<string, string>>,
    run: (row: MessageRow, view: View) => Promise<T>,
  ): Promise<T> => withView(mail, mailbox, async (view) => run(await rowOf(mail, view, uid), view))

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
        date: whole(),
        flags: list(text()),
        ...content,
      }),
      run: async ({ params, mail: enter }) => {
        const mail = await enter()
        return withRow(mail, params, async (row) =>
          json({
            uid: row.uid,
            id: row.emailId,
            thread: row.threadId,
            date: row.internalDate,
            flags: row.flags.names,
            ...(await contentOf({ mail, row, root: row.prepared.structure, inside: [] }, pool)),
          }),
        )
      },
    }),
    defineRoute({
      method: 'get',
      path: '/mailboxes/:mailbox/messages/:uid/html',
      scope: 'mail:read',
      summary: 'HTML of a message as it came: of one part, or all that a page shows; to be cleaned before it is shown',
      query: object({ part: optional(text(1000)) }),
      answer: any('octets'),
      produces: 'text/html',
      run: async ({ params, query, mail: enter }) => {
        const mail = await enter()
        return withRow(mail, params, async (row) => {
          const octets = await htmlOf({ mail, row, root: row.prepared.structure, inside: [] }, query.part)
          return { kind: 'octets', octets, headers: HTML_HEADERS }
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
          const part = leafAt(row.prepared.structure, params.part ?? '')
          if (!part) throw notFound('part')
          const octets = await decodedOf({ mail, row }, part)
          const name = fileNameOf(part, part.message && (await subjectOf({ mail, row }, part.message)))
          return { kind: 'octets', octets, headers: fileHeaders(name, `${part.type}/${part.subtype}`) }
        })
      },
    }),
    defineRoute({
      method: 'get',
      path: '/mailboxes/:mailbox/messages/:uid/parts/:part/message',
      scope: 'mail:read',
      summary: 'A message that is attached to another; its parts have numbers of the outer one',
      answer: object(content),
      run: async ({ params, mail: enter }) => {
        const mail = await enter()
        return withRow(mail, params, async (row) => {
          const part = leafAt(row.prepared.structure, params.part ?? '')
          if (!part?.message || !opens(part)) throw notFound('message')
          const inside = (params.part ?? '').split('.').map(Number)
          return json(await contentOf({ mail, row, root: part.message, inside }, pool))
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
        return withView(mail, params.mailbox ?? '', async (view) => {
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
          const to = await mailboxById(mail, body.to)
          return withView(mail, params.mailbox ?? '', async (view) => {
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
        return withView(mail, params.mailbox ?? '', async (view) => {
          const uids = uidsOf(body.uids)
          unwrap(await mail.storeFlags(view, uids, 'add', flagSet(['\\Deleted'])))
          unwrap(await mail.expunge(view, uids))
          return DONE
        })
      },
    }),
  ]
}

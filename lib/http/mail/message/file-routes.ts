import type { Part } from '../../../mime/prepared'
import { bodiesOf, isHtml } from '../../../mime/read/bodies'
import { partText } from '../../../mime/text/text'
import { notFound, Refused } from '../../../web/kernel/faults'
import { any, object, optional, text, whole } from '../../../web/kernel/schema'
import { defineRoute, type Route } from '../../../web/route/route'
import type { Web } from '../../../web/shared'
import { turn } from '../../../work/turns'
import { withRow } from '../access'
import { fileNameOf } from './file-name'
import { MOST_HTML } from './page-text'
import { decodedOf, type Letter, leafAt, octetsOf, type StoredMessage } from './parts'
import { contentOf } from './reading'
import { subjectOf } from './subjects'
import { distinct, zip } from './zip'

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

/** What a browser's viewer is given is a PDF file and nothing else; no page but ours may show it. */
const PDF_HEADERS = {
  'Content-Type': 'application/pdf',
  'Content-Disposition': 'inline',
  'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
}
/** Octets in which readers look for its mark (PDF 1.7, H.3). */
const PDF_HEAD = 1024
const MOST_FILES = 1000

/** Files as they are saved one by one. */
function archive(stored: StoredMessage, files: readonly { readonly part: string; readonly name: string }[]) {
  const some = files.slice(0, MOST_FILES)
  const names = distinct(some.map(({ name }) => name))
  return zip(
    some.map(({ part: number }, index) => ({
      name: names[index] ?? number,
      octets: async () => {
        const part = leafAt(stored.row.prepared.structure, number)
        if (!part) throw notFound('part')
        return decodedOf(stored, part)
      },
    })),
  )
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

/** Throws 404: the message has no such part. */
async function fileOf(stored: StoredMessage, number = ''): Promise<{ part: Part; octets: Buffer }> {
  const part = leafAt(stored.row.prepared.structure, number)
  if (!part) throw notFound('part')
  return { part, octets: await decodedOf(stored, part) }
}

/** Octets of a message: its HTML, its files, all of it. */
export function fileRoutes({ room: { pool } }: Web): readonly Route[] {
  return [
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
          const { part, octets } = await fileOf({ mail, row }, params.part)
          const name = fileNameOf(part, part.message && (await subjectOf({ mail, row }, part.message)))
          return { kind: 'octets', octets, headers: fileHeaders(name, `${part.type}/${part.subtype}`) }
        })
      },
    }),
    defineRoute({
      method: 'get',
      path: '/mailboxes/:mailbox/messages/:uid/parts/:part/pdf',
      scope: 'mail:read',
      summary: 'A PDF file of a message, for the viewer of a browser; what is none is refused',
      answer: any('octets'),
      produces: 'application/pdf',
      run: async ({ params, mail: enter }) => {
        const mail = await enter()
        return withRow(mail, params, async (row) => {
          const { octets } = await fileOf({ mail, row }, params.part)
          if (octets.subarray(0, PDF_HEAD).indexOf('%PDF-') < 0) throw new Refused(415, 'no-pdf', 'It is no PDF file.')
          return { kind: 'octets', octets, headers: PDF_HEADERS }
        })
      },
    }),
    defineRoute({
      method: 'get',
      path: '/mailboxes/:mailbox/messages/:uid/files',
      scope: 'mail:read',
      summary: 'All files of a message, as a ZIP archive',
      answer: any('octets'),
      produces: 'application/zip',
      run: async ({ params, mail: enter }) => {
        const mail = await enter()
        return withRow(mail, params, async (row) => {
          const { attachments: files } = await contentOf({ mail, row, root: row.prepared.structure, inside: [] }, pool)
          return {
            kind: 'stream',
            pieces: archive({ mail, row }, files),
            headers: fileHeaders('files.zip', 'application/zip'),
          }
        })
      },
    }),
    defineRoute({
      method: 'get',
      path: '/mailboxes/:mailbox/messages/:uid/source',
      scope: 'mail:read',
      summary: 'The message as it came, to be saved; `first` octets of it',
      query: object({ first: optional(whole(1)) }),
      answer: any('octets'),
      produces: 'message/rfc822',
      run: async ({ params, query, mail: enter }) => {
        const mail = await enter()
        return withRow(mail, params, async (row) => {
          const octets = await mail.read(row.emailId, 0, Math.min(row.size, query.first ?? row.size))
          if (!octets) throw notFound('message')
          return { kind: 'octets', octets, headers: fileHeaders('message.eml', 'message/rfc822') }
        })
      },
    }),
  ]
}

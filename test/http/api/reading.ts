import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { crc32 } from 'node:zlib'
import MailComposer from 'nodemailer/lib/mail-composer'
import { readInvitation } from '../../../lib/http/mail/invite/read-invitation'
import { prepare } from '../../../lib/mime/prepare'
import { client, message, type Web } from '../web'

const OWN = 'reader@example.org'
const ALIAS = 'reader.alias@example.org'
const OURS = 'Authentication-Results: mail.example.org;\r\n\tspf=pass smtp.mailfrom=a@shop.example;\r\n\tdkim=pass'
const ZONE = [
  ...['BEGIN:VTIMEZONE', 'TZID:Away', 'BEGIN:STANDARD', 'DTSTART:19700101T000000', 'TZOFFSETFROM:+0300'],
  ...['TZOFFSETTO:+0300', 'END:STANDARD', 'END:VTIMEZONE'],
]
export const calendar = (lines: readonly string[], method = 'REQUEST'): string =>
  [
    ...['BEGIN:VCALENDAR', 'VERSION:2.0', `METHOD:${method}`, ...ZONE, 'BEGIN:VEVENT', 'UID:e1@x', 'SEQUENCE:3'],
    ...[...lines, 'END:VEVENT', 'END:VCALENDAR', ''],
  ].join('\r\n')
const EVENT = calendar([
  'DTSTART;TZID=Away:20261209T093000',
  'DTEND;TZID=Away:20261209T103000',
  'RRULE:FREQ=WEEKLY;COUNT=4',
  'SUMMARY:Planning\\, at last',
  'LOCATION:Room 4',
  'ORGANIZER;CN=Dora:mailto:dora@example.net',
  `ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:${OWN}`,
])

/** What a reader is told of a message. */
export function readingRoutes(opened: () => Web): void {
  let web: Web
  let inbox: string
  let browser: ReturnType<typeof client>

  before(async () => {
    web = opened()
    const owner = await web.account(OWN)
    const built = (mail: object) =>
      new MailComposer({ from: 'Dora <dora@example.net>', to: OWN, ...mail }).compile().build()
    const invitation = await built({ subject: 'Come', text: 'x', icalEvent: { method: 'REQUEST', content: EVENT } })
    const aliased = EVENT.replace(OWN, ALIAS)
    const toAlias = await built({ to: ALIAS, icalEvent: { method: 'REQUEST', content: aliased } })
    const files = await built({
      subject: 'Files',
      text: 'x',
      attachments: ['one', 'two'].map((content) => ({ filename: 'ä.txt', content })),
    })
    const pdf = { filename: 'a.pdf', content: '%PDF-1.4 x', contentType: 'application/pdf' }
    const page = { filename: 'b.pdf', content: '<script>alert(1)</script>', contentType: 'application/pdf' }
    const papers = await built({ subject: 'Papers', text: 'x', attachments: [pdf, page] })
    const list = 'List-Unsubscribe: <mailto:out@shop.example?subject=out>, <https://shop.example/u?x=1>\r\n'
    const click = 'List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n'
    await web.deliver(
      owner,
      invitation.toString('latin1'),
      files.toString('latin1'),
      papers.toString('latin1'),
      message('Signed', 'x', `${OURS} header.d=shop.example\r\n${list}${click}`),
      message('Forged', 'x', `${OURS.replace('mail.example.org', 'evil.example')}\r\n${list}${click}`),
      message('Gone', 'x', `${OURS}\r\n${list.replaceAll('shop', 'gone')}${click}`),
      toAlias.toString('latin1'),
    )
    browser = client(web.url)
    await browser.logIn(OWN)
    inbox = (await browser.get('mailboxes')).body.mailboxes[0].id
  })
  const at = (uid: number, more = ''): string => `mailboxes/${inbox}/messages/${uid}${more}`

  it('believes no Authentication-Results but its own (RFC 8601 5), and offers one click only where a signature holds', async () => {
    const { body: signed } = await browser.get(at(4))
    assert.deepEqual(signed.authentication, { spf: 'pass', dkim: 'pass', signedBy: ['shop.example'] })
    const page = 'https://shop.example/u?x=1'
    assert.deepEqual(signed.unsubscribe, { oneClick: true, mailto: 'mailto:out@shop.example?subject=out', page })
    const { body: forged } = await browser.get(at(5))
    assert.equal(forged.authentication, undefined)
    assert.equal(forged.unsubscribe.oneClick, false)
    assert.equal((await browser.post(at(5, '/unsubscribe'))).status, 422)
    assert.equal((await browser.post(at(4, '/unsubscribe'))).status, 200)
    assert.deepEqual(web.asked, [`${page} List-Unsubscribe=One-Click`])
    assert.equal((await browser.post(at(6, '/unsubscribe'))).body.error, 'not-accepted')
  })
  it('says when and where an invitation is, and answers it (RFC 5546 3.2.3, RFC 6047)', async () => {
    const { body: mail } = await browser.get(at(1))
    const where = at(1, `/parts/${mail.invitation}/invitation`)
    const { body: read } = await browser.get(where)
    assert.equal(new Date(read.start).toISOString(), '2026-12-09T06:30:00.000Z')
    assert.deepEqual(
      [read.method, read.summary, read.location, read.rule, read.canAnswer, read.attendees[0].status],
      ['REQUEST', 'Planning, at last', 'Room 4', 'FREQ=WEEKLY;COUNT=4', true, 'needs-action'],
    )
    assert.equal((await browser.post(where, { answer: 'accepted' })).body.to, 'dora@example.net')
    const reply = web.sent.at(-1)
    assert.deepEqual(reply?.to, ['dora@example.net'])
    const part = prepare(reply?.bytes ?? Buffer.alloc(0)).structure.children[0]?.children[1]
    assert.deepEqual([part?.type, part?.subtype], ['text', 'calendar'])
    assert.deepEqual(part?.params.find(([name]) => name === 'method')?.[1], 'REPLY')
    const answered = readInvitation({ text: EVENT, answer: { as: OWN, status: 'accepted', now: 0 } })?.reply ?? ''
    for (const line of [
      'METHOD:REPLY',
      'UID:e1@x',
      'SEQUENCE:3',
      'DTSTAMP:19700101T000000Z',
      'SUMMARY:Planning\\, at last',
    ])
      assert.ok(answered.includes(`${line}\r\n`), `${line} in ${answered}`)
    assert.match(answered, new RegExp(`ATTENDEE;PARTSTAT=ACCEPTED:mailto:${OWN}\r\n`))
    assert.match(answered, /ORGANIZER;CN=Dora:mailto:dora@example.net\r\n/)
    assert.equal((await browser.get(where)).body.answered, 'accepted')
  })
  it('answers an invitation to an alias as that alias, and puts nothing into the words of an event', async () => {
    const { body: mail } = await browser.get(at(7))
    const where = at(7, `/parts/${mail.invitation}/invitation`)
    assert.equal((await browser.post(where, { answer: 'declined' })).status, 200)
    const reply = web.sent.at(-1)
    assert.equal(reply?.from, ALIAS)
    assert.doesNotMatch(reply?.bytes.toString() ?? '', new RegExp(OWN))
    const text = calendar(['DTSTART:20260701T120000Z', 'LOCATION:x', 'SUMMARY:END:VEVENT'])
    const answered = readInvitation({ text, answer: { as: OWN, status: 'accepted', now: 0 } })?.reply ?? ''
    assert.match(answered, /^SUMMARY:[^\r\n]*END:VEVENT\r$/m)
    assert.equal(answered.match(/^DTSTAMP:/gm)?.length, 1)
  })
  it('gives all files in one archive, each under a name of its own', async () => {
    assert.equal((await browser.get(at(2, '/files'))).status, 200)
    const answer = await fetch(`${web.url}/api/v1/${at(2, '/files')}`, { headers: { cookie: browser.cookie() } })
    assert.match(answer.headers.get('content-disposition') ?? '', /^attachment; filename="files.zip"/)
    const octets = Buffer.from(await answer.arrayBuffer())
    assert.deepEqual(
      [octets.readUInt32LE(0), octets.readUInt32LE(14), octets.readUInt16LE(octets.length - 12)],
      [0x04034b50, crc32('one'), 2],
    )
    const listed = spawnSync(
      'python3',
      [
        '-c',
        'import sys,io,zipfile;z=zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read()));print(z.testzip());print([(n,z.read(n).decode()) for n in z.namelist()])',
      ],
      { input: octets },
    )
    if (listed.status === 0) assert.equal(String(listed.stdout), "None\n[('ä.txt', 'one'), ('ä (2).txt', 'two')]\n")
  })
  it('gives a viewer PDF files and nothing that only says so', async () => {
    const { body: mail } = await browser.get(at(3))
    const [pdf, page] = mail.attachments.map(({ part }: { part: string }) => at(3, `/parts/${part}/pdf`))
    const shown = await browser.get(pdf)
    assert.deepEqual(
      [shown.headers.get('content-type'), shown.headers.get('content-disposition')],
      ['application/pdf', 'inline'],
    )
    assert.match(shown.headers.get('content-security-policy') ?? '', /default-src 'none'.*frame-ancestors 'self'/)
    assert.equal((await browser.get(page)).status, 415)
  })
  it('gives the beginning of a source', async () => {
    assert.equal((await browser.get(at(4, '/source?first=5'))).body.length, 5)
  })
}

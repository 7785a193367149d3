import assert from 'node:assert/strict'
import { ATTACKS } from './attacks'
import { client, openWeb, type Web } from './web'

const OWNER = 'owner@example.org'
const head = (subject: string, type: string, from = 'Ann <ann@example.net>'): string =>
  `From: ${from}\nTo: ${OWNER}\nSubject: ${subject}\nMIME-Version: 1.0\nContent-Type: ${type}\n`
const page = (html: string): string => `${head('page', 'text/html; charset=utf-8')}\n${html}\n`
const mixed = (...parts: string[]): string =>
  `${head('mixed', 'multipart/mixed; boundary=b')}\n${parts.map((part) => `--b\n${part}\n`).join('')}--b--\n`

describe('HTTP: what a message shows', () => {
  let web: Web
  before(async () => {
    web = await openWeb()
  })
  after(() => web.close())
  let accounts = 0

  /** A browser in a mailbox of its own with these messages, from number 1. */
  async function reader(...messages: string[]) {
    const name = `reader${accounts++}@example.org`
    await web.deliver(await web.account(name), ...messages)
    const browser = client(web.url)
    await browser.logIn(name)
    const [inbox] = (await browser.get('mailboxes')).body.mailboxes
    return {
      message: async (uid = 1) => (await browser.get(`mailboxes/${inbox.id}/messages/${uid}`)).body,
      get: (route: string) => browser.get(`mailboxes/${inbox.id}/messages/${route}`),
      list: async () => (await browser.get(`mailboxes/${inbox.id}/messages`)).body.messages,
    }
  }

  it('gives HTML as it came, to be cleaned where it is shown; opened by itself it can do nothing', async () => {
    const attacks = Object.values(ATTACKS)
    const { get } = await reader(...attacks.map(page))
    for (const [index, html] of attacks.entries()) {
      const { status, body, headers } = await get(`${index + 1}/html`)
      assert.equal(status, 200)
      assert.equal(body.trimEnd(), html.replace(/\r?\n/g, '\r\n').trimEnd())
      assert.equal(headers.get('content-type'), 'text/html; charset=utf-8')
      assert.equal(headers.get('content-security-policy'), "sandbox; default-src 'none'")
      assert.equal(headers.get('x-content-type-options'), 'nosniff')
      assert.equal(headers.get('cache-control'), 'no-store')
    }
  })
  it('has a page for frames in which nothing runs, and nothing loads until that is asked for', async () => {
    const policy = async (query: string) => (await fetch(`${web.url}/mail/frame${query}`)).headers
    const closed = (await policy('')).get('content-security-policy')
    assert.equal(
      closed,
      "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'",
    )
    const open = (await policy('?images=1')).get('content-security-policy')
    assert.equal(open, closed?.replace('img-src data: blob:', 'img-src data: blob: https:'))
    assert.equal((await policy('?images=2')).get('content-security-policy'), closed)
    assert.equal((await policy('')).get('x-content-type-options'), 'nosniff')
    const around = await fetch(`${web.url}/mail/`)
    assert.doesNotMatch(around.headers.get('content-security-policy') ?? '', /unsafe/)
    const library = await fetch(`${web.url}/mail/purify.min.js`)
    assert.match(await library.text(), /^\/\*! @license DOMPurify/)
  })

  it('shows all texts in order, and lists what it does not show', async () => {
    const { message, list } = await reader(
      mixed(
        'Content-Type: text/plain\n\nnoon\n',
        'Content-Type: image/heic; name=photo.heic\nContent-Disposition: inline\nContent-ID: <p@a>\n\nx',
        'Content-Type: text/html\n\n<p>list footer',
        'Content-Type: text/html; name="report.html"\n\n<p>R',
      ),
    )
    const { bodies, attachments, text, hasHtml } = await message()
    const shown = bodies.map((body: { part: string; type: string; text: string }) => [
      body.part,
      body.type,
      body.text.trim(),
    ])
    assert.deepEqual(shown, [
      ['1', 'text/plain', 'noon'],
      ['3', 'text/html', 'list footer'],
    ])
    assert.deepEqual(
      attachments.map(({ name }: { name: string }) => name),
      ['photo.heic', 'report.html'],
    )
    assert.deepEqual([text, hasHtml], ['noon\n\nlist footer', true])
    assert.equal((await list())[0].attachments, true)
  })
  it('lists a picture unless the HTML shows it', async () => {
    const related = (html: string, type = 'image/png'): string =>
      `${head('r', 'multipart/related; boundary=b')}\n--b\nContent-Type: text/html\n\n${html}\n--b\nContent-Type: ${type}; name=p\nContent-ID: <p@a>\n\nx\n--b--\n`
    const shown = '<img src="cid:p%40a">'
    const { message } = await reader(
      related(shown),
      related('no picture'),
      related('<p style="background:url(cid:p@a)">'),
      related(shown, 'image/tiff'),
      related(shown, 'image/svg+xml'),
    )
    for (const [uid, files, pictures] of [
      [1, [], [['p@a', '2']]],
      [2, ['p'], []],
      [3, ['p'], []],
      [4, ['p'], []],
      [5, ['p'], []],
    ] as const) {
      const one = await message(uid)
      assert.deepEqual(
        one.attachments.map(({ name }: { name: string }) => name),
        files,
        String(uid),
      )
      assert.deepEqual(
        one.pictures.map(({ id, part }: { id: string; part: string }) => [id, part]),
        pictures,
        String(uid),
      )
    }
  })
  it('has text of HTML with lines, for answers; that of a choice when there is one that says something', async () => {
    const choice = (plain: string): string =>
      `${head('c', 'multipart/alternative; boundary=b')}\n--b\n\n${plain}\n--b\nContent-Type: text/html\n\n<title>t</title><div>Dear Ann,</div><div>see <a href="https://a.example/x">this</a></div>\n--b--\n`
    const { message } = await reader(choice('plain'), choice(' \n'))
    assert.equal((await message(1)).text.trim(), 'plain')
    assert.equal((await message(2)).text, 'Dear Ann,\nsee this <https://a.example/x>')
  })
  it('shows whoever sent it as it stands', async () => {
    const rows: readonly (readonly [from: string, person: { name: string; address: string }[]])[] = [
      ['"Cron Daemon" <root>', [{ name: 'Cron Daemon', address: 'root' }]],
      ['root', [{ name: '', address: 'root' }]],
      ['Mail Delivery', [{ name: 'Mail Delivery', address: '' }]],
      ['=?utf-8?q?J=C3=B6rg_=3Cj=40a.test=3E?=', [{ name: 'Jörg', address: 'j@a.test' }]],
      ['=?utf-8?q?J=C3=B6rg?=', [{ name: 'Jörg', address: '' }]],
      ['"x" <>', [{ name: 'x', address: '' }]],
      ['nobody:;', [{ name: 'nobody', address: '' }]],
      [
        'some: a@b.example, root;',
        [
          { name: '', address: 'a@b.example' },
          { name: '', address: 'root' },
        ],
      ],
    ]
    const { message, list } = await reader(...rows.map(([from]) => `${head('s', 'text/plain', from)}\nx\n`))
    const listed = await list()
    for (const [index, [from, people]] of rows.entries()) {
      assert.deepEqual((await message(index + 1)).from, people, from)
      assert.deepEqual(listed.at(-1 - index).from, people, from)
    }
  })
  it('calls attached messages by their subjects, and opens them', async () => {
    const inner = `${head('=?utf-8?q?H=C3=BCtte?=', 'multipart/mixed; boundary=i', 'Carla <c@x.example>')}Date: Sun, 1 Nov 2026 09:00:00 +0000\n\n--i\n\ninner text\n--i\nContent-Type: application/pdf; name=a.pdf\n\nPDF\n--i--`
    const { message, get } = await reader(
      `${head('digest', 'multipart/digest; boundary=d')}\n--d\n\nSubject: First / one\n\none\n--d\nContent-Type: message/rfc822\n\n${inner}\n--d\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n${Buffer.from('Subject: x\r\n\r\ny').toString('base64')}\n--d--\n`,
    )
    const { attachments } = await message()
    const files = attachments.map(
      ({ part, name, message: opens }: { part: string; name: string; message: boolean }) => [part, name, opens],
    )
    assert.deepEqual(files, [
      ['1', 'First _ one.eml', true],
      ['2', 'Hütte.eml', true],
      ['3', 'message.eml', false],
    ])

    const { body } = await get('1/parts/2/message')
    assert.deepEqual([body.subject, body.text, body.sentAt], ['Hütte', 'inner text', Date.UTC(2026, 10, 1, 9)])
    assert.deepEqual(body.from, [{ name: 'Carla', address: 'c@x.example' }])
    assert.deepEqual(
      body.attachments.map(({ part, name }: { part: string; name: string }) => [part, name]),
      [['2.2', 'a.pdf']],
    )
    assert.equal((await get('1/parts/2.2')).body, 'PDF')
    assert.match((await get('1/parts/2')).headers.get('content-disposition') ?? '', /H%C3%BCtte\.eml/)
    assert.equal((await get('1/parts/3')).body, 'Subject: x\r\n\r\ny')
    for (const none of [
      '1/parts/3/message',
      '1/parts/2.2/message',
      '1/parts/2.3',
      '1/parts/0',
      '1/parts/2.',
      '1/html?part=2.1',
    ]) {
      assert.equal((await get(none)).status, 404, none)
    }
  })
  it('says how much a browser would have to do, and when that is too much', async () => {
    const { message } = await reader(
      page('<p>a<p>b'),
      page(`<p>text</p>${'<b>x'.repeat(100_000)}`),
      page(`${'<br>'.repeat(60_000)}end`),
    )
    const [{ elements, depth, heavy }] = (await message(1)).bodies
    assert.deepEqual([elements, depth, heavy], [5, 3, false])
    for (const uid of [2, 3]) {
      const { bodies } = await message(uid)
      assert.equal(bodies[0].heavy, true)
      assert.match(bodies[0].text, uid === 2 ? /^text\n\nxx/ : /end$/)
    }
  })
  it('lists a text as a file when there is more than it shows', async () => {
    const { message } = await reader(`${head('long', 'text/plain')}\n${'a line of text\n'.repeat(80_000)}`)
    const { bodies, attachments, text } = await message()
    assert.deepEqual([bodies[0].cut, text.length, attachments.length], [true, 1024 * 1024, 1])
  })
})

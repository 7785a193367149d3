import assert from 'node:assert/strict'
import { ok } from '../../../lib/terms/fault'
import { client, form, message, type Web } from '../web'

export function mailRoutes(opened: () => Web): void {
  let web: Web
  before(() => {
    web = opened()
  })

  it('lists, groups, searches, reads, marks and moves, with what undo needs', async () => {
    const account = await web.account('mail@example.org')
    await web.deliver(
      account,
      message('=?utf-8?q?Gr=C3=BC=C3=9Fe?=', 'first', 'Message-ID: <1@x>\n'),
      message('Other'),
      message(
        'Re: =?utf-8?q?Gr=C3=BC=C3=9Fe?=',
        'second',
        'Message-ID: <2@x>\nIn-Reply-To: <1@x>\nReferences: <1@x>\n',
      ),
    )
    const browser = client(web.url)
    await browser.logIn('mail@example.org')
    const { mailboxes } = (await browser.get('mailboxes')).body
    const idOf = (role: string): string => mailboxes.find((one: { role: string }) => one.role === role).id
    const inbox = `mailboxes/${idOf('inbox')}`
    assert.deepEqual([mailboxes[0].messages, mailboxes[0].unread], [3, 3])

    const flat = (await browser.get(`${inbox}/messages`)).body
    assert.deepEqual(
      flat.messages.map((one: { subject: string }) => one.subject),
      ['Re: Grüße', 'Other', 'Grüße'],
    )
    assert.deepEqual(flat.messages[0].from, [{ name: 'Ann', address: 'ann@example.net' }])
    const page = (await browser.get(`${inbox}/messages?offset=1&limit=1`)).body
    assert.deepEqual([page.total, page.messages.length, page.messages[0].subject], [3, 1, 'Other'])
    const grouped = (await browser.get(`${inbox}/messages?by=conversation`)).body
    assert.deepEqual(
      grouped.messages.map((one: { conversation: unknown }) => one.conversation),
      [
        { uids: [1, 3], unread: 2 },
        { uids: [2], unread: 1 },
      ],
    )
    const search = async (query: string): Promise<number[]> =>
      (await browser.get(`${inbox}/messages?query=${encodeURIComponent(query)}`)).body.messages.map(
        (one: { uid: number }) => one.uid,
      )
    assert.deepEqual(await search('GRÜSSE second'), [])
    assert.deepEqual(await search('grüße second'), [3])
    assert.deepEqual(await search('from:ann -subject:other'), [3, 1])
    assert.deepEqual(await search('is:read'), [])
    assert.deepEqual(await search('has:attachment'), [])
    const asked = async (query: string) =>
      (await browser.get(`${inbox}/messages?query=${encodeURIComponent(query)}`)).body
    const ordered = async (order: string) =>
      (await browser.get(`${inbox}/messages?order=${order}`)).body.messages.map((one: { uid: number }) => one.uid)
    assert.deepEqual(await ordered('oldest'), [1, 2, 3])
    assert.deepEqual(await ordered('subject'), [1, 3, 2])
    assert.deepEqual(await ordered('size'), [3, 1, 2])
    const all = (await browser.get(`${inbox}/uids?query=${encodeURIComponent('subject:grüße')}`)).body
    assert.deepEqual(all, { mailbox: idOf('inbox'), uids: [1, 3], total: 2 })
    const everywhere = (await browser.get('messages?query=ann&limit=2')).body
    assert.deepEqual(
      [everywhere.total, everywhere.messages.map((one: { uid: number; mailbox: string }) => [one.mailbox, one.uid])],
      [
        3,
        [
          [idOf('inbox'), 3],
          [idOf('inbox'), 2],
        ],
      ],
    )
    const odd = await asked('colour:red')
    assert.deepEqual([odd.total, odd.notes.length, odd.mailbox], [0, 1, idOf('inbox')])
    const elsewhere = await asked('in:trash grüße')
    assert.deepEqual([elsewhere.total, elsewhere.notes, elsewhere.mailbox], [0, [], idOf('trash')])
    assert.deepEqual((await asked('in:nowhere')).notes, ['There is no mailbox "nowhere".'])

    const read = (await browser.get(`${inbox}/messages/3`)).body
    assert.deepEqual([read.subject, read.text.trim(), read.hasHtml], ['Re: Grüße', 'second', false])
    await browser.post(`${inbox}/flags`, { uids: [1, 3], add: ['\\Seen'] })
    assert.deepEqual(await search('is:read'), [3, 1])

    const moved = (await browser.post(`${inbox}/move`, { uids: [1, 3], to: idOf('trash') })).body
    assert.deepEqual([moved.source, (await browser.get(`${inbox}/messages`)).body.total], [[1, 3], 1])
    const back = await browser.post(`mailboxes/${moved.mailbox}/move`, { uids: moved.destination, to: idOf('inbox') })
    assert.equal(back.status, 200)
    assert.equal((await browser.get(`${inbox}/messages`)).body.total, 3)
    await browser.post(`${inbox}/expunge`, { uids: back.body.destination })
    assert.equal((await browser.get(`${inbox}/messages`)).body.total, 1)
  })
  it('sends a message once, however often it is asked under the same name', async () => {
    await web.account('onetime@example.org')
    const browser = client(web.url)
    await browser.logIn('onetime@example.org')
    const before = web.sent.length
    const draft = { id: crypto.randomUUID(), to: 'ann@example.net', subject: 'once', text: '' }
    const refused = await browser.post('send', { ...draft, to: 'refused@example.org' })
    assert.equal(refused.status, 422)
    assert.equal((await browser.post('send', draft)).body.recipients, 1)
    assert.equal((await browser.post('send', draft)).status, 200)
    assert.equal(web.sent.length, before + 2)
    assert.match(web.sent.at(-1)?.bytes.toString() ?? '', new RegExp(`^Message-ID: <${draft.id}@example.org>`, 'm'))
    assert.equal((await browser.post('send', { ...draft, id: 'a b>' })).status, 422)
  })
  it('gives files to be saved only, under a name that is safe', async () => {
    const account = await web.account('files@example.org')
    await web.deliver(
      account,
      'From: a@b.example\nSubject: f\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nhi\n--b\nContent-Type: text/html\nContent-Disposition: attachment; filename="../../evil\u202e.html"\nContent-Transfer-Encoding: base64\n\nPHNjcmlwdD4=\n--b--\n',
    )
    const browser = client(web.url)
    await browser.logIn('files@example.org')
    const inbox = `mailboxes/${(await browser.get('mailboxes')).body.mailboxes[0].id}`
    const { attachments } = (await browser.get(`${inbox}/messages/1`)).body
    assert.deepEqual(
      attachments.map((one: { name: string }) => one.name),
      ['evil.html'],
    )
    const file = await browser.get(`${inbox}/messages/1/parts/2`)
    assert.equal(file.body, '<script>')
    assert.match(file.headers.get('content-disposition') ?? '', /^attachment; filename="evil\.html"/)
    assert.match(file.headers.get('content-security-policy') ?? '', /^sandbox;/)
    assert.equal(file.headers.get('x-content-type-options'), 'nosniff')
    assert.equal((await browser.get(`${inbox}/messages/1/parts/9`)).status, 404)
    assert.equal((await browser.get(`${inbox}/messages/77`)).status, 404)
  })
  it('refuses to send what has a recipient that is no address, whoever else is one', async () => {
    await web.account('typo@example.org')
    const browser = client(web.url)
    await browser.logIn('typo@example.org')
    const before = web.sent.length
    for (const [to, cc, wrong] of [
      ['ann@example.net, bob', '', 'bob'],
      ['Ann <ann@example.net>', 'Bob Builder', 'Bob Builder'],
    ]) {
      const reply = await browser.post('send', { to, cc, subject: 's', text: 't' })
      assert.deepEqual([reply.status, reply.body.message], [422, `“${wrong}” is not an address.`])
    }
    assert.equal((await browser.post('send', { to: '', subject: 's', text: 't' })).body.error, 'no-recipient')
    assert.equal(web.sent.length, before)
    const good = { to: '"Lee, Ann" <ann@example.net>; bob@example.net', subject: 's', text: 't' }
    assert.equal((await browser.post('send', good)).body.recipients, 2)
  })
  it('forwards a message as a file, whole and as it came', async () => {
    const account = await web.account('whole@example.org')
    await web.deliver(
      account,
      message('=?utf-8?q?Gr=C3=BC=C3=9Fe?=', 'bödy', 'X-Odd: kept\nContent-Type: text/plain; charset=utf-8\n'),
    )
    const browser = client(web.url)
    await browser.logIn('whole@example.org')
    const inbox = (await browser.get('mailboxes')).body.mailboxes[0].id
    const source = (await browser.get(`mailboxes/${inbox}/messages/1/source`)).body
    const attachments = [{ name: 'Grüße.eml', mailbox: inbox, uid: 1 }]
    const draft = { to: 'ann@example.net', subject: 'Fwd', text: 'see', attachments }
    const saved = (await browser.post('drafts', draft)).body
    const place = `mailboxes/${saved.mailbox}/messages/${saved.uid}`
    const [file] = (await browser.get(place)).body.attachments
    assert.deepEqual([file.name, file.type], ['Grüße.eml', 'message/rfc822'])
    assert.equal((await browser.get(`${place}/parts/${file.part}`)).body.trimEnd(), source.trimEnd())
    // Sent from the saved draft, as the compose window does.
    const again = [{ name: file.name, ...saved, part: file.part }]
    await browser.post('send', { ...draft, attachments: again, replaces: saved })
    assert.ok(web.sent.at(-1)?.bytes.toString().includes(source.trimEnd()))
  })
  it('lets a session administer as soon as its account may, and no longer', async () => {
    const account = await web.account('promoted@example.org')
    const browser = client(web.url)
    await browser.logIn('promoted@example.org')
    assert.equal((await browser.get('admin/overview')).body.error, 'scope')
    await web.room.accounts.update(account.id, () => ok({ admin: true }))
    assert.equal((await browser.get('admin/overview')).body.error, 'totp-required')
    await web.room.accounts.update(account.id, () => ok({ admin: false }))
    assert.equal((await browser.get('admin/overview')).body.error, 'scope')
  })
  it('saves drafts in place, and sends: no Bcc on the way, Bcc in Sent, the draft gone, the answer marked', async () => {
    const account = await web.account('writer@example.org')
    await web.deliver(account, message('Question', 'why?', 'Message-ID: <q@x>\n'))
    const browser = client(web.url)
    await browser.logIn('writer@example.org')
    const { mailboxes } = (await browser.get('mailboxes')).body
    const idOf = (role: string): string => mailboxes.find((one: { role: string }) => one.role === role).id
    const total = async (role: string): Promise<number> =>
      (await browser.get(`mailboxes/${idOf(role)}/messages`)).body.total
    const draft = {
      to: 'Ann <ann@example.net>',
      bcc: 'secret@example.net',
      subject: 'Grüße\r\nX-Evil: 1',
      text: 'one',
    }
    const attachments = [{ name: 'ä.txt', type: 'text/plain', file: 'one' }]
    const saved = (await browser.post('drafts', form({ ...draft, attachments }, { one: 'in the file' }))).body
    const { uid, mailbox } = saved
    const again = await browser.post('drafts', {
      ...draft,
      text: 'two',
      attachments: [{ name: 'ä.txt', mailbox, uid, part: '2' }],
      replaces: saved,
    })
    assert.equal(await total('drafts'), 1)
    const reply = await browser.post('send', {
      ...draft,
      text: 'three',
      attachments: [{ name: 'ä.txt', ...again.body, part: '2' }],
      replaces: again.body,
      answers: { mailbox: idOf('inbox'), uid: 1, how: 'reply' },
    })
    assert.deepEqual([reply.status, reply.body.recipients], [200, 2])
    const [out] = web.sent.slice(-1)
    assert.deepEqual([out?.from, out?.to], ['writer@example.org', ['ann@example.net', 'secret@example.net']])
    const wire = out?.bytes.toString() ?? ''
    assert.doesNotMatch(wire, /secret@|^X-Evil/m)
    assert.match(wire, /^From: writer@example\.org\r$/m)
    const [sent] = (await browser.get(`mailboxes/${idOf('sent')}/messages`)).body.messages
    const copy = (await browser.get(`mailboxes/${idOf('sent')}/messages/${sent.uid}`)).body
    assert.deepEqual(
      copy.bcc.map((one: { address: string }) => one.address),
      ['secret@example.net'],
    )
    assert.equal((await browser.get(`mailboxes/${idOf('sent')}/messages/${sent.uid}/parts/2`)).body, 'in the file')
    assert.equal(await total('drafts'), 0)
    const [question] = (await browser.get(`mailboxes/${idOf('inbox')}/messages`)).body.messages
    assert.deepEqual(question.flags, ['\\Answered'])
    const refused = await browser.post('send', { ...draft, to: 'refused@example.org' })
    assert.deepEqual([refused.status, refused.body.error], [422, 'not-sent'])
    assert.equal((await browser.post('send', { to: '', subject: '', text: '' })).body.error, 'no-recipient')
    assert.equal(await total('sent'), 1)
  })
  it('tells live what arrives', async () => {
    const account = await web.account('live@example.org')
    const browser = client(web.url)
    await browser.logIn('live@example.org')
    const [inbox] = (await browser.get('mailboxes')).body.mailboxes
    const ended = new AbortController()
    const response = await fetch(`${web.url}/api/v1/events`, {
      headers: { cookie: browser.cookie() },
      signal: ended.signal,
    })
    const reader = response.body?.getReader()
    let text = ''
    const until = async (pattern: RegExp): Promise<void> => {
      while (!pattern.test(text)) {
        const read = await reader?.read()
        if (!read || read.done) assert.fail(`the stream ended: ${text}`)
        text += Buffer.from(read.value).toString()
      }
    }
    await until(/event: hello/)
    await web.deliver(account, message('news'))
    await until(/event: mailbox\n/)
    assert.ok(text.includes(`{"mailboxes":["${inbox.id}"]}`))
    ended.abort()
  })
  it('says what is wrong with a request', async () => {
    await web.account('wrong@example.org')
    const browser = client(web.url)
    await browser.logIn('wrong@example.org')
    const [inbox] = (await browser.get('mailboxes')).body.mailboxes
    for (const [route, body] of [
      [`mailboxes/${inbox.id}/flags`, { uids: 'all' }],
      [`mailboxes/${inbox.id}/flags`, { uids: [1], colour: 'red' }],
      [`mailboxes/${inbox.id}/move`, { uids: [0], to: inbox.id }],
      ['drafts', { to: 'x' }],
    ] as const) {
      const reply = await browser.post(route, body)
      assert.deepEqual([reply.status, reply.body.error], [400, 'invalid'], JSON.stringify(body))
    }
    assert.equal((await browser.post('drafts', undefined, { 'content-type': 'application/json' })).status, 400)
    assert.equal((await browser.get('mailboxes/nope/messages')).status, 404)
    assert.equal((await browser.get('mailboxes/..%2F/messages')).status, 400)
    assert.equal((await browser.get('nothing')).status, 404)
  })
}

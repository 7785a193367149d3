import assert from 'node:assert/strict'
import { client, form, message, type Web } from '../web'

export function peopleRoutes(opened: () => Web): void {
  let web: Web
  before(() => {
    web = opened()
  })
  const loggedIn = async (name: string) => {
    await web.account(name)
    const browser = client(web.url)
    await browser.logIn(name)
    return browser
  }
  const identity = (address: string, name = '') => ({ name, address, signature: '' })

  it('keeps preferences, and identities of own addresses only', async () => {
    const browser = await loggedIn('prefs@example.org')
    const before = (await browser.get('preferences')).body
    assert.deepEqual(before.addresses, ['prefs@example.org', 'prefs.alias@example.org'])
    const put = (identities: readonly object[]) =>
      browser.ask('PUT', 'preferences', { ...before.preferences, undo: 10, identities })
    assert.equal((await put([identity('prefs.alias@example.org', 'Pre Fs')])).status, 200)
    const refused = await put([identity('mail@example.org')])
    assert.deepEqual([refused.status, refused.body.error], [422, 'not-yours'])
    const after = (await browser.get('preferences')).body.preferences
    assert.deepEqual([after.undo, after.identities], [10, [identity('prefs.alias@example.org', 'Pre Fs')]])
  })

  it('lets who lost an alias set other things', async () => {
    const account = await web.account('lostalias@example.org')
    const browser = client(web.url)
    await browser.logIn('lostalias@example.org')
    const { preferences } = (await browser.get('preferences')).body
    const before = { ...preferences, identities: [identity('old.name@example.org')] }
    await web.room.account(account).documents.change('preferences', () => JSON.stringify(before))
    assert.equal((await browser.ask('PUT', 'preferences', { ...before, undo: 20 })).status, 200)
    assert.equal((await browser.get('preferences')).body.preferences.undo, 20)
    const from = { name: '', address: 'old.name@example.org' }
    assert.equal((await browser.post('send', { from, to: 'ann@example.net', subject: '', text: '' })).status, 422)
  })

  it('sends from own addresses with a name, and from nobody else', async () => {
    const browser = await loggedIn('from@example.org')
    const draft = { to: 'ann@example.net', subject: 'from', text: '' }
    const alias = { name: 'Fröm "x"\r\nBcc: evil@example.net', address: 'from.alias@example.org' }
    assert.equal((await browser.post('send', { ...draft, from: alias })).status, 200)
    const sent = web.sent.at(-1)
    assert.equal(sent?.from, 'from.alias@example.org')
    assert.match(sent?.bytes.toString() ?? '', /^From: =\?[^:]*<from.alias@example.org>\r$/m)
    assert.doesNotMatch(sent?.bytes.toString() ?? '', /^Bcc:/m)
    const count = web.sent.length
    for (const address of ['prefs@example.org', 'from@example.org>, <x@example.net', 'none']) {
      assert.equal((await browser.post('send', { ...draft, from: { name: '', address } })).status, 422, address)
      assert.equal(
        (await browser.post('drafts', { ...draft, from: { name: '', address } })).status,
        address.startsWith('prefs') ? 201 : 422,
      )
    }
    assert.equal(web.sent.length, count)
  })

  it('sends text with formatting: cleaned, its text beside it, pictures inside; priority and a receipt', async () => {
    const browser = await loggedIn('rich@example.org')
    const html = '<div>Hello <b onclick="x()">Bob</b><img src="cid:p@x"><script>x()</script></div>'
    const picture = { name: 'p.png', type: 'image/png', file: 'file-0', cid: 'p@x' }
    const draft = {
      to: 'ann@example.net',
      subject: 'rich',
      text: 'not this',
      html,
      attachments: [picture],
      priority: 'high',
      receipt: true,
    }
    const saved = await browser.post('drafts', form(draft, { 'file-0': 'png' }))
    assert.equal(saved.status, 201)
    const { mailbox, uid } = saved.body
    const stored = (await browser.get(`mailboxes/${mailbox}/messages/${uid}`)).body
    assert.deepEqual([stored.hasHtml, stored.text.trim(), stored.attachments], [true, 'Hello Bob', []])
    assert.equal(stored.pictures[0].id, 'p@x')
    const again = {
      ...draft,
      attachments: [{ ...picture, file: undefined, mailbox, uid, part: stored.pictures[0].part }],
    }
    assert.equal((await browser.post('send', again)).status, 200)
    const sent = web.sent.at(-1)?.bytes.toString() ?? ''
    assert.match(sent, /multipart\/alternative/)
    assert.match(sent.replace(/=\r\n/g, ''), /<div>Hello <b>Bob<\/b><img src=3D"cid:p@x"><\/div>/)
    assert.doesNotMatch(sent, /onclick|script|not this/)
    assert.match(sent, /^Disposition-Notification-To: rich@example.org\r$/m)
    assert.match(sent, /^X-Priority: 1/m)
    const deep = await browser.post('drafts', { ...draft, attachments: [], html: '<b>'.repeat(300) })
    assert.deepEqual([deep.status, deep.body.error], [422, 'too-big'])
    const odd = { ...picture, cid: 'a\r\nX: y' }
    assert.equal(
      (await browser.post('drafts', form({ ...draft, attachments: [odd] }, { 'file-0': 'png' }))).status,
      422,
    )
  })

  it('answers who asks for a receipt once, by hand', async () => {
    const account = await web.account('read@example.org')
    const asks = (subject: string, to: string, more = ''): string =>
      message(subject, 'hello', `Message-ID: <asks@x>\nDisposition-Notification-To: ${to}\n${more}`)
    await web.deliver(
      account,
      asks('=?utf-8?q?Gr=C3=BC=C3=9Fe?=', 'Ann <ann@example.net>'),
      asks('no', 'ann@example.net'),
      asks(
        'a receipt',
        'ann@example.net',
        'Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n',
      ),
      asks('none', 'nobody'),
      asks('alias', 'ann@example.net', 'Cc: Read <read.alias@example.org>\n'),
      asks('odd', '"x>,<victim"@example.net'),
    )
    const browser = client(web.url)
    await browser.logIn('read@example.org')
    const inbox = `mailboxes/${(await browser.get('mailboxes')).body.mailboxes[0].id}/messages`
    const asked = async (uid: number) => (await browser.get(`${inbox}/${uid}`)).body.receipt
    assert.deepEqual(
      [await asked(1), await asked(2), await asked(3), await asked(4)],
      ['ann@example.net', 'ann@example.net', undefined, undefined],
    )
    const count = web.sent.length
    assert.equal((await browser.post(`${inbox}/1/receipt`, { send: true })).status, 200)
    assert.equal((await browser.post(`${inbox}/1/receipt`, { send: true })).status, 422)
    assert.equal((await browser.post(`${inbox}/2/receipt`, { send: false })).status, 200)
    assert.equal((await browser.post(`${inbox}/3/receipt`, { send: true })).status, 422)
    assert.equal(web.sent.length, count + 1)
    const sent = web.sent.at(-1)
    assert.deepEqual(
      [sent?.from, sent?.to, await asked(1), await asked(2)],
      ['', ['ann@example.net'], undefined, undefined],
    )
    assert.equal(await asked(6), undefined)
    assert.equal((await browser.post(`${inbox}/5/receipt`, { send: true })).status, 200)
    const ofAlias = web.sent.at(-1)?.bytes.toString() ?? ''
    assert.match(ofAlias, /^From: read.alias@example.org\r$/m)
    assert.doesNotMatch(ofAlias, /read@example.org/, 'nobody is told of the address behind an alias')
    const text = sent?.bytes.toString() ?? ''
    assert.match(text, /^From: read@example.org\r$/m)
    assert.match(text, /report-type=disposition-notification/)
    assert.match(
      text,
      /Final-Recipient: rfc822;read@example.org\r\nOriginal-Message-ID: <asks@x>\r\nDisposition: manual-action\/MDN-sent-manually; displayed/,
    )
    assert.match(text, /"Grüße"/)
  })

  it('collects whom one wrote to, and imports and gives vCards', async () => {
    const browser = await loggedIn('book@example.org')
    const names = async () =>
      (await browser.get('contacts')).body.contacts.map(
        (one: { name: string; address: string }) => `${one.name} ${one.address}`,
      )
    await browser.post('send', { to: 'Ann Lee <ann@example.net>, bob@example.net', subject: '', text: '' })
    assert.deepEqual((await names()).sort(), [' bob@example.net', 'Ann Lee ann@example.net'])
    const cards = [
      'BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Bob\\, the\r\n  Builder\r\nitem1.EMAIL;TYPE="work,pref":Bob@example.net\r\nEMAIL:bob2@example.net\r\nEND:VCARD',
      'BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BC=\nller;J=C3=BCrgen;;;\nEMAIL;INTERNET:j@example.net\nEND:VCARD',
      'BEGIN:VCARD\nVERSION:4.0\nFN:Nobody\nEMAIL:not an address\nEND:VCARD',
    ].join('\n')
    assert.equal((await browser.post('contacts/import', { cards })).body.people, 3)
    assert.deepEqual((await names()).sort(), [
      'Ann Lee ann@example.net',
      'Bob, the Builder Bob@example.net',
      'Bob, the Builder bob2@example.net',
      'Jürgen Müller j@example.net',
    ])
    await browser.post('send', { to: 'Robert <bob@example.net>', subject: '', text: '' })
    assert.ok((await names()).includes('Bob, the Builder Bob@example.net'), 'the name that was put there stays')
    const card = (await browser.get('contacts/export')).body
    assert.match(card, /FN:Bob\\, the Builder\r\nEMAIL:bob2@example.net/)
    assert.doesNotMatch(card, /ann@/)
    assert.equal((await browser.post('contacts', { name: 'X', address: 'x' })).status, 422)
    await browser.post('contacts/remove', { addresses: ['BOB@example.net', 'j@example.net'] })
    assert.equal((await names()).length, 2)
  })

  it('imports cards with pictures, and of a card whose end comes again nobody again', async () => {
    const browser = await loggedIn('pictures@example.org')
    const picture = 'PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQ\r\n SkZJRg==\r\n'
    const card = (at: string): string =>
      `BEGIN:VCARD\r\nVERSION:3.0\r\n${picture}EMAIL:${at}@example.net\r\nFN:${at}\r\n${picture}END:VCARD\r\n`
    const cards = `${card('ann')}${card('bob')}END:VCARD\r\n`
    assert.equal((await browser.post('contacts/import', { cards })).body.people, 2)
    const ends = `${'EMAIL:a@b.c\n'.repeat(30_000)}${'END:\n'.repeat(80_000)}`
    assert.equal((await browser.post('contacts/import', { cards: ends })).body.people, 1)
  })

  it('sends a message once, of two that come at the same time', async () => {
    const browser = await loggedIn('once@example.org')
    const draft = { id: 'a-name-of-its-own', to: 'ann@example.net', subject: 'once', text: '' }
    const count = web.sent.length
    const replies = await Promise.all([1, 2, 3].map(() => browser.post('send', draft)))
    assert.equal(web.sent.length, count + 1)
    assert.equal(replies.filter(({ body }) => body.recipients === 1).length, 1)
    for (const { status, body } of replies) assert.ok(status === 200 || body.error === 'busy', `${status}`)
    assert.equal((await browser.post('send', draft)).body.recipients, 0)
    const late = await browser.post('drafts', { ...draft, text: 'a save that was on its way' })
    assert.deepEqual([late.status, late.body.error], [409, 'was-sent'])
    const refused = { ...draft, id: 'another-name', to: 'refused@example.org' }
    assert.equal((await browser.post('send', refused)).status, 422)
    assert.equal((await browser.post('send', { ...refused, to: 'ann@example.net' })).body.recipients, 1)
  })

  it('has room for 2000 people: those who were put there stay', async () => {
    const browser = await loggedIn('crowd@example.org')
    const card = (at: string): string => `BEGIN:VCARD\nFN:${at}\nEMAIL:${at}@example.net\nEND:VCARD\n`
    await browser.post('send', { to: 'old@example.net', subject: '', text: '' })
    const many = Array.from({ length: 2000 }, (_one, at) => card(`p${at}`)).join('')
    assert.equal((await browser.post('contacts/import', { cards: many })).status, 200)
    assert.equal((await browser.post('contacts', { name: 'P', address: 'p0@example.net' })).status, 200)
    const full = await browser.post('contacts', { name: '', address: 'more@example.net' })
    assert.deepEqual([full.status, full.body.error], [422, 'too-many'])
    const { contacts } = (await browser.get('contacts')).body
    assert.deepEqual([contacts.length, contacts.some((one: { collected: boolean }) => one.collected)], [2000, false])
  })
}

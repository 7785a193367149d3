import assert from 'node:assert/strict'
import { freePorts } from '../e2e/demo'
import { ALICE, BIG_MAIL_GROWTH, type Bomb, bombs, type Site } from './bomb'

const MEGABYTE = 1024 * 1024
const many = (piece: string): string => piece.repeat(MEGABYTE / piece.length)

/** A session of the web, as a browser has it. */
async function reader({ demo }: Site) {
  const api = `http://127.0.0.1:${demo.http}/api/v1`
  const answer = await fetch(`${api}/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user: ALICE.user, password: ALICE.password }),
  })
  assert.equal(answer.status, 200)
  const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? ''
  const get = async (path: string) => {
    const reply = await fetch(`${api}/${path}`, { headers: { cookie } })
    return { status: reply.status, text: await reply.text() }
  }
  const { mailboxes } = JSON.parse((await get('mailboxes')).text)
  return { get, idOf: (name: string): string => mailboxes.find((one: { name: string }) => one.name === name).id }
}

/** A message with this HTML is delivered, listed, searched and opened. */
const opened = (html: string, { heavy = true, encoding = '8bit', given = 200 } = {}): Bomb => ({
  async run(site) {
    const alice = await site.imap()
    await alice.imap('CREATE Html')
    const head = `Subject: bomb\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n`
    assert.match(await alice.append('Html', Buffer.from(`${head}${html}\r\n`)), /^OK/)
    await alice.imap('SELECT Html')
    assert.match(await alice.imap('SEARCH TEXT nothing'), /^OK/)
    assert.match(await alice.imap('FETCH * (PREVIEW BODYSTRUCTURE)'), /^OK/)
    alice.close()

    const { get, idOf } = await reader(site)
    const box = idOf('Html')
    const { messages } = JSON.parse((await get(`mailboxes/${box}/messages`)).text)
    const place = `mailboxes/${box}/messages/${messages[0].uid}`
    const all = await Promise.all([1, 2, 3].map(() => get(place)))
    for (const reply of all) {
      assert.equal(reply.status, 200)
      assert.equal(JSON.parse(reply.text).bodies[0].heavy, heavy)
    }
    assert.equal((await get(`${place}/html`)).status, given)
  },
})

const attributes = Array.from({ length: 100_000 }, (_, nth) => `a${nth}`).join(' ')

bombs(
  'HTML',
  {
    '<b>': opened(many('<b>')),
    '<div>': opened(many('<div>')),
    '<table><tr><td>': opened(many('<table><tr><td>')),
    misnested: opened(many('<b><div></b>')),
    'nested svg': opened(many('<svg>')),
    'nested math': opened(many('<math><mi>')),
    'nested svg and its ways back': opened(many('<svg><desc>')),
    'flat elements': opened(many('<br>')),
    'formats that each paragraph opens anew': opened(
      `<p>${Array.from({ length: 150 }, (_, nth) => `<b id=${nth}>`).join('')}${'<p>x'.repeat(200_000)}`,
    ),
    'the same in 2 KB': opened(
      `<p>${Array.from({ length: 100 }, (_, nth) => `<b id=${nth}>`).join('')}${'<p>x'.repeat(600)}`,
    ),
    'style with blanks': opened(many(`<p style="color:red${' '.repeat(900)}x">`), { heavy: false }),
    'style sheets': opened(`<style>${many('p{}')}`),
    entities: opened(many('&amp;'), { heavy: false }),
    'entities without end': opened(many('&am'), { heavy: false }),
    'quotes without end': opened(`${many('x ')}<a href="${many('<p>')}`, { heavy: false }),
    comments: opened(many('<!--'), { heavy: false }),
    'comments, closed': opened(many('<!---->'), { heavy: false }),
    attributes: opened(`<a ${attributes}>`),
    blanks: opened(many('&nbsp; '), { heavy: false }),
    fillers: opened(many('\u200c'), { heavy: false }),
    'lists in lists': opened(many('<ul><li>x')),
    'quotes in quotes': opened(`${'<blockquote>'.repeat(20_000)}${many('<br>x')}`),
    links: opened(many('<a href=https://a.example>x'), { heavy: false }),
    'text as base64': opened(Buffer.from(many('<b>x ')).toString('base64').replace(/.{76}/g, '$&\r\n'), {
      encoding: 'base64',
    }),
    '20 MB': { ...opened(many('<p>some text').repeat(20), { given: 413 }), growth: BIG_MAIL_GROWTH },
  },
  async () => ['--http', ...(await freePorts(1)).map(String)],
)

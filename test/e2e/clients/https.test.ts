import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer, type Server } from 'node:https'
import path from 'node:path'
import type { Browser, BrowserContext } from 'playwright-core'
import { ACCOUNTS, type Demo, freePorts, removeHome, startDemo } from '../demo'
import { chromiumPath, openBrowser } from './browser'

const ALICE = 'alice@example.org'
/** Haraka speaks HTTPS on port 443 only; an address of its own keeps the test out of the way of others. */
const OWN_ADDRESS = `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}`
const CLIENT = '192.0.2.77'

describe('webmail over HTTPS', function () {
  this.timeout(60_000)
  let browser: Browser
  let demo: Demo | undefined
  let proxy: Server | undefined
  const contexts: BrowserContext[] = []

  before(async function () {
    if (chromiumPath === undefined || (process.getuid?.() ?? 1) !== 0) {
      console.log('      skipped: needs Chromium, and root for port 443')
      return this.skip()
    }
    browser = await openBrowser()
  })
  after(() => browser?.close())
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close()
    proxy?.close()
    proxy?.closeAllConnections()
    await demo?.stop()
    removeHome(demo)
    demo = undefined
    proxy = undefined
  })

  async function logIn(base: string, headers: Record<string, string> = {}) {
    const context = await browser.newContext({ ignoreHTTPSErrors: true, extraHTTPHeaders: headers })
    contexts.push(context)
    const page = await context.newPage()
    page.setDefaultTimeout(20_000)
    await page.goto(`${base}/`)
    await page.getByLabel('Address').fill(ALICE)
    await page.getByLabel('Password').fill(ACCOUNTS[ALICE])
    await page.getByRole('button', { name: 'Log in' }).click()
    return { context, page }
  }
  async function secureCookie(context: BrowserContext): Promise<void> {
    const [cookie, ...more] = await context.cookies()
    assert.deepEqual(more, [])
    const { name, secure, httpOnly, sameSite, path: where } = cookie ?? assert.fail('no cookie')
    assert.deepEqual([name, secure, httpOnly, sameSite, where], ['__Host-mailbox', true, true, 'Strict', '/'])
  }

  it('by Haraka itself on port 443, with two workers: Secure cookie, live updates, two tabs', async () => {
    demo = await startDemo(['--listen', OWN_ADDRESS, '--http', '443', '--nodes', '2'])
    const { context, page } = await logIn(`https://${OWN_ADDRESS}`)
    await page.getByRole('listbox', { name: 'Messages' }).waitFor()
    await secureCookie(context)
    const second = await context.newPage()
    await second.goto(`https://${OWN_ADDRESS}/mail/`)
    await second.getByRole('listbox', { name: 'Messages' }).waitFor()
    await page.getByRole('button', { name: 'Log out' }).click()
    await second.getByText(/Your session ended/).waitFor()
  })

  it('behind a proxy that ends TLS: the cookie is Secure, the address is the client; nobody else is believed', async () => {
    const [port] = await freePorts(1)
    const settings = ['mailbox_login.ini:main.trusted_proxies=127.0.0.1', 'mailbox_login.ini:main.cleartext_from=none']
    demo = await startDemo(['--http', String(port), '--nodes', '0', ...settings.flatMap((text) => ['--set', text])])
    const pem = (name: string): Buffer => readFileSync(path.join(demo?.home ?? '', 'config', name))
    const inside = demo.http
    proxy = createServer({ key: pem('tls_key.pem'), cert: pem('tls_cert.pem') }, (asked, answer) => {
      // What the client says of itself comes first, as nginx and others append theirs.
      const told = asked.headers['x-forwarded-for']
      const headers = {
        ...asked.headers,
        'x-forwarded-for': [told, CLIENT].filter(Boolean).join(', '),
        'x-forwarded-proto': 'https',
      }
      const onward = request({ host: '127.0.0.1', port: inside, path: asked.url, method: asked.method, headers })
      onward.on('response', (got) => {
        answer.writeHead(got.statusCode ?? 502, got.headers)
        got.pipe(answer)
      })
      onward.on('error', () => answer.destroy())
      answer.on('close', () => onward.destroy())
      asked.pipe(onward)
    })
    proxy.listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    const at = proxy.address()
    const base = `https://127.0.0.1:${typeof at === 'object' && at ? at.port : 0}`
    const { context, page } = await logIn(base, { 'x-forwarded-for': '203.0.113.66' })
    await page.getByRole('listbox', { name: 'Messages' }).waitFor()
    await secureCookie(context)
    await page.goto(`${base}/mail/#/account`)
    await page.getByRole('cell', { name: CLIENT, exact: true }).waitFor()

    // Without the proxy's word there is no TLS, so no password is taken.
    const session = `http://127.0.0.1:${inside}/api/v1/session`
    const body = JSON.stringify({ user: ALICE, password: ACCOUNTS[ALICE] })
    const bare = await fetch(session, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    assert.equal(bare.status, 403)
    assert.match(await bare.text(), /tls-required/)
  })

  it('a front-end that nobody named is not believed', async () => {
    const [port] = await freePorts(1)
    demo = await startDemo(['--http', String(port), '--set', 'mailbox_login.ini:main.cleartext_from=none'])
    const answer = await fetch(`http://127.0.0.1:${demo.http}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-proto': 'https', 'x-forwarded-for': CLIENT },
      body: JSON.stringify({ user: ALICE, password: ACCOUNTS[ALICE] }),
    })
    assert.equal(answer.status, 403)
    assert.equal(answer.headers.get('set-cookie'), null)
  })
})

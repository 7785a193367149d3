import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import nodemailer from 'nodemailer'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { totpAt } from '../../../lib/web/who/totp'
import { ATTACKS } from '../../http/attacks'
import { client } from '../../http/web'
import { ACCOUNTS, cli, type Demo, freePorts, removeHome, startDemo } from '../demo'
import { chromiumPath, openBrowser } from './browser'

const ALICE = 'alice@example.org'
const BOB = 'bob@example.org'
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')

describe('webmail in Chromium', function () {
  this.timeout(120_000)
  let demo: Demo
  let browser: Browser
  let sink: Server
  let sinkHost = ''
  const fetched: string[] = []
  const problems: string[] = []
  const open: BrowserContext[] = []

  before(async function () {
    if (chromiumPath === undefined) {
      console.log('      skipped: there is no Chromium on this machine (apt-get install chromium)')
      this.skip()
    }
    sink = createServer((request, response) => {
      fetched.push(request.url ?? '')
      response.end()
    }).listen(0, '127.0.0.1')
    await once(sink, 'listening')
    const at = sink.address()
    sinkHost = `127.0.0.1:${typeof at === 'object' && at ? at.port : 0}`
    const [port] = await freePorts(1)
    demo = await startDemo(['--http', String(port), '--nodes', '2'])
    browser = await openBrowser()
    // Nobody here waits to undo, but who says so.
    for (const user of [ALICE, BOB] as const) {
      const program = client(`http://127.0.0.1:${demo.http}`)
      const { body } = await program.post('session', { user, password: ACCOUNTS[user] })
      const { preferences } = (await program.get('preferences')).body
      const csrf = { 'x-csrf-token': body.csrf }
      assert.equal((await program.ask('PUT', 'preferences', { ...preferences, undo: 0 }, csrf)).status, 200)
      await program.ask('DELETE', 'session', undefined, csrf)
    }
  })
  after(async () => {
    await browser?.close()
    await demo?.stop()
    sink?.close()
    removeHome(demo)
  })
  afterEach(async () => {
    for (const context of open.splice(0)) await context.close()
    assert.deepEqual(problems.splice(0), [])
  })

  async function deliver(to: string, mail: object): Promise<void> {
    const transport = nodemailer.createTransport({ host: '127.0.0.1', port: demo.smtp, ignoreTLS: true })
    await transport.sendMail({ from: 'Ann Lee <ann@example.net>', to, ...mail })
    transport.close()
  }
  async function newPage(options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
    open.push(context)
    const page = await context.newPage()
    page.setDefaultTimeout(20_000)
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (line) => {
      if (/Content.Security.Policy/i.test(line.text())) problems.push(line.text())
    })
    return page
  }
  async function logIn(page: Page, user: keyof typeof ACCOUNTS): Promise<void> {
    await page.goto(`http://127.0.0.1:${demo.http}/`)
    await page.getByLabel('Address').fill(user)
    await page.getByLabel('Password').fill(ACCOUNTS[user])
    await page.getByRole('button', { name: 'Log in' }).click()
  }
  async function mailOf(
    user: keyof typeof ACCOUNTS,
    options: Parameters<Browser['newContext']>[0] = {},
  ): Promise<Page> {
    const page = await newPage(options)
    await logIn(page, user)
    await page.getByRole('listbox', { name: 'Messages' }).waitFor()
    return page
  }
  /** Ends what earlier tests left, so that nobody is in the mailbox. */
  async function logOutEverywhere(user: keyof typeof ACCOUNTS): Promise<void> {
    const program = client(`http://127.0.0.1:${demo.http}`)
    const { body } = await program.post('session', { user, password: ACCOUNTS[user] })
    assert.equal((await program.ask('DELETE', 'sessions', undefined, { 'x-csrf-token': body.csrf })).status, 200)
  }
  const row = (page: Page, name: string | RegExp) => page.getByRole('option', { name }).first()
  async function accessible(page: Page, where: string): Promise<void> {
    await page.evaluate(axe)
    const found = await page.evaluate(
      // What runs in the page knows axe as a global.
      "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa'], iframes: false }).then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).slice(0, 3).join(' ')))",
    )
    assert.deepEqual(found, [], where)
  }

  it('refuses a wrong password, and logs in and out', async () => {
    const page = await newPage()
    await page.goto(`http://127.0.0.1:${demo.http}/`)
    await accessible(page, 'login')
    await page.getByLabel('Address').fill(ALICE)
    await page.getByLabel('Password').fill('wrong one')
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByText('Authentication failed.').waitFor()
    await page.getByLabel('Password').fill(ACCOUNTS[ALICE])
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByRole('listbox', { name: 'Messages' }).waitFor()
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByRole('button', { name: 'Log in' }).waitFor()
    await page.reload()
    await page.getByRole('button', { name: 'Log in' }).waitFor()
  })

  it('says of what is not there no more than that, whatever Haraka has in its folders', async () => {
    for (const accept of ['text/html', 'application/json', 'image/png']) {
      const answer = await fetch(`http://127.0.0.1:${demo.http}/nothing`, { headers: { accept } })
      const body = await answer.text()
      assert.equal(answer.status, 404)
      assert.doesNotMatch(body, /\bat .*\.js|node_modules|ENOENT|\/tmp\//, accept)
    }
  })

  it('shows mail as it arrives, in two tabs, and reads it by keys; flags, archives and undoes', async () => {
    const first = await mailOf(ALICE)
    const second = await first.context().newPage()
    await second.goto(`http://127.0.0.1:${demo.http}/mail/`)
    await second.getByRole('listbox', { name: 'Messages' }).waitFor()
    await deliver(ALICE, { subject: 'Lunch', text: 'At noon? See https://lunch.example/menu.\n> quoted' })
    await row(first, /Unread.*Lunch/).waitFor()
    await row(second, /Unread.*Lunch/).waitFor()

    await first.getByRole('listbox').focus()
    await first.keyboard.press('j')
    await first.keyboard.press('Enter')
    await first.getByRole('heading', { name: 'Lunch' }).waitFor()
    const link = first.getByRole('link', { name: 'https://lunch.example/menu' })
    assert.equal(await link.getAttribute('rel'), 'noopener noreferrer nofollow')
    await row(second, /^Ann Lee, Lunch/).waitFor()
    await first.keyboard.press('s')
    await row(second, /Flagged.*Lunch/).waitFor()
    await accessible(first, 'mail')
    await first.keyboard.press('e')
    await first.getByText('Message archived.').waitFor()
    await row(second, /Lunch/).waitFor({ state: 'detached' })
    await first.keyboard.press('z')
    await row(first, /Lunch/).waitFor()
    await first.getByRole('searchbox').fill('from:ann subject:lunch')
    await first.keyboard.press('Enter')
    await first.getByText('1 found').waitFor()
    await first.getByRole('searchbox').fill('colour:red')
    await first.getByRole('searchbox').press('Enter')
    await first.getByText('"colour:" is no word of the search').waitFor()
    await first.getByRole('searchbox').fill('nothing like it')
    await first.keyboard.press('Enter')
    await first.getByText('Nothing found.').waitFor()
  })

  it('selects ranges and all, drags, moves by typing, filters, orders, searches everywhere, empties Trash', async () => {
    await logOutEverywhere(BOB)
    for (const subject of ['Pear', 'Fig', 'Apple', 'Quince']) await deliver(BOB, { subject, text: `fruit ${subject}` })
    const page = await mailOf(BOB)
    const count = page.locator('.list-count')
    const counted = (text: string) => count.getByText(text, { exact: true }).waitFor()
    await row(page, /Quince/).waitFor()
    await row(page, /Pear/).click()
    await row(page, /^(?!Unread).*Pear/).waitFor()
    await row(page, /Apple/).click({ modifiers: ['Shift'] })
    await counted('3 selected')
    await row(page, /Fig/).dragTo(page.getByRole('link', { name: 'Archive' }))
    await page.getByText('3 messages moved to Archive.').waitFor()
    await row(page, /Quince/).click()
    await page.getByRole('heading', { name: 'Quince' }).waitFor()
    await page.keyboard.press('v')
    await page.keyboard.type('junk')
    await page.keyboard.press('Enter')
    await page.getByText('Message moved to Junk.').waitFor()

    await page.getByRole('searchbox').fill('fruit')
    await page.getByRole('button', { name: 'All mailboxes' }).click()
    await counted('3 found in all mailboxes')
    await accessible(page, 'search')
    await page.getByRole('button', { name: 'Unread', exact: true }).click()
    await counted('2 found in all mailboxes')
    await page.getByRole('link', { name: 'Archive' }).click()
    await page.getByRole('button', { name: 'Only unread' }).click()
    await counted('2 unread')
    await page.getByRole('button', { name: 'Only unread' }).click()
    await counted('3 conversations')
    await page.getByRole('button', { name: 'List options' }).click()
    await accessible(page, 'list options')
    await page.getByRole('button', { name: 'Subject' }).click()
    await page.locator('#row-0[aria-label*="Apple"]').waitFor()
    await page.getByRole('button', { name: 'List options' }).click()
    await page.getByRole('button', { name: 'Mark all as read' }).click()
    await page.getByText('2 marked as read.').waitFor()
    await page.getByLabel('Select all').check()
    await counted('3 selected')
    await page.getByRole('button', { name: 'Delete selected' }).click()
    await page.getByText('3 messages deleted.').waitFor()
    await page.getByRole('link', { name: 'Trash' }).click()
    await counted('3 conversations')
    await page.getByRole('button', { name: 'List options' }).click()
    await page.getByRole('button', { name: 'Empty Trash' }).click()
    await page.getByRole('dialog', { name: 'Empty Trash' }).getByRole('button', { name: 'Empty' }).click()
    await page.getByText('Nothing here.').waitFor()
  })

  it('leaves Enter to a button or a link that has the focus', async () => {
    const page = await mailOf(ALICE)
    await page.getByRole('button', { name: 'Write' }).first().focus()
    await page.keyboard.press('Enter')
    const composer = page.getByRole('form', { name: 'Write a message' })
    await composer.waitFor()
    await composer.getByRole('button', { name: 'Discard' }).press('Enter')
    await composer.waitFor({ state: 'detached' })
    await page.getByRole('link', { name: 'Trash' }).press('Enter')
    await page.getByRole('heading', { name: 'Trash' }).waitFor()
    assert.match(page.url(), /#\/[^/]+$/)
  })

  it('writes: draft saved by itself, a file, sent, copy in Sent, read by the other, answered', async () => {
    const alice = await mailOf(ALICE)
    const bob = await mailOf(BOB)
    await alice.keyboard.press('c')
    const window = alice.getByRole('form', { name: 'Write a message' })
    await window.getByLabel('To').fill(BOB)
    await window.getByLabel('Subject').fill('Grüße mit Anlage')
    await window.getByLabel('Text').fill('Hello Bob,\nsee the file.')
    await window
      .locator('input[type=file]')
      .setInputFiles({ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('the notes') })
    await window.getByText(/^Saved/).waitFor()
    await alice
      .getByRole('link', { name: /Drafts/ })
      .getByText('1')
      .waitFor()
    await accessible(alice, 'compose')
    await window.getByRole('button', { name: 'Send' }).click()
    await alice.getByText('Sent.', { exact: true }).waitFor()
    await alice.getByRole('link', { name: 'Sent' }).click()
    await row(alice, /bob@example.org, Grüße mit Anlage/).waitFor()

    await row(bob, /Grüße mit Anlage/).click()
    await bob.locator('.reader').getByText('see the file.').waitFor()
    const [download] = await Promise.all([
      bob.waitForEvent('download'),
      bob.getByRole('link', { name: /notes\.txt/ }).click(),
    ])
    assert.equal(readFileSync(await download.path(), 'utf8'), 'the notes')
    await bob.keyboard.press('r')
    const answer = bob.getByRole('form', { name: 'Write a message' })
    await answer.getByRole('button', { name: `Remove ${ALICE}` }).waitFor()
    assert.match(await answer.getByLabel('Text').inputValue(), /wrote:\n> Hello Bob,\n> see the file\./)
    await answer.getByLabel('Text').focus()
    await bob.keyboard.type('Thank you!')
    await answer.getByRole('button', { name: 'Send' }).click()
    await bob.getByText('Sent.', { exact: true }).waitFor()
    await alice.getByRole('link', { name: /Inbox/ }).click()
    await row(alice, /Re: Grüße mit Anlage/).click()
    await alice.locator('.reader').getByText('Thank you!').waitFor()
  })

  it('loses nothing that was written: session over, connection lost, page gone', async () => {
    const page = await mailOf(ALICE, { viewport: { width: 390, height: 844 } })
    const window = page.getByRole('form', { name: 'Write a message' })
    await page.keyboard.press('c')
    await window.getByLabel('To').fill(BOB)
    await window.getByLabel('Text').fill('Before lunch.')
    await window.getByText(/^Saved/).waitFor()
    await page.context().clearCookies()
    await window.getByLabel('Text').fill('Before lunch, and after it.')
    await page.getByText('Your session ended; your text is kept.').waitFor()
    await window.waitFor({ state: 'detached' })
    await accessible(page, 'login after the session ended')
    assert.equal(await page.getByLabel('Address').inputValue(), ALICE)
    await page.getByLabel('Password').fill(ACCOUNTS[ALICE])
    await page.getByRole('button', { name: 'Log in' }).click()
    await window.getByText(/^Saved/).waitFor()
    assert.equal(await window.getByLabel('Text').inputValue(), 'Before lunch, and after it.')

    await page.context().setOffline(true)
    await window.getByLabel('Text').fill('Offline.')
    await window.getByText(/No connection. Your text is kept in this browser/).waitFor()
    await page.goto('about:blank')
    await page.context().setOffline(false)
    await page.goto(`http://127.0.0.1:${demo.http}/mail/`)
    await window
      .getByText('This text was kept for you.')
      .or(window.getByText(/^Saved/))
      .waitFor()
    assert.equal(await window.getByLabel('Text').inputValue(), 'Offline.')

    await page.context().setOffline(true)
    await window.getByLabel('Subject').fill('Kept')
    await window.getByRole('button', { name: 'Send' }).click()
    await window.getByText(/sent as soon as it can be/).waitFor()
    await page.context().setOffline(false)
    await page.getByText('Sent.', { exact: true }).waitFor()
    assert.equal(
      await page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('writing')).length"),
      0,
    )
  })
  it('writes with formatting: what is pasted runs nothing, a picture stays in the text', async () => {
    const page = await mailOf(ALICE)
    const window = page.getByRole('form', { name: 'Write a message' })
    await page.keyboard.press('c')
    await window.getByLabel('To', { exact: true }).fill(BOB)
    await window.getByLabel('Subject').fill('With formatting')
    await window.getByRole('button', { name: 'Formatting', exact: true }).click()
    await window.getByRole('toolbar', { name: 'Formatting' }).waitFor()
    const text = window.getByRole('textbox', { name: 'Text' })
    await text.click()
    await page.keyboard.type('Hello ')
    await page.keyboard.press('Control+b')
    await page.keyboard.type('bold')
    await page.keyboard.press('Control+b')
    await page.evaluate(`{
      const clipboardData = new DataTransfer()
      clipboardData.setData('text/html', '<p style="color:red">pasted<img src="x" onerror="window.pwned = 1"></p>')
      const paste = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true })
      document.querySelector('.rich-text').dispatchEvent(paste)
    }`)
    await text.getByText('pasted').waitFor()
    assert.equal(await page.evaluate('window.pwned'), undefined)
    const png = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    )
    await window
      .locator('.rich input[type=file]')
      .setInputFiles({ name: 'dot.png', mimeType: 'image/png', buffer: png })
    await text.locator('img').waitFor()
    await window.getByText(/^Saved/).waitFor()
    await accessible(page, 'compose with formatting')
    await window.getByRole('button', { name: 'Send' }).click()
    await page.getByText('Sent.', { exact: true }).waitFor()
    const bob = await mailOf(BOB)
    await row(bob, /With formatting/).click()
    const frame = bob.frameLocator('iframe.html')
    await frame.locator('b', { hasText: 'bold' }).waitFor()
    await frame.locator('img[src^="blob:"]').waitFor()
    // The next message begins as this one was: plain again for the others.
    await page.keyboard.press('c')
    await window.getByRole('toolbar', { name: 'Formatting' }).waitFor()
    await window.getByRole('button', { name: 'Formatting', exact: true }).click()
    await window.getByRole('textbox', { name: 'Text' }).and(page.locator('textarea')).waitFor()
    await window.getByRole('button', { name: 'Discard' }).click()
  })
  it('files mail by a filter, and sends what a blocked sender writes to Junk', async () => {
    const page = await mailOf(ALICE, { viewport: { width: 390, height: 844 } })
    await page.goto(`http://127.0.0.1:${demo.http}/mail/#/rules`)
    await page.getByRole('button', { name: 'New filter' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('Bills')
    await dialog.getByLabel('What is looked at').selectOption('Subject')
    await dialog.getByLabel('Value').fill('bill')
    await dialog.getByLabel('Then move to').selectOption('Archive')
    await accessible(page, 'a filter')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await page.getByText('If subject contains “bill”: move to Archive, stop.').waitFor()
    await page.getByLabel('Address, or @domain').fill('@blocked.example')
    await page.getByRole('button', { name: 'Block', exact: true }).click()
    await page.getByRole('button', { name: 'Unblock @blocked.example' }).waitFor()
    await accessible(page, 'filters')
    await page.getByRole('link', { name: 'Back to mail' }).click()
    await deliver(ALICE, { subject: 'Your bill', text: 'Pay.' })
    await deliver(ALICE, { from: 'x@blocked.example', subject: 'Win', text: 'Pay.' })
    await page.getByRole('button', { name: 'Mailboxes' }).click()
    await page.getByRole('link', { name: 'Archive' }).click()
    await row(page, /Your bill/).waitFor()
    await page.getByRole('button', { name: 'Mailboxes' }).click()
    await page.getByRole('link', { name: 'Junk' }).click()
    await row(page, /Win/).waitFor()
  })
  it('takes back what was sent, and sends it when the page is closed before', async () => {
    const page = await mailOf(ALICE)
    const window = page.getByRole('form', { name: 'Write a message' })
    await page.getByRole('link', { name: ALICE }).click()
    await page.getByLabel('Undo send').selectOption('30 seconds')
    await page.getByLabel('Time', { exact: true }).selectOption('24')
    await page.getByRole('link', { name: 'Back to mail' }).click()
    await page.getByRole('listbox', { name: 'Messages' }).waitFor()
    assert.match((await page.locator('.row time').first().textContent()) ?? '', /^\d\d:\d\d$/)
    await page.keyboard.press('c')
    await window.getByLabel('To').fill(BOB)
    await window.getByLabel('Subject').fill('Second thoughts')
    await window.getByRole('button', { name: 'Send' }).click()
    await page.getByRole('button', { name: 'Undo' }).click()
    await window.getByText('Not sent.').waitFor()
    await window.getByLabel('Subject').fill('Third thoughts')
    await window.getByRole('button', { name: 'Send' }).click()
    await page.getByRole('button', { name: 'Undo' }).waitFor()
    await page.close()
    const bob = await mailOf(BOB)
    await row(bob, /Third thoughts/).waitFor()
    assert.equal(await row(bob, /Second thoughts/).count(), 0)
  })

  it('loses no formatting while the editor is on its way, no file and no signature', async () => {
    const page = await mailOf(ALICE)
    const other = await page.context().newPage()
    await other.goto(`http://127.0.0.1:${demo.http}/mail/`)
    await other.getByRole('listbox', { name: 'Messages' }).waitFor()
    await page.getByRole('link', { name: ALICE }).click()
    await page.getByLabel('Undo send').selectOption('30 seconds')
    await page.getByLabel('Signature').first().fill('Alice, of Wonderland')
    await page.locator('.identity').first().getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved.').waitFor()
    const window = other.getByRole('form', { name: 'Write a message' })
    const text = window.getByRole('textbox', { name: 'Text' })
    const write = async (subject: string): Promise<void> => {
      await other.keyboard.press('c')
      await window.getByLabel('To', { exact: true }).fill(BOB)
      await window.getByLabel('Subject').fill(subject)
    }
    await write('Slow editor')
    await window.getByRole('button', { name: 'Formatting', exact: true }).click()
    await window.getByRole('toolbar', { name: 'Formatting' }).waitFor()
    await page.reload()
    assert.equal(await page.getByLabel('Signature').first().inputValue(), 'Alice, of Wonderland')
    await text.click()
    await other.keyboard.type('Not to be lost')
    await window.getByText(/^Saved/).waitFor()
    await other.route('**/squire.mjs', (route) => route.abort())
    await other.reload()
    await window.getByText(/^Saved/).waitFor()
    await other.unroute('**/squire.mjs')
    await window.getByRole('button', { name: 'Try again' }).click()
    await text.getByText('Not to be lost').waitFor()

    // The page goes while it could be taken back, and what it sends does not arrive.
    await other.route('**/send', (route) => route.abort())
    await window.getByRole('button', { name: 'Send' }).click()
    await other.getByRole('button', { name: 'Undo' }).waitFor()
    await other.goto('about:blank')
    await other.unroute('**/send')
    await other.goto(`http://127.0.0.1:${demo.http}/mail/`)
    await other.getByText('Sent.', { exact: true }).waitFor()
    const bob = await mailOf(BOB)
    await row(bob, /Slow editor/).click()
    await bob.frameLocator('iframe.html').getByText('Not to be lost').waitFor()

    await other.route('**/drafts', (route) => route.abort())
    await write('Without its file')
    await window
      .locator('footer input[type=file]')
      .setInputFiles({ name: 'list.txt', mimeType: 'text/plain', buffer: Buffer.from('a list') })
    await window.getByRole('button', { name: 'Send' }).click()
    await other.getByRole('button', { name: 'Undo' }).waitFor()
    other.on('dialog', (box) => void box.accept())
    await other.goto('about:blank')
    await other.unroute('**/drafts')
    await other.goto(`http://127.0.0.1:${demo.http}/mail/`)
    await window.getByText(/^Add again.*list.txt/).waitFor()
    await window.getByRole('button', { name: 'Discard' }).click()
    assert.equal(await row(bob, /Without its file/).count(), 0)
  })

  /** The frame of the open attack; what is too deep is shown as text before somebody asks for it. */
  async function shownFrame(page: Page) {
    const anyway = page.getByRole('button', { name: 'Show it anyway' })
    await page.locator('iframe.html').or(anyway).waitFor()
    if ((await anyway.count()) > 0) await anyway.click()
    const frame = page.frameLocator('iframe.html')
    await frame.locator('h3').first().waitFor()
    return frame
  }
  /** Opens every attack, looks and clicks; whatever ran or was fetched fails. */
  async function attacked(page: Page): Promise<void> {
    const names = Object.keys(ATTACKS)
    const answered: string[] = []
    page.on('response', (response) => answered.push(response.url()))
    const dialogs: string[] = []
    page.on('dialog', (box) => {
      dialogs.push(box.message())
      void box.dismiss()
    })
    await row(page, new RegExp(`attack ${names.length - 1},`)).click()
    for (let index = names.length - 1; index >= 0; index--) {
      await page.getByRole('heading', { name: `attack ${index}`, exact: true }).waitFor()
      const frame = await shownFrame(page)
      const links = frame.locator('a[id=bad]')
      if ((await links.count()) > 0) await links.first().dispatchEvent('click')
      assert.equal(await page.evaluate('window.pwned'), undefined, names[index])
      assert.equal(await page.evaluate("document.querySelector('.shell') !== null"), true)
      if (index > 0) await page.keyboard.press('j')
    }
    assert.deepEqual(dialogs, [])
    assert.deepEqual(fetched, [], 'nothing from elsewhere')
    const ours = (url: string): boolean => url.startsWith(`http://127.0.0.1:${demo.http}/`) && !url.includes('__hit')
    assert.deepEqual(
      answered.filter((url) => !ours(url) && !/^(?:data|blob|about):/.test(url)),
      [],
    )
    blockedByFrame()
  }
  /** What the frame's own policy blocked is as it should be; that of the page around names 'self'. */
  function blockedByFrame(): void {
    const others = problems
      .splice(0)
      .filter((text) => !/Content.Security.Policy/i.test(text) || text.includes("'self'"))
    problems.push(...others)
  }
  /** What the page asks for, changed on its way. */
  const changed = (page: Page, address: string, change: (body: string) => string, without: readonly string[] = []) =>
    page.route(`**${address}`, async (route) => {
      const response = await route.fetch()
      const headers = response.headers()
      for (const name of without) delete headers[name]
      await route.fulfill({ response, headers, body: change(await response.text()) })
    })

  it('runs and fetches nothing of hostile HTML', async () => {
    for (const [index, name] of Object.keys(ATTACKS).entries()) {
      const html = (ATTACKS[name] ?? '').replaceAll('HOST', sinkHost)
      await deliver(BOB, { subject: `attack ${index}`, html: `<h3>${name}</h3>${html}<p>end of it</p>` })
    }
    const page = await mailOf(BOB)
    await attacked(page)
    const sandbox = 'allow-same-origin allow-popups allow-popups-to-escape-sandbox'
    assert.equal(await page.locator('iframe.html').getAttribute('sandbox'), sandbox)
  })
  it('runs and fetches nothing of it without the cleaning: the frame alone does not let it', async () => {
    const page = await mailOf(BOB)
    const stub =
      "globalThis.DOMPurify = (frame) => ({ addHook() {}, sanitize: (html) => new frame.DOMParser().parseFromString(html, 'text/html').documentElement })"
    await changed(page, '/mail/purify.min.js', () => stub)
    // Nor is anything taken out by hand.
    await changed(page, '/mail/reader/html-frame.js', (script) =>
      script.replace('const remote = withoutRemote(root, images)', 'const remote = true'),
    )
    await page.reload()
    await attacked(page)
    assert.ok((await page.frameLocator('iframe.html').locator('script').count()) > 0, 'it was not cleaned')
  })
  it('runs nothing of it without the frame: the cleaning alone does not let it', async () => {
    const page = await mailOf(BOB)
    await changed(page, '/mail/frame', (body) => body, ['content-security-policy'])
    await changed(page, '/mail/reader/html-frame.js', (script) => script.replace('sandbox: SANDBOX,', ''))
    await page.reload()
    const names = Object.keys(ATTACKS)
    await row(page, new RegExp(`attack ${names.length - 1},`)).click()
    for (let index = names.length - 1; index >= 0; index--) {
      await page.getByRole('heading', { name: `attack ${index}`, exact: true }).waitFor()
      const frame = await shownFrame(page)
      assert.equal(await page.locator('iframe.html').getAttribute('sandbox'), null)
      assert.equal(await page.evaluate('window.pwned'), undefined, names[index])
      assert.equal(
        await frame.locator('script, iframe, form, object, embed, link, meta, base').count(),
        0,
        names[index],
      )
      if (index > 0) await page.keyboard.press('j')
    }
    // Style sheets name addresses, and it is the frame that does not follow them.
    fetched.splice(0)
    blockedByFrame()
  })

  it('fetches pictures from elsewhere when asked, and only then', async () => {
    await deliver(ALICE, { subject: 'Picture', html: '<p>look</p><img src="http://pictures.example/picture.png">' })
    const page = await mailOf(ALICE)
    const asked: string[] = []
    await page.route('**://pictures.example/**', (route) => {
      asked.push(route.request().url())
      return route.fulfill({ contentType: 'image/png', body: '' })
    })
    await row(page, /Picture/).click()
    await page.frameLocator('iframe.html').getByText('look').waitFor()
    const show = page.getByRole('button', { name: 'Show images' })
    await show.waitFor()
    assert.deepEqual(asked, [])
    const picture = page.waitForResponse('**/picture.png')
    await show.click()
    await picture
    assert.deepEqual(asked, ['https://pictures.example/picture.png'])
  })
  it('shows HTML as its sender made it: colours, style sheets, pictures of the message', async () => {
    const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
    const style =
      '<style><!-- .red { color: rgb(200, 0, 0) } @media (min-width: 1px) { p { text-indent: 7px } } --></style>'
    await deliver(ALICE, {
      subject: 'Made up',
      html: `<html><head><title>not shown</title>${style}</head><body bgcolor="#000000" text="#ffffff" link="#ffff00"><p>white</p><p class=red style="letter-spacing: 3px">red</p><a href="https://a.example/">there</a><a href="x">nowhere</a><center>c</center><img src="cid:one@a"></body></html>`,
      attachments: [{ filename: 'one.png', cid: 'one@a', content: Buffer.from(png, 'base64') }],
    })
    const page = await mailOf(ALICE)
    await row(page, /Made up/).click()
    const frame = page.frameLocator('iframe.html')
    await frame.locator('img[src^="blob:"]').waitFor()
    const inside = page.frames().find((one) => one.url().endsWith('/mail/frame'))
    // What runs in the page has no types here.
    const look = await inside?.evaluate(
      "(() => { const of = (what) => getComputedStyle(document.querySelector(what)); return [of('body').backgroundColor, of('p').color, of('.red').color, of('.red').letterSpacing, of('.red').textIndent, of('a').color, of('center').textAlign, document.querySelector('img').naturalWidth, document.body.innerText.includes('not shown')] })()",
    )
    assert.deepEqual(look, [
      'rgb(0, 0, 0)',
      'rgb(255, 255, 255)',
      'rgb(200, 0, 0)',
      '3px',
      '7px',
      'rgb(255, 255, 0)',
      '-webkit-center',
      1,
      false,
    ])
    const links = await inside?.evaluate(
      "[...document.querySelectorAll('a')].map((link) => [link.getAttribute('href'), link.target, link.rel])",
    )
    assert.deepEqual(links, [
      ['https://a.example/', '_blank', 'noopener noreferrer'],
      [null, '_blank', 'noopener noreferrer'],
    ])
    assert.equal(await page.getByRole('link', { name: /one\.png/ }).count(), 0, 'what is shown is no file')
  })
  it('dims a light message in the dark, and none that is dark by itself; one that is too wide is made smaller', async () => {
    const sheet = '<style>.hd { background: #14284b } td { width: 1500px }</style>'
    const table = '<table><tr><td class="hd" style="color: #ffffff">head</td></tr></table>'
    await deliver(ALICE, { subject: 'Light one', html: `${sheet}<body style="background: #ffffff">${table}</body>` })
    await deliver(ALICE, { subject: 'Night one', html: '<body style="background: #101010; color: #eee">n</body>' })
    const page = await mailOf(ALICE, { colorScheme: 'dark' })
    await row(page, /Night one/).click()
    const frame = page.frameLocator('iframe.html')
    await frame.getByText('n', { exact: true }).waitFor()
    assert.equal(await frame.locator('html.dim').count(), 0)
    await row(page, /Light one/).click()
    await frame.locator('html.dim').waitFor()
    const inside = page.frames().find((one) => one.url().endsWith('/mail/frame'))
    const look = await inside?.evaluate(
      "(() => { const { scrollWidth, clientWidth } = document.documentElement; return [getComputedStyle(document.querySelector('.hd')).backgroundColor, getComputedStyle(document.documentElement).filter, scrollWidth <= clientWidth] })()",
    )
    assert.deepEqual(look, ['rgb(20, 40, 75)', 'invert(0.9) hue-rotate(180deg)', true])
    await page.getByRole('button', { name: 'More' }).click()
    await page.getByRole('button', { name: 'Show in its own colours' }).click()
    await frame.locator('html:not(.dim) .hd').waitFor()
  })
  it('stacks a conversation, folds quotes, shows addresses and the source, and finds links', async () => {
    const [first, second] = ['<one@talk.example>', '<two@talk.example>']
    const quote = '> q1\n> q2\n> q3\n> q4\n'
    await deliver(ALICE, { subject: 'Talk', messageId: first, text: 'the beginning' })
    await deliver(ALICE, {
      ...{ subject: 'Re: Talk', messageId: second, inReplyTo: first, cc: 'Carl <carl@example.net>' },
      text: `See http://en.example.org/Foo_(bar), (www.example.org) or carl@example.net.\n\nAnn wrote:\n${quote}`,
    })
    await deliver(ALICE, {
      ...{ subject: 'Re: Talk', inReplyTo: second, references: [first, second] },
      html: `<p>the end</p><blockquote type="cite">${'what was before '.repeat(20)}</blockquote>`,
    })
    const page = await mailOf(ALICE)
    await row(page, /Talk/).click()
    const letter = (name: string) => page.locator('.letter', { hasText: name })
    await page.frameLocator('iframe.html').getByText('Quoted text').waitFor()
    await letter('the beginning').locator('.plain').waitFor()
    await letter('carl@example.net').getByText('Quoted text (4 lines)').click()
    await letter('carl@example.net').getByText('> q4').waitFor()
    const links = letter('Foo_(bar)').locator('.plain a')
    assert.deepEqual(await links.evaluateAll((all) => all.map((link) => link.getAttribute('href'))), [
      'http://en.example.org/Foo_(bar)',
      'https://www.example.org',
      'mailto:carl@example.net',
    ])
    await letter('Foo_(bar)').locator('.people summary').click()
    await letter('Foo_(bar)').getByText('Carl <carl@example.net>').waitFor()
    await accessible(page, 'conversation')
    await page.getByRole('button', { name: 'More' }).click()
    await page.getByRole('button', { name: 'Headers and source' }).click()
    await page.getByLabel('Header').getByText('Message-ID: <two@talk.example>').waitFor()
    await page.keyboard.press('Escape')
    await links.last().click()
    const composer = page.getByRole('form', { name: 'Write a message' })
    await composer.getByText('carl@example.net').waitFor()
  })
  it('answers an invitation, shows pictures and PDF files, saves all, leaves a list by mail, trusts a sender', async () => {
    await logOutEverywhere(BOB)
    const event = [
      ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'METHOD:REQUEST', 'BEGIN:VEVENT', 'UID:e@x', 'DTSTART:20261209T093000Z'],
      ...[
        'DTEND:20261209T103000Z',
        `SUMMARY:Planning ${'W'.repeat(200)}`,
        'LOCATION:Room 4',
        `ORGANIZER:mailto:${ALICE}`,
      ],
      ...Array.from({ length: 10 }, (_one, at) => `ATTENDEE:mailto:guest${at}@example.net`),
      ...[`ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:${BOB}`, 'END:VEVENT', 'END:VCALENDAR', ''],
    ].join('\r\n')
    await deliver(BOB, { subject: 'Come', text: 'x', icalEvent: { method: 'REQUEST', content: event } })
    const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
    await deliver(BOB, {
      ...{ subject: 'Papers', html: '<p>see</p><img src="https://pictures.example/a.png">' },
      headers: { 'List-Unsubscribe': '<mailto:leave@list.example?subject=out>' },
      attachments: [
        { filename: 'dot.png', content: Buffer.from(png, 'base64') },
        { filename: 'fake.png', content: '<script>x</script>', contentType: 'image/png' },
        { filename: 'a.pdf', content: '%PDF-1.4', contentType: 'application/pdf' },
      ],
    })
    const page = await mailOf(BOB)
    await row(page, /Come/).click()
    const invitation = page.getByRole('region', { name: 'Invitation' })
    await invitation.getByText('Room 4').waitFor()
    await invitation.getByText(/and 5 more$/).waitFor()
    const tooWide =
      'document.querySelector(".invitation").scrollWidth > document.querySelector(".invitation").clientWidth'
    assert.equal(await page.evaluate(tooWide), false)
    await accessible(page, 'invitation')
    await invitation.getByRole('button', { name: 'Accept' }).click()
    await invitation.getByText('You accepted.').waitFor()
    const alice = await mailOf(ALICE)
    await row(alice, /Accepted: Planning/).waitFor()

    // The line is cut, and comes back.
    await page.route('**/messages/*', (route) => route.abort())
    await row(page, /Papers/).click()
    await page.getByText('The message could not be fetched.').waitFor()
    await page.unroute('**/messages/*')
    await page.getByRole('button', { name: 'Try again' }).click()
    const files = page.getByRole('list', { name: 'Files' })
    await files.locator('img.small-picture').waitFor()
    await files.getByRole('button', { name: 'fake.png' }).locator('.icon').waitFor()
    await files.getByRole('button', { name: 'dot.png' }).click()
    await page.getByRole('dialog', { name: 'dot.png' }).getByRole('img', { name: 'dot.png' }).waitFor()
    await page.keyboard.press('Escape')
    const pdf = page.waitForResponse('**/pdf')
    await files.getByRole('button', { name: 'a.pdf' }).click()
    assert.equal((await pdf).headers()['content-type'], 'application/pdf')
    await page.keyboard.press('Escape')
    const [saved] = await Promise.all([
      page.waitForEvent('download'),
      files.getByRole('link', { name: 'Save all' }).click(),
    ])
    assert.equal(readFileSync(await saved.path()).toString('latin1', 0, 2), 'PK')
    await page.route('**://pictures.example/**', (route) => route.fulfill({ contentType: 'image/png', body: '' }))
    const picture = page.waitForRequest('https://pictures.example/a.png')
    await page.getByRole('button', { name: 'Always from this sender' }).click()
    await picture
    const again = page.waitForRequest('https://pictures.example/a.png')
    await page.reload()
    await again
    await page.getByRole('button', { name: 'Unsubscribe' }).click()
    await page.getByRole('form', { name: 'Write a message' }).waitFor()
    blockedByFrame()
  })
  it('shows all texts of a message, opens those attached to it, and shows text where HTML is too much', async () => {
    const inner = 'From: carla@x.example\r\nSubject: The hut\r\n\r\nIt is open.'
    await deliver(ALICE, {
      subject: 'Several',
      text: 'first text',
      attachments: [
        { contentType: 'text/html', content: '<b>second text</b>', contentDisposition: 'inline', filename: false },
        { contentType: 'message/rfc822', content: inner, filename: false },
      ],
    })
    await deliver(ALICE, { subject: 'Heavy', html: `<p>its beginning</p>${'<b>x '.repeat(2000)}` })
    const page = await mailOf(ALICE)
    await row(page, /Several/).click()
    await page.locator('.plain').getByText('first text').waitFor()
    await page.frameLocator('iframe.html').getByText('second text').waitFor()
    await page.getByRole('button', { name: /The hut\.eml/ }).click()
    await page.getByRole('heading', { name: 'The hut' }).waitFor()
    await page.locator('.plain').getByText('It is open.').waitFor()
    await accessible(page, 'a message inside')
    await page.getByRole('button', { name: 'Back to the other' }).click()
    await page.getByRole('heading', { name: 'Several' }).waitFor()

    await row(page, /Heavy/).click()
    await page.locator('.plain').getByText('its beginning').waitFor()
    assert.equal(await page.locator('iframe.html').count(), 0)
    await page.getByRole('button', { name: 'Show it anyway' }).click()
    await page.frameLocator('iframe.html').getByText('its beginning').waitFor()
  })

  it('says who holds the mailbox while a POP3 session does, and lets the owner end it', async () => {
    await logOutEverywhere(BOB)
    const pop3 = await pop3Session(demo.pop3, BOB, ACCOUNTS[BOB])
    const page = await newPage()
    await logIn(page, BOB)
    await page.getByRole('heading', { name: 'The mailbox is in use' }).waitFor()
    await page.getByText(/open in a POP3 mail program since/).waitFor()
    await accessible(page, 'locked')
    await page.getByRole('button', { name: 'End that session' }).click()
    await page.getByRole('listbox', { name: 'Messages' }).waitFor()
    await pop3.closed
    // A page that is left gives the mailbox lock back: POP3 comes in while the session lives on.
    await page.goto('about:blank')
    await pop3Session(demo.pop3, BOB, ACCOUNTS[BOB])
    await page.goto(`http://127.0.0.1:${demo.http}/mail/`)
    await page.getByRole('button', { name: 'End that session' }).click()
    await page.getByRole('listbox', { name: 'Messages' }).waitFor()
  })

  it('gives back what was removed, and erases it with proof', async () => {
    await deliver(BOB, { subject: 'Wanted again', text: 'x' })
    await deliver(BOB, { subject: 'Never again', text: 'x' })
    const page = await mailOf(BOB)
    for (const subject of ['Wanted again', 'Never again']) {
      await row(page, new RegExp(subject)).click()
      await page.getByRole('heading', { name: subject }).waitFor()
      // To Trash, and from there.
      await page.keyboard.press('#')
      await row(page, new RegExp(subject)).waitFor({ state: 'detached' })
    }
    await page.getByRole('link', { name: 'Trash' }).click()
    for (const subject of ['Wanted again', 'Never again']) {
      await row(page, new RegExp(subject)).click()
      await page.getByRole('heading', { name: subject }).waitFor()
      await page.keyboard.press('#')
      await page.getByRole('dialog', { name: 'Delete' }).getByRole('button', { name: 'Delete' }).click()
      await row(page, new RegExp(subject)).waitFor({ state: 'detached' })
    }
    await page.getByRole('link', { name: 'Recently deleted' }).click()
    await page.getByRole('heading', { name: 'Recently deleted' }).waitFor()
    const binned = (name: string) => page.getByRole('checkbox', { name: new RegExp(name) })
    await binned('Never again').waitFor()
    await accessible(page, 'recently deleted')
    await page.getByLabel('Find').fill('wanted')
    await page.getByRole('button', { name: 'Find' }).click()
    await binned('Never again').waitFor({ state: 'detached' })
    await binned('Wanted again').check()
    await page.getByRole('button', { name: 'Restore' }).click()
    await page.getByText('1 message restored to Trash.').waitFor()
    await page.getByLabel('Find').fill('')
    await page.getByRole('button', { name: 'Find' }).click()
    await binned('Never again').check()
    await page.getByRole('button', { name: 'Erase' }).click()
    await page.getByRole('dialog', { name: 'Erase' }).getByRole('button', { name: 'Erase' }).click()
    const proof = page.getByRole('dialog', { name: 'Erased' })
    // It goes through all of the store's files.
    await proof.getByText('nothing of them is left').waitFor({ timeout: 60_000 })
    await accessible(page, 'proof')
    await proof.getByRole('button', { name: 'Done' }).click()
    await page.setViewportSize({ width: 375, height: 700 })
    assert.equal(
      await page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth'),
      false,
    )
    await page.getByRole('link', { name: 'Back to mail' }).click()
    await page.setViewportSize({ width: 1280, height: 800 })
    await page.getByRole('link', { name: 'Trash' }).click()
    await row(page, /Wanted again/).waitFor()
  })

  it('works on a phone, dark', async () => {
    await deliver(ALICE, { subject: 'On the road', text: 'x'.repeat(300) })
    const page = await mailOf(ALICE, {
      viewport: { width: 375, height: 700 },
      colorScheme: 'dark',
      hasTouch: true,
      isMobile: true,
    })
    await row(page, /On the road/).tap()
    await page.getByRole('heading', { name: 'On the road' }).waitFor()
    const wide = 'document.documentElement.scrollWidth > document.documentElement.clientWidth'
    assert.equal(await page.evaluate(wide), false)
    await accessible(page, 'phone, dark')
    await page.getByRole('button', { name: 'Back to the list' }).tap()
    await page.getByRole('button', { name: 'Mailboxes' }).tap()
    await page.getByRole('link', { name: 'Trash' }).tap()
    await page.getByText('Nothing here.').waitFor()
    assert.equal(await page.evaluate(wide), false)
  })

  it('administers: second factor first, then accounts, locks and the audit trail', async () => {
    await logOutEverywhere(BOB)
    await cli(['accounts', 'set', ALICE, '--administrator', '--home', demo.home])
    await deliver(BOB, { subject: 'Counted', text: 'in the log of deliveries' })
    await deliver(ALICE, { subject: 'To be looked at', text: 'x' })
    const bob = await mailOf(BOB)
    const page = await mailOf(ALICE)
    await page.getByRole('link', { name: 'Administration' }).click()
    await page.getByRole('button', { name: 'Set up' }).click()
    await page.getByRole('img', { name: 'QR code of the key' }).waitFor()
    const secret = ((await page.locator('.secret').textContent()) ?? '').replaceAll(' ', '')
    await page.getByLabel('Code that the app shows').fill(totpAt(secret, Math.floor(Date.now() / 30_000)))
    await page.locator('form', { hasText: 'Code that' }).getByLabel('Password').fill(ACCOUNTS[ALICE])
    await page.getByRole('button', { name: 'Turn on' }).click()
    const codes = page.getByRole('dialog', { name: 'Recovery codes' })
    assert.equal(((await codes.locator('.secret').textContent()) ?? '').split('\n').length, 10)
    await codes.getByRole('button', { name: 'Done' }).click()
    await page.getByText('Its codes are asked for at login').waitFor()
    await accessible(page, 'account')

    await page.goto(`http://127.0.0.1:${demo.http}/mail/#/admin/overview`)
    await page.getByRole('heading', { name: 'Health' }).waitFor()
    assert.equal(await page.locator('.tag.good', { hasText: 'OK' }).count(), 3)
    await page.getByRole('img', { name: /Last 24 hours: stored \d+, not stored \d+/ }).waitFor()
    await accessible(page, 'overview')
    await page.getByRole('link', { name: 'Accounts' }).click()
    await page.getByLabel('Address').fill('carol@example.org')
    await page.getByLabel('Password').fill('a good password')
    await page.getByRole('button', { name: 'Add' }).click()
    await page.getByRole('cell', { name: 'carol@example.org' }).waitFor()
    await page
      .getByRole('row', { name: /carol@example.org/ })
      .getByRole('button', { name: 'Change' })
      .click()
    const about = page.getByRole('dialog', { name: 'carol@example.org' })
    await about.getByText('Forwards to').waitFor()
    await accessible(page, 'an account')
    await about.getByRole('link', { name: /^logins/ }).click()
    await page.getByRole('cell', { name: /account-added by alice@example.org/ }).waitFor()
    assert.equal(await page.getByLabel('Account').first().inputValue(), 'carol@example.org')
    await page.getByRole('link', { name: 'Accounts' }).click()
    await page.getByRole('link', { name: 'Sessions and locks' }).click()
    const held = page.locator('.panel', { hasText: 'Open mailboxes' }).getByRole('row', { name: /bob@example.org/ })
    await held.first().getByRole('button', { name: 'End' }).click()
    await page.getByText('Ended.').waitFor()
    await bob.getByText(/Your session ended/).waitFor()
    await page.getByRole('link', { name: 'Audit trail' }).click()
    await page.getByRole('cell', { name: /account-added by alice@example.org/ }).waitFor()
    await page.getByRole('heading', { name: 'Mail removed and moved' }).waitFor()
    await page.getByRole('link', { name: 'Text index' }).click()
    await page.getByRole('button', { name: 'Build anew' }).first().click()
    await page.getByRole('dialog').getByRole('button', { name: 'Build anew' }).click()
    await page.getByText('It is being built anew.').waitFor()
    await page.getByRole('link', { name: 'Deliveries' }).click()
    await page.getByLabel('Sender or recipient').fill(BOB)
    await page.getByRole('button', { name: 'Show' }).click()
    await page.getByRole('cell', { name: '250 2.0.0 stored' }).first().waitFor()
    await page.locator('tbody tr').filter({ hasNotText: BOB }).first().waitFor({ state: 'detached' })
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      for (const where of [
        'admin/overview',
        'admin/accounts',
        'admin/sessions',
        'admin/lockouts',
        'admin/deliveries',
        'admin/index',
        'admin/audit',
      ]) {
        await page.goto(`http://127.0.0.1:${demo.http}/mail/#/${where}`)
        await page.locator(`.tabs a[aria-current][href="#/${where}"]`).waitFor()
        await accessible(page, `${where}, ${colorScheme}`)
      }
      await page.goto(`http://127.0.0.1:${demo.http}/mail/#/account`)
      await page.getByRole('heading', { name: 'Passwords for programs' }).waitFor()
      await accessible(page, `account, ${colorScheme}`)
      await page.goto(`http://127.0.0.1:${demo.http}/mail/#/`)
      await page.getByRole('listbox', { name: 'Messages' }).waitFor()
      await page.locator('.row').first().click()
      await page.locator('.message-head').waitFor()
      await page.getByRole('button', { name: 'More' }).click()
      await accessible(page, `menu, ${colorScheme}`)
      await page.keyboard.press('Escape')
      await page.keyboard.press('c')
      await accessible(page, `compose, ${colorScheme}`)
      await page.getByRole('button', { name: 'Discard' }).click()
    }
  })
})

async function pop3Session(port: number, user: string, password: string): Promise<{ closed: Promise<unknown> }> {
  const socket: Socket = connect(port, '127.0.0.1')
  const closed = once(socket, 'close')
  let text = ''
  const until = async (count: number): Promise<void> => {
    while ((text.match(/^\+OK/gm) ?? []).length < count) {
      const [piece] = await once(socket, 'data')
      text += String(piece)
    }
  }
  await until(1)
  socket.write(`USER ${user}\r\n`)
  await until(2)
  socket.write(`PASS ${password}\r\n`)
  await until(3)
  socket.resume()
  return { closed }
}

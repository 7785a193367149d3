import assert from 'node:assert/strict'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { ACCOUNTS, cli, type Demo, freePorts, removeHome, startDemo } from '../demo'
import { chromiumPath, openBrowser } from './browser'

const ALICE = 'alice@example.org'

describe('passkeys in Chromium', function () {
  this.timeout(60_000)
  let demo: Demo
  let browser: Browser
  const open: BrowserContext[] = []

  before(async function () {
    if (chromiumPath === undefined) {
      console.log('      skipped: there is no Chromium on this machine (apt-get install chromium)')
      this.skip()
    }
    const [port] = await freePorts(1)
    demo = await startDemo(['--http', String(port)])
    browser = await openBrowser()
  })
  after(async () => {
    for (const context of open.splice(0)) await context.close()
    await browser?.close()
    await demo?.stop()
    removeHome(demo)
  })

  /** A page whose browser has an authenticator that verifies its user; passkeys work on names only, and so not at 127.0.0.1. */
  async function newPage() {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
    open.push(context)
    const page = await context.newPage()
    page.setDefaultTimeout(15_000)
    const devtools = await context.newCDPSession(page)
    await devtools.send('WebAuthn.enable')
    const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    })
    const verify = (isUserVerified: boolean) =>
      devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified })
    return { page, verify, at: `http://localhost:${demo.http}/` }
  }
  async function byPassword(page: Page): Promise<void> {
    await page.getByLabel('Address').fill(ALICE)
    await page.getByLabel('Password').fill(ACCOUNTS[ALICE])
    await page.getByRole('button', { name: 'Log in', exact: true }).click()
  }
  const inMail = (page: Page) => page.getByRole('listitem').or(page.getByText('INBOX')).first().waitFor()

  it('makes one under Account, logs in with it alone and beside the password, and takes it away', async () => {
    const { page, verify, at } = await newPage()
    await page.goto(at)
    await byPassword(page)
    await inMail(page)
    await page.goto(`${at}#/account`)
    await page.getByLabel('Name of the device').fill('laptop')
    const panel = page.locator('section', { has: page.getByRole('heading', { name: 'Second factor' }) })
    await panel.getByLabel('Password').fill(ACCOUNTS[ALICE])
    await panel.getByRole('button', { name: 'Make a passkey' }).click()
    const codes = page.getByRole('dialog', { name: 'Recovery codes' })
    assert.match((await codes.locator('.secret').textContent()) ?? '', /^(\d{5}-\d{5}\s*){10}$/)
    await codes.getByRole('button', { name: 'Done' }).click()
    await panel.getByRole('cell', { name: 'laptop' }).waitFor()

    const logOut = async () => {
      await page.context().clearCookies()
      await page.goto(at)
      await page.getByRole('button', { name: 'Log in with a passkey' }).waitFor()
    }
    await logOut()
    await page.getByRole('button', { name: 'Log in with a passkey' }).click()
    await inMail(page)

    await logOut()
    await byPassword(page)
    await page.getByLabel(/recovery code/).waitFor()
    await verify(false)
    await page.getByRole('button', { name: 'Use a passkey' }).click()
    await page.getByRole('alert').getByText('No passkey was used.').waitFor()
    await verify(true)
    await page.getByRole('button', { name: 'Use a passkey' }).click()
    await inMail(page)

    const { stdout } = await cli(['accounts', 'show', ALICE, '--home', demo.home])
    assert.match(stdout, /second factor +passkeys\npasskey +laptop, made /)

    await page.goto(`${at}#/account`)
    await panel.getByRole('button', { name: 'Remove' }).click()
    const dialog = page.getByRole('dialog', { name: 'Remove laptop' })
    await dialog.getByLabel('Password').fill(ACCOUNTS[ALICE])
    await dialog.getByRole('button', { name: 'Remove' }).click()
    await panel.getByText('A second factor protects webmail').waitFor()
    assert.equal(await panel.getByRole('cell', { name: 'laptop' }).count(), 0)
  })
})

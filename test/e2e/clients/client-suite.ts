import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ImapFlow, type ImapFlowOptions } from 'imapflow'
import { createTransport } from 'nodemailer'
import { ACCOUNTS, type Demo, type DemoStore, installed, removeHome, startDemo, storeOrSkip } from '../demo'

type User = keyof typeof ACCOUNTS

export interface ClientSuite {
  readonly demo: Demo
  /** a folder for what the programs write */
  readonly work: string
  /** text with lines that begin with dots, one message for each subject */
  send(to: User, ...subjects: string[]): Promise<void>
  imapflow(user: User, more?: Partial<ImapFlowOptions>): ImapFlow
  /** one test with a program; skipped, visibly, where that is not installed */
  withClient(program: string, title: string, test: () => Promise<void>): void
}

/** A running server on one of the stores for the suite that calls this, ended after it. */
export function clientSuite(driver: string, args: readonly string[]): ClientSuite {
  let demo: Demo | undefined
  let work: string | undefined
  let store: DemoStore | undefined
  before(async function () {
    store = await storeOrSkip(driver)
    if (!store) return this.skip()
    demo = await startDemo([...args, ...store.args])
    work = mkdtempSync(path.join(tmpdir(), 'mailbox-clients-'))
  })
  after(async () => {
    await demo?.stop()
    removeHome(demo)
    await store?.drop()
    if (work) rmSync(work, { recursive: true, force: true })
  })
  const started = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('no server')
    return value
  }
  return {
    get demo() {
      return started(demo)
    },
    get work() {
      return started(work)
    },
    async send(to, ...subjects) {
      const { smtp } = started(demo)
      const transport = createTransport({ host: '127.0.0.1', port: smtp, ignoreTLS: true, name: 'localhost' })
      for (const subject of subjects)
        await transport.sendMail({ from: 's@example.net', to, subject, text: `${subject}\n.dot\n..dots\n` })
      transport.close()
    },
    imapflow: (user, more) =>
      new ImapFlow({
        host: '127.0.0.1',
        port: started(demo).imap,
        secure: false,
        doSTARTTLS: false,
        auth: { user, pass: ACCOUNTS[user] },
        logger: false,
        ...more,
      }),
    withClient(program, title, test) {
      it(`${program}: ${title}`, async function () {
        if (!installed(program)) {
          console.log(`      skipped: ${program} is not installed`)
          this.skip()
        }
        await test()
      })
    },
  }
}

import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ImapFlow } from 'imapflow'
import { createTransport } from 'nodemailer'
import { Wire } from '../../kit'
import { ACCOUNTS, cli, type Demo, installed, removeHome, run, startDemo } from '../demo'

const alice = 'alice@example.org'
const pass = ACCOUNTS[alice]

describe('an older copy of the store is put back', function () {
  this.timeout(120_000)
  const home = mkdtempSync(path.join(tmpdir(), 'mailbox-restored-'))
  const work = mkdtempSync(path.join(tmpdir(), 'mailbox-restored-client-'))
  const mail = path.join(home, 'mailbox-data/mail')
  let demo: Demo | undefined
  after(async () => {
    await demo?.stop()
    removeHome(demo)
    for (const folder of [home, work]) rmSync(folder, { recursive: true, force: true })
  })

  const running = (): Demo => {
    assert.ok(demo)
    return demo
  }
  async function send(...subjects: string[]): Promise<void> {
    const transport = createTransport({ host: '127.0.0.1', port: running().smtp, ignoreTLS: true })
    for (const subject of subjects)
      await transport.sendMail({ from: 's@example.net', to: alice, subject, text: 'body' })
    transport.close()
  }
  /** What a POP3 client that leaves mail on the server knows messages by. */
  async function uidls(): Promise<string[]> {
    const wire = new Wire(running().pop3)
    await wire.until(/\r\n/)
    wire.send(`USER ${alice}\r\nPASS ${pass}\r\nUIDL\r\nQUIT\r\n`)
    const said = await wire.end()
    return [...said.matchAll(/^\d+ (\S{16,})\r$/gm)].map(([, one]) => one ?? '')
  }
  /** @returns subjects that the client has */
  async function mbsync(): Promise<string[]> {
    const near = path.join(work, 'mail')
    mkdirSync(near, { recursive: true })
    const rc = path.join(work, 'mbsyncrc')
    const far = `IMAPAccount a\nHost 127.0.0.1\nPort ${running().imap}\nUser ${alice}\nPass "${pass}"\nSSLType None\nAuthMechs LOGIN\n`
    const stores = `\nIMAPStore far\nAccount a\n\nMaildirStore near\nPath ${near}/\nInbox ${near}/INBOX\n`
    writeFileSync(rc, `${far}${stores}\nChannel c\nFar :far:\nNear :near:\nSync Pull\nCreate Near\nSyncState *\n`)
    const done = await run('mbsync', ['-c', rc, '-a'], { env: { HOME: work } })
    assert.equal(done.code, 0, done.stderr)
    const files = ['new', 'cur'].flatMap((part) => {
      const folder = path.join(near, 'INBOX', part)
      return existsSync(folder) ? readdirSync(folder).map((name) => path.join(folder, name)) : []
    })
    return files.map((file) => /^Subject: (.*)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? '').sort()
  }
  async function imap<T>(work: (client: ImapFlow) => Promise<T>): Promise<T> {
    const auth = { user: alice, pass }
    const port = running().imap
    const client = new ImapFlow({ host: '127.0.0.1', port, secure: false, doSTARTTLS: false, auth, logger: false })
    await client.connect()
    try {
      await client.mailboxOpen('INBOX')
      return await work(client)
    } finally {
      await client.logout()
    }
  }

  it('no number is given twice: mbsync and POP3 clients get the new mail, and nothing again', async function () {
    if (!installed('mbsync')) this.skip()
    demo = await startDemo(['--nodes', '0'], home)
    await send('one', 'two')
    assert.deepEqual(await mbsync(), ['one', 'two'])
    const old = await uidls()
    assert.equal(old.length, 2)
    const copy = path.join(work, 'copy')
    const made = await cli(['backup', copy, '--home', home])
    assert.equal(made.code, 0, made.stderr)

    await send('lost 1', 'lost 2')
    const lost = await uidls()
    await imap((client) => client.messageFlagsAdd('1', ['\\Flagged']))
    assert.deepEqual(await mbsync(), ['lost 1', 'lost 2', 'one', 'two'])
    const seen = await imap(async (client) => (client.mailbox ? client.mailbox.highestModseq : undefined))
    assert.ok(seen)
    await demo.stop()

    rmSync(mail, { recursive: true })
    mkdirSync(mail)
    cpSync(copy, mail, { recursive: true })
    const refused = await startDemo(['--nodes', '0'], home)
    const busy = await cli(['restored', '--home', home])
    assert.equal(busy.code, 1)
    assert.match(busy.stderr, /stop Haraka on all hosts first/)
    await refused.stop()
    const done = await cli(['restored', '--home', home])
    assert.equal(done.code, 0, done.stderr)
    assert.match(done.stdout, /^2 accounts: 1000000 UIDs, mod-sequences, UIDVALIDITYs and object ids are left out$/m)
    const checked = await cli(['check', '--home', home])
    assert.match(checked.stdout, /all is well/)

    demo = await startDemo(['--nodes', '0'], home)
    await send('new')
    assert.deepEqual(
      await mbsync(),
      ['lost 1', 'lost 2', 'new', 'one', 'two'],
      'what the client has it keeps; new mail comes',
    )
    const now = await uidls()
    assert.deepEqual(now.slice(0, 2), old)
    assert.equal(now.length, 3)
    assert.ok(!lost.includes(now[2] ?? ''))
    const changed = await imap(async (client) => {
      const found: string[] = []
      for await (const { uid, flags } of client.fetch('1:*', { uid: true, flags: true }, { changedSince: seen }))
        found.push(`${uid} ${[...(flags ?? [])].filter((flag) => flag !== '\\Recent').join()}`)
      return found
    })
    assert.deepEqual(changed, ['1 ', '2 ', '1000003 '], 'flags that were set since are known to be gone')
  })
})

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createTransport } from 'nodemailer'
import { Wire } from '../../kit'
import { ACCOUNTS, cli, type Demo, freePorts, installed, removeHome, run, startDemo } from '../demo'

const alice = 'alice@example.org'
const OK = /^OK\b.*\r\n/m

describe('ManageSieve in Haraka', function () {
  this.timeout(60_000)
  let demo: Demo
  let port: number
  let work: string
  before(async () => {
    work = mkdtempSync(path.join(tmpdir(), 'mailbox-sieve-'))
    port = (await freePorts(1))[0] ?? 0
    demo = await startDemo(['--nodes', '1', '--sieve', String(port)])
  })
  after(async () => {
    await demo?.stop()
    removeHome(demo)
    rmSync(work, { recursive: true, force: true })
  })

  it('a script put by a client files the next message; the command sees the same scripts; lockouts count here too', async () => {
    const wire = new Wire(port)
    const greeting = await wire.until(OK)
    assert.match(greeting, /^"STARTTLS"\r\n/m)
    assert.match(greeting, /^"SASL" ".*SCRAM-SHA-256.*"\r\n/m)
    const secret = Buffer.from(`\0${alice}\0${ACCOUNTS[alice]}`).toString('base64')
    const script = 'require "fileinto"; if header :contains "subject" "bill" { fileinto "Archive"; }'
    wire.send(`AUTHENTICATE "PLAIN" "${secret}"\r\nPUTSCRIPT "main" {${script.length}+}\r\n${script}\r\n`)
    wire.send('SETACTIVE "main"\r\nNOOP "done"\r\n')
    const answers = await wire.until(/TAG "done".*\r\n/)
    assert.equal(answers.match(/^OK/gm)?.length, 4, answers)
    const mail = createTransport({ host: '127.0.0.1', port: demo.smtp, tls: { rejectUnauthorized: false } })
    await mail.sendMail({ from: 's@example.net', to: alice, subject: 'a bill', text: 'x' })
    const listed = await cli(['rules', 'list', alice, '--home', demo.home])
    assert.equal(listed.stdout, 'main  (active)\n')
    assert.equal((await cli(['rules', 'show', alice, '--home', demo.home])).stdout, script)
    const other = path.join(work, 'other.sieve')
    writeFileSync(other, 'keep;')
    assert.equal((await cli(['rules', 'put', alice, other, '--script', 'two', '--home', demo.home])).code, 0)
    wire.send('LISTSCRIPTS\r\n')
    assert.match(await wire.until(/LISTSCRIPTS completed/), /^"main"\r\n"two" ACTIVE\r\nOK/)
    wire.close()

    const imap = new Wire(demo.imap)
    imap.send(`a LOGIN ${alice} "${ACCOUNTS[alice]}"\r\nb STATUS Archive (MESSAGES)\r\n`)
    assert.match(await imap.until(/^b .*\r\n/m), /\* STATUS Archive \(MESSAGES 1\)/)
    imap.close()

    const wrong = new Wire(port)
    await wrong.until(OK)
    const guess = (n: number): string => Buffer.from(`\0${alice}\0guess${n}`).toString('base64')
    for (const n of [1, 2, 3]) wrong.send(`AUTHENTICATE "PLAIN" "${guess(n)}"\r\n`)
    assert.match(await wrong.until(/^BYE.*\r\n/m), /^(NO "Authentication failed\."\r\n){2}BYE/)
    wrong.close()
    // The fourth failure bars the account for this network; the right password hears the same.
    const barred = new Wire(port)
    await barred.until(OK)
    barred.send(`AUTHENTICATE "PLAIN" "${guess(4)}"\r\nAUTHENTICATE "PLAIN" "${secret}"\r\n`)
    assert.equal(await barred.until(/(NO.*\r\n){2}/), 'NO "Authentication failed."\r\n'.repeat(2))
    barred.close()
  })

  it('sieve-connect logs in by STARTTLS, puts, activates, lists and reads', async function () {
    if (!installed('sieve-connect')) return this.skip()
    const file = path.join(work, 'bob.sieve')
    writeFileSync(file, '# by sieve-connect\nkeep;\n')
    const connect = (...args: string[]) =>
      run(
        'sieve-connect',
        [
          ...['--server', '127.0.0.1', '--port', String(port), '--user', 'bob@example.org', '--passwordfd', '0'],
          ...['--notlsverify', '--nosslverify', ...args],
        ],
        { input: `${ACCOUNTS['bob@example.org']}\n` },
      )
    const put = await connect('--localsieve', file, '--remotesieve', 'from client', '--upload')
    assert.equal(put.code, 0, put.stderr)
    assert.equal((await connect('--remotesieve', 'from client', '--activate')).code, 0)
    assert.match((await connect('--list')).stdout, /"from client" ACTIVE/)
    const shown = await cli(['rules', 'show', 'bob@example.org', '--home', demo.home])
    assert.match(shown.stdout, /^# by sieve-connect\r?\nkeep;/)
  })
})

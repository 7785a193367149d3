import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { ImapFlow } from 'imapflow'
import { createTransport } from 'nodemailer'
import { packageRoot } from '../../../lib/package-root'
import { Wire } from '../../kit'
import { ACCOUNTS, type Demo, freePorts, removeHome, run, startDemo } from '../demo'

const ALICE = 'alice@example.org'
const PASS = ACCOUNTS[ALICE]
const HOST = '127.0.0.1'
const LONG = process.env.MAILBOX_LONG !== undefined
const CACHE = path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'haraka-plugin-mailbox')

/** The one beside this package, and one of each minor release. */
const INSTALLED = 'installed'
const OLDEST = 'Haraka@3.0.4'
const ALL_HARAKAS = [INSTALLED, OLDEST, 'Haraka@3.1.7', 'Haraka@3.2.1', 'haraka@3.3.0']
const HARAKAS = LONG ? ALL_HARAKAS : [INSTALLED, OLDEST]
const TOO_OLD = LONG ? ['Haraka@3.0.0', 'Haraka@3.0.3'] : []
const RUNNING = `${process.versions.node.split('.')[0]}`
const ALL_NODES = ['20', '22', '24']
const NODES = LONG ? ALL_NODES : [RUNNING]

/** Packages in a folder of the user's cache, installed once; undefined, and a line that says so, without a registry. */
async function cached(...packages: string[]): Promise<string | undefined> {
  const folder = path.join(CACHE, packages.join('+').replaceAll('/', '-'))
  if (existsSync(folder)) return path.join(folder, 'node_modules')
  const work = `${folder}.${process.pid}`
  mkdirSync(work, { recursive: true })
  writeFileSync(path.join(work, 'package.json'), '{"private":true}')
  const options = ['--no-audit', '--no-fund', '--ignore-scripts', '--omit=optional', '--omit=peer', '--prefer-offline']
  const { code, stderr } = await run('npm', ['install', ...options, ...packages], { cwd: work, timeout: 240_000 })
  if (code !== 0) {
    console.log(`      skipped: npm install ${packages.join(' ')}: ${stderr.trim().split('\n')[0]}`)
    rmSync(work, { recursive: true, force: true })
    return undefined
  }
  renameSync(work, folder)
  return path.join(folder, 'node_modules')
}

/** The folder of a Haraka. */
async function harakaOf(spec: string): Promise<string | undefined> {
  if (spec === INSTALLED) return path.dirname(require.resolve('haraka/package.json'))
  const modules = await cached(spec, 'express@5')
  return modules && path.join(modules, spec.split('@')[0] ?? '')
}

async function nodeOf(major: string): Promise<string | undefined> {
  if (major === RUNNING) return process.execPath
  // Its program is a package for each machine, which npm would leave out with the optional ones.
  const name = `node-${process.platform}-${process.arch}`
  const modules = await cached(`${name}@${major}`)
  return modules && path.join(modules, name, 'bin/node')
}

const message = (subject: string) => ({ from: 's@example.net', to: ALICE, subject, text: 'hello' })

async function send(port: number, subject: string, more: object = {}): Promise<void> {
  const mail = createTransport({ host: HOST, port, name: 'localhost', tls: { rejectUnauthorized: false }, ...more })
  await mail.sendMail(message(subject)).finally(() => mail.close())
}

async function subjectsByImap(port: number): Promise<string[]> {
  const auth = { user: ALICE, pass: PASS }
  const client = new ImapFlow({ host: HOST, port, auth, logger: false, tls: { rejectUnauthorized: false } })
  await client.connect()
  await client.mailboxOpen('INBOX')
  const subjects: string[] = []
  for await (const { envelope } of client.fetch('1:*', { envelope: true })) subjects.push(envelope?.subject ?? '')
  await client.logout()
  return subjects
}

async function uidsByPop3(port: number): Promise<number> {
  const { default: Pop3 } = await import('node-pop3')
  const client = new Pop3({ host: HOST, port, user: ALICE, password: PASS })
  const uids = await client.UIDL()
  await client.QUIT()
  return uids.length
}

async function putScript(port: number): Promise<void> {
  const wire = new Wire(port)
  await wire.until(/^OK.*\r\n/m)
  const secret = Buffer.from(`\0${ALICE}\0${PASS}`).toString('base64')
  wire.send(`AUTHENTICATE "PLAIN" "${secret}"\r\nPUTSCRIPT "main" "keep;"\r\nLOGOUT\r\n`)
  assert.equal((await wire.end()).match(/^OK/gm)?.length, 3)
}

async function overHttp(port: number): Promise<void> {
  const url = `http://${HOST}:${port}`
  const body = JSON.stringify({ user: ALICE, password: PASS })
  const headers = { 'content-type': 'application/json' }
  const opened = await fetch(`${url}/api/v1/session`, { method: 'POST', body, headers })
  assert.equal(opened.status, 200, await opened.text())
  const cookie = opened.headers.getSetCookie()[0]?.split(';')[0] ?? assert.fail('no cookie')
  const mailboxes = await fetch(`${url}/api/v1/mailboxes`, { headers: { cookie } })
  assert.equal(mailboxes.status, 200)
  assert.match(await mailboxes.text(), /INBOX/)
  assert.equal((await fetch(`${url}/healthz`)).status, 200)
}

for (const spec of HARAKAS) {
  for (const major of NODES) {
    describe(`Haraka ${spec} on Node ${major}`, function () {
      this.timeout(300_000)
      let demo: Demo | undefined
      afterEach(async () => {
        await demo?.stop()
        removeHome(demo)
        demo = undefined
      })

      it('takes mail by SMTP, AUTH and LMTP, and gives it to IMAP, POP3 and webmail; takes a Sieve script', async function () {
        const [haraka, node] = [await harakaOf(spec), await nodeOf(major)]
        if (!haraka || !node) return this.skip()
        const [http, sieve] = await freePorts(2)
        const listeners = ['--http', String(http), '--sieve', String(sieve)]
        demo = await startDemo(['--haraka', haraka, '--nodes', '1', ...listeners], undefined, node)
        await send(demo.smtp, 'by smtp')
        await send(demo.submission, 'by auth', { requireTLS: true, auth: { user: ALICE, pass: PASS } })
        await send(demo.lmtp, 'by lmtp', { lmtp: true })
        assert.deepEqual((await subjectsByImap(demo.imap)).sort(), ['by auth', 'by lmtp', 'by smtp'])
        assert.equal(await uidsByPop3(demo.pop3), 3)
        await putScript(sieve ?? 0)
        await overHttp(http ?? 0)
        assert.equal(await demo.stop(), 0)
      })
    })
  }
}

it('package.json and README say which Haraka and Node are tested', () => {
  const { peerDependencies, engines } = JSON.parse(readFileSync(path.join(packageRoot, 'package.json'), 'utf8'))
  const oldest = OLDEST.split('@')[1]
  assert.equal(peerDependencies.Haraka, `>=${oldest} <4`)
  assert.equal(engines.node, '>=20.19')
  const readme = readFileSync(path.join(packageRoot, 'README.md'), 'utf8')
  const { version } = JSON.parse(readFileSync(require.resolve('haraka/package.json'), 'utf8'))
  const versions = [...ALL_HARAKAS.slice(1).map((spec) => spec.split('@')[1]), version]
  assert.ok(readme.includes(`| ${versions.join(', ')} |`), `README.md: ${versions.join(', ')}`)
  assert.ok(readme.includes(`| ${ALL_NODES.join(', ')} |`))
})

for (const spec of TOO_OLD) {
  it(`Haraka ${spec} is told that it is too old`, async function () {
    this.timeout(300_000)
    const haraka = await harakaOf(spec)
    if (!haraka) return this.skip()
    const sentence = `mailbox/store needs Haraka 3.0.4 or later; this is ${spec.split('@')[1]}`
    await assert.rejects(startDemo(['--haraka', haraka]), (error: Error) => error.message.includes(sentence))
  })
}

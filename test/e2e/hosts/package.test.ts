import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { packageRoot } from '../../../lib/package-root'
import { freePorts, run } from '../demo'

/** what `init` adds; the other lines open listeners that not everybody wants */
const LINES = ['store', 'locks', 'login', 'deliver', 'pop3', 'imap', 'http'] as const
const ALL_LINES = [...LINES, 'lmtp', 'sieve'] as const

/** The way of an operator: `haraka -i`, `npm install <tarball>`, `haraka-mailbox init`, `accounts add`, start. */
describe('the packed package in a Haraka home', function () {
  this.timeout(120_000)
  let work: string
  let home: string
  const node = (args: readonly string[], input?: string): ReturnType<typeof run> =>
    run(process.execPath, args, input === undefined ? {} : { input })
  const haraka = path.join(path.dirname(require.resolve('haraka/package.json')), 'bin/haraka')
  const mailbox = (): string => path.join(home, 'node_modules/haraka-plugin-mailbox/dist/lib/cli/main.js')

  before(async () => {
    work = mkdtempSync(path.join(tmpdir(), 'mailbox-package-'))
    home = path.join(work, 'home')
    const made = await node([haraka, '-i', home])
    assert.equal(made.code, 0, made.stderr)
    const packed = await run('npm', ['pack', '--ignore-scripts', '--pack-destination', work], { cwd: packageRoot })
    assert.equal(packed.code, 0, packed.stderr)
    const tarball = readdirSync(work).find((name) => name.endsWith('.tgz')) ?? 'no tarball'
    // What npm would install, without asking a registry again: the tarball's files, and our packages beside them.
    const modules = path.join(home, 'node_modules')
    const target = path.join(modules, 'haraka-plugin-mailbox')
    await run('mkdir', ['-p', target])
    const unpacked = await run('tar', ['-xzf', path.join(work, tarball), '-C', target, '--strip-components=1'])
    assert.equal(unpacked.code, 0, unpacked.stderr)
    symlinkSync(path.join(packageRoot, 'node_modules'), path.join(target, 'node_modules'))
  })
  after(() => rmSync(work, { recursive: true, force: true }))

  it('holds what runs, and no tests', () => {
    const target = path.join(home, 'node_modules/haraka-plugin-mailbox')
    for (const name of ALL_LINES) assert.ok(existsSync(path.join(target, name, 'package.json')), `${name}/package.json`)
    assert.ok(!existsSync(path.join(target, 'dist/test')))
    assert.ok(!existsSync(path.join(target, 'test')))
  })

  it('gives its types to a TypeScript project, and a path for each of its doors', async () => {
    const project = path.join(work, 'project')
    mkdirSync(project)
    symlinkSync(path.join(home, 'node_modules'), path.join(project, 'node_modules'))
    writeFileSync(
      path.join(project, 'use.ts'),
      `import { openMailboxes } from 'haraka-plugin-mailbox'
import type { MailboxNotes, Store, StoreDriver } from 'haraka-plugin-mailbox/api'
import { repairConformance, storeConformance } from 'haraka-plugin-mailbox/store-conformance'
export const names = async (notes: MailboxNotes): Promise<string[]> => {
  const found: string[] = []
  for await (const { name } of notes.store.accounts.list()) found.push(name)
  return found
}
export const store = async (home: string): Promise<Store> => (await openMailboxes({ home })).store
export const driver = (other: StoreDriver): string => other.facts.name
// @ts-expect-error a store has no such thing
export const wrong = (notes: MailboxNotes): unknown => notes.store.nothing
export const suites = [storeConformance, repairConformance]
`,
    )
    const types = path.join(home, 'node_modules/@types')
    mkdirSync(types, { recursive: true })
    symlinkSync(path.join(packageRoot, 'node_modules/@types/node'), path.join(types, 'node'))
    // The last one reads no `exports`; TypeScript 7 has no such resolution any more.
    const ways = [
      ['typescript7', { module: 'node16' }],
      ['typescript7', { module: 'esnext', moduleResolution: 'bundler' }],
      ['typescript', { module: 'commonjs', moduleResolution: 'node10', ignoreDeprecations: '6.0' }],
    ] as const
    for (const [compiler, resolution] of ways) {
      const options = { ...resolution, target: 'es2022', strict: true, noEmit: true, types: ['node'] }
      writeFileSync(
        path.join(project, 'tsconfig.json'),
        JSON.stringify({ compilerOptions: options, files: ['use.ts'] }),
      )
      const tsc = path.join(packageRoot, 'node_modules', compiler, 'bin/tsc')
      const compiled = await run(process.execPath, [tsc, '-p', project])
      assert.equal(compiled.stdout + compiled.stderr, '', JSON.stringify(resolution))
    }
    const doors = ['.', './api', './store-conformance', './plugins/pop3', './package.json']
    const script = doors.map((door) => `require(${JSON.stringify(path.posix.join('haraka-plugin-mailbox', door))})`)
    const loaded = await run(process.execPath, ['-e', script.join(';')], { cwd: project })
    assert.equal(loaded.code, 0, loaded.stderr)
  })

  it('is packed as publint wants it', async () => {
    const { publint } = await import('publint')
    const { messages } = await publint({ pkgDir: path.join(home, 'node_modules/haraka-plugin-mailbox'), pack: false })
    assert.deepEqual(messages, [])
  })

  it('init shows, then adds, then has nothing to do', async () => {
    const plugins = path.join(home, 'config/plugins')
    const before = readFileSync(plugins, 'utf8')
    const dry = await node([mailbox(), 'init', '--home', home, '--dry-run'])
    assert.match(dry.stdout, /mailbox\/imap/)
    assert.equal(readFileSync(plugins, 'utf8'), before)
    assert.equal((await node([mailbox(), 'init', '--home', home])).code, 0)
    const after = readFileSync(plugins, 'utf8')
    assert.ok(after.startsWith(before))
    assert.deepEqual(
      after.match(/^mailbox\/\w+$/gm),
      LINES.map((name) => `mailbox/${name}`),
    )
    const again = await node([mailbox(), 'init', '--home', home])
    assert.match(again.stdout, /nothing to do/)
    assert.equal(readFileSync(plugins, 'utf8'), after)
  })

  it('accounts can be added, listed, changed and removed', async () => {
    const accounts = (...args: string[]): string[] => [mailbox(), 'accounts', ...args, '--home', home]
    assert.equal((await node(accounts('add', 'Carol@example.org', '--password-stdin'), 'long s3cret\n')).code, 0)
    const twice = await node(accounts('add', 'carol@example.org', '--password-stdin'), 'long enough\n')
    assert.equal(twice.code, 1)
    assert.match(twice.stderr, /exists already/)
    const list = await node(accounts('list', '--json'))
    assert.deepEqual(JSON.parse(list.stdout), [
      { name: 'carol@example.org', messages: 0, bytes: 0, disabled: false, admin: false },
    ])
    assert.equal(
      (await node(accounts('set', 'carol@example.org', '--disable', '--override', 'lock.mode=pop3'))).code,
      0,
    )
    assert.equal(JSON.parse((await node(accounts('list', '--json'))).stdout)[0].disabled, true)
    assert.match(
      (await node(accounts('set', 'carol@example.org', '--override', 'lock.nonsense=1'))).stderr,
      /lock\.nonsense=1: expected one of/,
    )
    assert.match((await node([mailbox(), 'check', '--home', home])).stdout, /1 account checked, all is well/)
    assert.match((await node(accounts('passwd', 'carol@example.org', '--generate'))).stdout, /^password: \S{12,}/)
    assert.equal((await node(accounts('remove', 'carol@example.org', '--yes'))).code, 0)
    assert.match((await node(accounts('list'))).stdout, /no accounts yet/)
  })

  it('serves POP3 and IMAP from that home', async () => {
    const [smtp, pop3, imap] = await freePorts(3)
    appendFileSync(path.join(home, 'config/smtp.ini'), `\n[main]\nlisten=127.0.0.1:${smtp}\nnodes=0\n`)
    // Plugins that look things up in the network have no place in this test.
    writeFileSync(path.join(home, 'config/plugins'), LINES.map((name) => `mailbox/${name}\n`).join(''))
    for (const [name, port] of [
      ['pop3', pop3],
      ['imap', imap],
    ] as const) {
      writeFileSync(
        path.join(home, `config/mailbox_${name}.ini`),
        `[main]\nlisten=127.0.0.1:${port}\nlisten_tls=none\n`,
      )
    }
    const child = spawn(process.execPath, [haraka, '-c', home], { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      for await (const line of createInterface({ input: child.stdout })) {
        if (/Listening on .*:\d+/i.test(line) || /imap.*listen/i.test(line)) {
          if (await greets(imap ?? 0)) break
        }
      }
      assert.match(await greeting(imap ?? 0), /^\* OK /)
      assert.match(await greeting(pop3 ?? 0), /^\+OK /)
    } finally {
      child.kill('SIGINT')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    }
  })

  it('says which line is missing, and does not start', async () => {
    writeFileSync(path.join(home, 'config/plugins'), 'mailbox/store\nmailbox/imap\n')
    const done = await node([haraka, '-c', home])
    assert.notEqual(done.code, 0)
    assert.match(done.stdout + done.stderr, /mailbox\/imap needs the line 'mailbox\/locks' above it in config\/plugins/)
  })
})

function greeting(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', reject)
    socket.once('data', (data) => {
      resolve(data.toString('latin1'))
      socket.destroy()
    })
  })
}

const greets = (port: number): Promise<boolean> =>
  greeting(port).then(
    () => true,
    () => false,
  )

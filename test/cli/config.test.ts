import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { checkHome, inForce } from '../../lib/cli/config/command'
import { findingLine } from '../../lib/cli/config/finding'
import { silentLog } from '../../lib/terms/ports'
import { homeAt } from '../../lib/wiring/home'

const PLUGINS = 'mailbox/store\nmailbox/locks\nmailbox/login\nmailbox/pop3\n'

describe('config check and show', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'mailbox-config-'))
    mkdirSync(path.join(folder, 'config'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  function home(files: Record<string, string>) {
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, 'config', name), text)
    return homeAt(folder, silentLog)
  }
  async function wrong(files: Record<string, string>): Promise<readonly string[]> {
    const findings = await checkHome(
      home({ 'mailbox_pop3.ini': 'listen = none\nlisten_tls = none\n', ...files }),
      Date.now(),
    )
    return findings.filter(({ level }) => level === 'error').map(findingLine)
  }

  it('finds nothing wrong with what init writes', async () => {
    assert.deepEqual(await wrong({ plugins: PLUGINS }), [])
  })

  it('names each mistake of a setting once, with its file', async () => {
    const files = {
      plugins: PLUGINS,
      'mailbox_locks.ini': 'mode = loose\nfoo = 1\n',
      'mailbox_store.ini': 'driver = paper\n',
    }
    const lines = await wrong(files)
    assert.equal(lines.length, 3, lines.join('\n'))
    assert.ok(
      lines.includes('ERROR   config/mailbox_locks.ini: main.mode = loose: expected one of strict, pop3, snapshot'),
    )
    assert.ok(lines.includes('ERROR   config/mailbox_locks.ini: unknown setting main.foo'))
    assert.ok(lines.some((line) => line.includes('paper')))
  })

  it('names lines of config/plugins that are missing, unknown, or in the wrong order', async () => {
    assert.deepEqual(await wrong({ plugins: 'mailbox/login\nmailbox/store\nmailbox/pop3\nmailbox/popp\n' }), [
      'ERROR   config/plugins: mailbox/store must stand above mailbox/login: move the line up',
      'ERROR   config/plugins: mailbox/pop3 needs the line mailbox/locks above it',
      'ERROR   config/plugins: there is no plugin mailbox/popp; ours are store, locks, login, deliver, lmtp, pop3, imap, sieve, http',
    ])
    assert.match((await wrong({ plugins: 'tls\n' }))[0] ?? '', /run haraka-mailbox init/)
  })

  it('says which ports are in use, and which are no ports', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    assert.ok(address && typeof address === 'object')
    const { port } = address
    const ini = `listen = 127.0.0.1:${port}, pop:x\nlisten_tls = none\n`
    const lines = (await checkHome(home({ plugins: PLUGINS, 'mailbox_pop3.ini': ini }), Date.now())).map(findingLine)
    await new Promise((resolve) => server.close(resolve))
    assert.ok(
      lines.some((line) => line.startsWith('WARNING') && line.includes(`127.0.0.1:${port} is in use`)),
      lines.join('\n'),
    )
    assert.ok(lines.includes('ERROR   config/mailbox_pop3.ini: pop:x is no address:port'))
  })

  it('shows what is in force, where it comes from, and no password', () => {
    const all = inForce(
      home({
        plugins: PLUGINS,
        'mailbox_store.ini': '[postgres]\nurl = postgres://mail:tops3cret@db/mail\n',
        'mailbox_login.ini': '[ldap]\nbind_password = tops3cret\n',
        'mailbox_locks.ini': 'mode = pop3\n',
      }),
    )
    const of = (file: string, key: string) => all.find((one) => one.file === file && one.key === key)
    assert.deepEqual(of('mailbox_locks.ini', 'main.mode'), {
      ...{ file: 'mailbox_locks.ini', key: 'main.mode', given: 'pop3', fallback: 'strict', value: 'pop3' },
    })
    assert.equal(of('mailbox_login.ini', 'main.cache')?.value, '10min')
    assert.equal(of('mailbox_login.ini', 'main.cache')?.given, undefined)
    assert.doesNotMatch(JSON.stringify(all), /tops3cret/)
    assert.ok(all.length > 100, `${all.length}`)
  })
})

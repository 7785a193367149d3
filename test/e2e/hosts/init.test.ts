import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ImapFlow } from 'imapflow'
import { createTransport } from 'nodemailer'
import { waitForPorts } from '../../../lib/cli/demo/wait'
import { packageRoot } from '../../../lib/package-root'
import { ROOT, slapdOrSkip } from '../../login/directories/slapd'
import { cli, freePorts, run } from '../demo'

const HARAKA = path.join(path.dirname(require.resolve('haraka/package.json')), 'bin/haraka')

/** A home as `haraka -i` makes it, of an operator who has AUTH by one of Haraka's plugins. */
class Home {
  readonly folder = path.join(mkdtempSync(path.join(tmpdir(), 'mailbox-init-')), 'home')
  private ports: number[] = []
  private haraka: ChildProcess | undefined

  async make(authLine: string, files: Readonly<Record<string, string>>): Promise<void> {
    const made = await run(process.execPath, [HARAKA, '-i', this.folder])
    assert.equal(made.code, 0, made.stderr)
    this.put('host_list', 'example.org\n')
    // What looks things up in the network has no place in this test; the operator's line stands where Haraka's comment shows it.
    const plugins = this.read('plugins')
      .replace(/^mail_from\.is_resolvable$/m, '# $&')
      .replace(/^# auth\/flat_file$/m, `  ${authLine}  # our users`)
    assert.match(plugins, /our users/)
    this.put('plugins', plugins)
    for (const [name, text] of Object.entries(files)) this.put(name, text)
    const modules = path.join(this.folder, 'node_modules')
    mkdirSync(modules, { recursive: true })
    symlinkSync(packageRoot, path.join(modules, 'haraka-plugin-mailbox'))
  }
  private at = (name: string): string => path.join(this.folder, 'config', name)
  read = (name: string): string => readFileSync(this.at(name), 'utf8')
  mode = (name: string): number => statSync(this.at(name)).mode & 0o777
  put = (name: string, text: string): void => writeFileSync(this.at(name), text)
  /** every file of config/ */
  all = (): Record<string, string> =>
    Object.fromEntries(
      readdirSync(path.join(this.folder, 'config'), { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => [name, this.read(name)]),
    )
  init = (...args: string[]) => cli(['init', '--home', this.folder, ...args])
  accounts = (...args: string[]) => cli(['accounts', ...args, '--home', this.folder])

  async start(): Promise<void> {
    this.ports = await freePorts(3)
    const [smtp, pop3, imap] = this.ports
    appendFileSync(this.at('smtp.ini'), `\n[main]\nlisten=127.0.0.1:${smtp}\nnodes=0\n`)
    this.put('plugins', this.read('plugins').replace(/^mailbox\/http$/m, ''))
    this.put('mailbox_pop3.ini', `[main]\nlisten=127.0.0.1:${pop3}\nlisten_tls=none\n`)
    this.put('mailbox_imap.ini', `[main]\nlisten=127.0.0.1:${imap}\nlisten_tls=none\n`)
    this.haraka = spawn(process.execPath, [HARAKA, '-c', this.folder], { stdio: ['ignore', 'ignore', 'inherit'] })
    const over = new AbortController()
    this.haraka.once('exit', () => over.abort())
    assert.deepEqual(await waitForPorts('127.0.0.1', this.ports, 30_000, over.signal), [])
  }
  async stop(): Promise<void> {
    const child = this.haraka
    if (child && child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit')
      child.kill('SIGINT')
      await exited
    }
    rmSync(path.dirname(this.folder), { recursive: true, force: true })
  }

  /** By which of SMTP AUTH, POP3 and IMAP this password comes in; and what AUTH is offered how often. */
  async opened(user: string, pass: string): Promise<readonly string[]> {
    const [smtp = 0, pop3 = 0, imap = 0] = this.ports
    const host = '127.0.0.1'
    const ways: Readonly<Record<string, () => Promise<unknown>>> = {
      smtp: async () => {
        const transport = createTransport({
          host,
          port: smtp,
          ignoreTLS: true,
          name: 'localhost',
          auth: { user, pass },
        })
        await transport.verify().finally(() => transport.close())
      },
      pop3: async () => {
        const { default: Pop3 } = await import('node-pop3')
        const client = new Pop3({ host, port: pop3, user, password: pass })
        await client.UIDL()
        await client.QUIT()
      },
      imap: async () => {
        const client = new ImapFlow({
          host,
          port: imap,
          secure: false,
          doSTARTTLS: false,
          auth: { user, pass },
          logger: false,
        })
        await client.connect()
        await client.mailboxOpen('INBOX')
        await client.logout()
      },
    }
    const results: string[] = []
    for (const [name, way] of Object.entries(ways)) {
      await way().then(
        () => results.push(name),
        () => undefined,
      )
    }
    return results
  }
}

const ALL = ['smtp', 'pop3', 'imap']

/** `init` on a home, first shown, then not without leave, then done, then with nothing left to do. */
async function takesOver(home: Home): Promise<string> {
  const before = home.all()
  const dry = await home.init('--dry-run')
  assert.equal(dry.code, 0, dry.stderr)
  assert.deepEqual(home.all(), before)
  const unasked = await home.init()
  assert.equal(unasked.code, 1)
  assert.match(unasked.stderr, /nothing was changed: --yes/)
  assert.deepEqual(home.all(), before)
  assert.ok(!existsSync(path.join(home.folder, 'mailbox-data')))
  const done = await home.init('--yes')
  assert.equal(done.code, 0, done.stdout + done.stderr)
  const after = home.all()
  const again = await home.init()
  assert.equal(again.code, 0, again.stderr)
  assert.match(again.stdout, /nothing to do/)
  assert.deepEqual(home.all(), after)
  for (const [name, text] of Object.entries(before)) if (name !== 'plugins') assert.equal(after[name], text, name)
  return dry.stdout
}

/** Plugins of config/plugins that are switched on. */
const active = (home: Home): string[] =>
  home
    .read('plugins')
    .match(/^\s*[^#\s]+/gm)
    ?.map((line) => line.trim()) ?? []

describe('init on the home of an operator who has AUTH already', function () {
  this.timeout(120_000)
  let home: Home
  beforeEach(() => {
    home = new Home()
  })
  afterEach(() => home.stop())

  it('flat file: users become accounts with hashed passwords and log in everywhere, by their short names too', async () => {
    await home.make('auth/flat_file', {
      'auth_flat_file.ini':
        '[core]\nmethods=CRAM-MD5,PLAIN\n\n[users]\nmatt=sesame open\nAnn@example.net=wonder land\n',
    })
    const plan = await takesOver(home)
    assert.match(plan, /^-\s+auth\/flat_file {2}# our users$/m)
    assert.match(plan, /^\+mailbox\/login$/m)
    assert.match(plan, /^\+default_domain = example\.org$/m)
    assert.match(plan, /^\+matt@example\.org$/m)
    assert.match(plan, /auth_flat_file\.ini holds clear passwords .* delete it/)
    assert.match(plan, /no CRAM-MD5/)
    assert.doesNotMatch(plan, /sesame|wonder/)
    assert.ok(!active(home).includes('auth/flat_file'))
    await home.start()
    assert.deepEqual(await home.opened('matt', 'sesame open'), ALL)
    assert.deepEqual(await home.opened('matt@example.org', 'sesame open'), ALL)
    assert.deepEqual(await home.opened('ann@example.net', 'wonder land'), ALL)
    assert.deepEqual(await home.opened('ann@example.net', 'sesame open'), [])
  })

  it('flat file: a user without a domain stops it before anything is taken out, and it can be run again', async () => {
    await home.make('auth/flat_file', {
      'auth_flat_file.ini': '[users]\nmatt=sesame\n',
      host_list: 'a.example\nb.example\n',
    })
    const plugins = home.read('plugins')
    const failed = await home.init('--yes')
    assert.equal(failed.code, 1)
    assert.match(failed.stdout, /matt: no full address; say --domain/)
    assert.equal(home.read('plugins'), plugins)
    assert.equal((await home.init('--yes', '--domain', 'B.example')).code, 0)
    assert.match((await home.accounts('list')).stdout, /^matt@b\.example /m)
    assert.match(home.read('mailbox_login.ini'), /^default_domain = b\.example$/m)
  })

  it('LDAP: the same people come in by a bind, with the account of their address', async function () {
    const slapd = await slapdOrSkip()
    if (!slapd) return this.skip()
    try {
      await home.make('auth/auth_ldap', {
        'auth_ldap.ini': `[core]\nserver=ldap://127.0.0.1:${slapd.port}\n\n[dns]\ndn1=uid=%u,dc=example,dc=org\ndn2=uid=%u,ou=people,dc=example,dc=org\n`,
        'rcpt_to.ldap.ini': `binddn=${ROOT.dn}\nbindpw=${ROOT.password}\nbasedn=dc=example,dc=org\n`,
      })
      const plan = await takesOver(home)
      assert.match(plan, /^\+directories = ldap store$/m)
      assert.match(plan, /^\+base = dc=example,dc=org$/m)
      assert.match(plan, /^\+filter = \(\|\(mail=%u\)\(uid=%u\)\(&\(uid=%n\)\(mail=\*@%d\)\)\)$/m)
      assert.match(plan, /accounts import-ldap --dry-run/)
      assert.ok(!plan.includes(ROOT.password))
      assert.equal(home.mode('mailbox_login.ini'), home.mode('rcpt_to.ldap.ini'))
      assert.match((await home.accounts('import-ldap', '--dry-run')).stdout, /ann@example\.org: made\n(.+\n)*\(dry run/)
      assert.match((await home.accounts('import-ldap')).stdout, /ann@example\.org: made/)
      assert.match((await home.accounts('import-ldap')).stdout, /0 made, 0 changed, 2 left/)
      await home.start()
      assert.deepEqual(await home.opened('ann', 'wonder land'), ALL)
      assert.deepEqual(await home.opened('ann@example.org', 'wonder land'), ALL)
      assert.deepEqual(await home.opened('ann@example.org', 'wonder'), [])
      // The same uid in a domain where she has no address.
      assert.deepEqual(await home.opened('ann@elsewhere.example', 'wonder land'), [])
    } finally {
      await slapd.stop()
    }
  })

  it('vpopmaild: it goes on checking the passwords, for POP3 and IMAP too', async () => {
    const daemon = vpopmaild({ 'ann@example.org': 'wonder land' })
    await new Promise<void>((resolve) => daemon.listen(0, '127.0.0.1', resolve))
    try {
      const { port } = daemon.address() as AddressInfo // it listens on TCP
      await home.make('auth/auth_vpopmaild', {
        'auth_vpopmaild.ini': `[main]\nhost=127.0.0.1\nport=1\n\n[example.org]\nhost=127.0.0.1\nport=${port}\n`,
      })
      const plan = await takesOver(home)
      assert.match(plan, /^\+directories = vpopmaild$/m)
      assert.match(plan, /accounts add NAME --no-password/)
      for (const name of ['ann@example.org', 'bob@example.org'])
        assert.equal((await home.accounts('add', name, '--no-password')).code, 0)
      await home.start()
      assert.deepEqual(await home.opened('ann@example.org', 'wonder land'), ALL)
      assert.deepEqual(await home.opened('ann@example.org', 'wonder'), [])
      assert.deepEqual(await home.opened('bob@example.org', 'wonder land'), [])
    } finally {
      daemon.close()
    }
  })

  it('as root, the folder for mail belongs to who Haraka runs as', async function () {
    if (process.getuid?.() !== 0) return this.skip()
    await home.make('auth/flat_file', { 'auth_flat_file.ini': '[users]\nann@example.org=wonder land\n' })
    chmodSync(path.dirname(home.folder), 0o755)
    appendFileSync(path.join(home.folder, 'config/smtp.ini'), '\n[main]\nuser=daemon\n')
    const done = await home.init('--yes')
    assert.equal(done.code, 0, done.stdout + done.stderr)
    const { uid } = statSync(path.join(home.folder, 'mailbox-data/mail'))
    assert.equal(uid, Number((await run('id', ['-u', 'daemon'])).stdout))
  })

  it('an AUTH plugin that has no counterpart is named and left alone', async () => {
    await home.make('auth/auth_proxy', {})
    const done = await home.init()
    assert.equal(done.code, 0, done.stderr)
    assert.match(done.stdout, /note: config\/plugins has auth\/auth_proxy: .*take that line out/)
    assert.ok(active(home).includes('auth/auth_proxy'))
  })
})

/** The part of vpopmaild that a login needs. */
function vpopmaild(users: Readonly<Record<string, string>>): Server {
  return createServer((socket) => {
    socket.setEncoding('utf8')
    socket.on('error', () => undefined)
    socket.write('+OK\r\n')
    socket.on('data', (line) => {
      const [, user = '', password = ''] = /^slogin (\S+) (.*)\n$/.exec(String(line)) ?? []
      if (user === '') return socket.end()
      socket.write(users[user] === password ? '+OK+\r\n' : '-ERR 0X0xxx invalid login\r\n')
    })
  })
}

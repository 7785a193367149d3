import assert from 'node:assert/strict'
import {
  chmodSync,
  chownSync,
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
import { tmpdir } from 'node:os'
import path from 'node:path'
import { cli, installed, type Ran, run } from '../demo'

const ACCOUNT = 'ann@example.org'
const record = (second: number, body: string): string =>
  `From ann@a.test Mon Nov  2 10:00:0${second} 2026\nFrom: ann@a.test\nSubject: ${second}\n\n${body}\n\n`

describe('import, export and backup, as an operator runs them', function () {
  this.timeout(120_000)
  let folder: string
  let home: string
  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'mailbox-files-'))
    home = path.join(folder, 'home')
    mkdirSync(path.join(home, 'config'), { recursive: true })
    writeFileSync(path.join(home, 'config/plugins'), 'mailbox/store\n')
    assert.equal((await ours('accounts', 'add', ACCOUNT, '--generate')).code, 0)
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  const ours = (...args: readonly string[]): Promise<Ran> => cli([...args, '--home', home])
  const bring = (format: string, name: string, ...more: readonly string[]): Promise<Ran> =>
    ours('import', format, path.join(folder, name), '--account', ACCOUNT, ...more)
  const put = (name: string, text: string): void => {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), text)
  }

  it('exit code 0 when all was taken, also beside files that hold no mail; they are named', async () => {
    put('profile/Inbox', record(0, 'b') + record(1, 'From memory, the code is 42.'))
    put('profile/Inbox.msf', '// mork')
    const ran = await bring('mbox', 'profile')
    assert.equal(ran.code, 0, ran.stdout)
    assert.match(ran.stdout, /^INBOX: 2 found, 2 added;/m)
    assert.match(ran.stdout, /^passed over: Inbox\.msf: no mbox: it does not begin with a From_ line$/m)
    assert.match(ran.stdout, /2 messages found, 2 added, 0 problems, 1 other files passed over$/m)
  })

  it('exit code 1 when something is doubtful, missing, or may be mail; said by name and place', async () => {
    put('odd/a', `${record(0, 'b')}From ann@a.test Mon Nov  2 10:00:01 2026\njust text\n`)
    put('odd/single', 'From: ann@a.test\nSubject: x\n\nb\n')
    put('odd/\u001b[31mred', 'Received: x\n\n')
    const text = await bring('mbox', 'odd')
    assert.equal(text.code, 1)
    assert.match(
      text.stdout,
      /^ {2}doubtful: a, octet \d+: a From_ line with no header field behind it; it is left as text$/m,
    )
    assert.match(text.stdout, /^not taken, may be mail: single: no mbox/m)
    assert.match(text.stdout, /^not taken, may be mail: \\x1b\[31mred: /m)
    assert.doesNotMatch(text.stdout, /\u001b/)
    const ran = await bring('mbox', 'odd', '--json')
    assert.equal(ran.code, 1)
    const report: unknown = JSON.parse(ran.stdout)
    assert.deepEqual(report, {
      dryRun: false,
      accounts: [
        {
          account: ACCOUNT,
          source: `mbox ${path.join(folder, 'odd')}`,
          refused: null,
          mailboxes: [
            {
              ...{ name: 'a', found: 1, added: 0, octets: 0, there: 1, uidsKept: false },
              newUidsBecause: 'the source has no UIDs',
              missing: [],
              doubtful: ['a, octet 73: a From_ line with no header field behind it; it is left as text'],
            },
          ],
          passedOver: [
            {
              path: '\u001b[31mred',
              why: 'no mbox: it does not begin with a From_ line; if it is a single message, import it as .eml',
              mayBeMail: true,
            },
            {
              path: 'single',
              why: 'no mbox: it does not begin with a From_ line; if it is a single message, import it as .eml',
              mayBeMail: true,
            },
          ],
        },
      ],
      totals: {
        ...{ accounts: 1, found: 1, added: 0, octets: 0, there: 1, problems: 0, doubts: 1, passedOver: 2 },
        ...{ maybeMail: 2, refused: 0 },
      },
    })
    put('notes', 'shopping\n')
    for (const [format, name, said] of [
      ['mbox', 'nowhere', /^refused: there is no .*nowhere$/m],
      ['maildir', 'nowhere', /^refused: there is no .*nowhere$/m],
      ['eml', 'nowhere', /^refused: there is no .*nowhere$/m],
      ['mbox', 'notes', /^not taken, may be mail: notes: no mbox/m],
      ['eml', 'odd', /^not taken, may be mail: \.: no \.eml file is in it$/m],
    ] as const) {
      const failed = await bring(format, name)
      assert.deepEqual([failed.code, said.test(failed.stdout)], [1, true], failed.stdout)
    }
    assert.match((await bring('mbox', 'odd', '--largest', '1G')).stderr, /must be/)
  })

  it('an export is for its owner alone, and goes nowhere else', async () => {
    for (const format of ['mbox', 'maildir']) {
      const root = path.join(folder, `out-${format}`)
      assert.equal((await ours('export', format, root, '--account', ACCOUNT)).code, 0)
      assert.equal(statSync(root).mode & 0o777, 0o700)
      for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
        const mode = statSync(path.join(entry.parentPath, entry.name)).mode & 0o777
        assert.equal(mode, entry.isDirectory() ? 0o700 : 0o600, entry.name)
      }
      const again = await ours('export', format, root, '--account', ACCOUNT)
      assert.deepEqual([again.code, /already/.test(again.stderr)], [1, true], again.stderr)
    }
    const open = path.join(folder, 'open')
    mkdirSync(open)
    chmodSync(open, 0o777)
    const refused = await ours('export', 'mbox', open, '--account', ACCOUNT)
    assert.deepEqual([refused.code, /anybody can write to/.test(refused.stderr)], [1, true], refused.stderr)
  })

  it('a backup follows no link, and is for its owner alone', async () => {
    const target = path.join(folder, 'target')
    mkdirSync(target)
    symlinkSync(target, path.join(folder, 'linked'))
    const linked = await ours('backup', path.join(folder, 'linked'))
    assert.deepEqual([linked.code, /is a link, and is not followed/.test(linked.stderr)], [1, true])
    mkdirSync(path.join(folder, 'planted'))
    symlinkSync(path.join(target, 'stolen'), path.join(folder, 'planted/mail.sqlite'))
    const planted = await ours('backup', path.join(folder, 'planted'))
    assert.deepEqual([planted.code, /is not empty/.test(planted.stderr)], [1, true])
    assert.equal(existsSync(path.join(target, 'stolen')), false)
    const copy = path.join(folder, 'copy')
    assert.equal((await ours('backup', copy)).code, 0)
    assert.equal(statSync(path.join(copy, 'mail.sqlite')).mode & 0o777, 0o600)
    assert.deepEqual(readdirSync(target), [])
  })

  it('formail sees the messages of an mbox that was written here', async function () {
    if (!installed('formail')) return this.skip()
    const name = 'bob@example.org'
    put(
      'bob/1.eml',
      'From ann@a.test Mon Nov  2 10:00:00 2026\nSubject: 1\n\nFrom x\n\nFrom ann@a.test Mon Nov  2 10:00:00 2026\nSubject: no\n',
    )
    put('bob/2.eml', 'Subject: 2\nContent-Length: 1\nStatus: RO\n\n>From y')
    put('bob/3.eml', 'Subject: 3\n\n')
    await ours('accounts', 'add', name, '--generate')
    await ours('import', 'eml', path.join(folder, 'bob'), '--account', name)
    await ours('export', 'mbox', path.join(folder, 'bob-mbox'), '--account', name)
    const file = path.join(folder, 'bob-mbox/INBOX.mbox')
    const counted = await run('formail', ['-s', 'echo', 'x'], { input: readFileSync(file, 'latin1') })
    assert.equal(counted.stdout, 'x\nx\nx\n')
  })

  for (const packing of ['gz', 'bz2', 'lz4', 'zstd']) {
    it(`what Dovecot itself packed by ${packing} comes as it was`, async function () {
      if (process.getuid?.() !== 0 || !['doveadm', 'setpriv', 'bzip2', 'zstd'].every(installed)) return this.skip()
      const root = path.join(folder, `dovecot-${packing}`)
      mkdirSync(path.join(root, 'run'), { recursive: true })
      for (const one of [folder, root]) chmodSync(one, 0o755)
      chownSync(root, 8, 8)
      writeFileSync(
        path.join(root, 'conf'),
        `base_dir = ${root}/run\nstate_dir = ${root}\nlog_path = ${root}/log\nssl = no\nfirst_valid_uid = 1\nfirst_valid_gid = 1\nmail_location = maildir:~/Maildir\nmail_plugins = zlib\nplugin {\n  zlib_save = ${packing}\n}\n`,
      )
      const text = `Subject: ${packing}\n\n${'From memory, it is packed.\n'.repeat(300)}`
      writeFileSync(path.join(root, 'in'), text)
      const args = ['--reuid', '8', '--regid', '8', '--clear-groups', 'doveadm', '-c', path.join(root, 'conf'), 'save']
      const saved = await run('setpriv', [...args, path.join(root, 'in')], { env: { USER: 'mail', HOME: root } })
      if (/not compiled in/.test(saved.stderr)) return this.skip()
      assert.equal(saved.code, 0, saved.stderr)
      const cur = path.join(root, 'Maildir/new')
      const [file = ''] = readdirSync(cur)
      assert.ok(statSync(path.join(cur, file)).size < text.length / 2)
      const name = `${packing}@example.org`
      await ours('accounts', 'add', name, '--generate')
      const ran = await ours('import', 'maildir', path.join(root, 'Maildir'), '--account', name)
      assert.deepEqual([ran.code, /1 messages found, 1 added, 0 problems$/m.test(ran.stdout)], [0, true], ran.stdout)
      await ours('export', 'maildir', path.join(root, 'out'), '--account', name)
      const [out = ''] = readdirSync(path.join(root, 'out/cur'))
      assert.equal(readFileSync(path.join(root, 'out/cur', out), 'latin1'), text.replace(/\n/g, '\r\n'))
    })
  }
})

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Ran, run } from '../demo'

const PROGRAMS = '/usr/sbin'

/** The box of docs/behind-postfix.md that has this in its first lines. */
export function boxOf(file: string): string {
  const page = readFileSync(path.join(__dirname, '../../../docs/behind-postfix.md'), 'utf8')
  const boxes = [...page.matchAll(/^```\w*\n(.*?)^```$/gms)].map(([, text = '']) => text)
  const found = boxes.filter((text) => text.split('\n', 2).join('\n').includes(file))
  assert.equal(found.length, 1, `the page has a box for ${file}`)
  return found[0] ?? ''
}

/** A Postfix of the test's own: everything in one folder, ports of the test, no part of the machine's own instance. */
export interface Postfix {
  /** `postconf`, `postfix`, `postqueue` ... on this instance */
  run(program: string, args: readonly string[], input?: string): Promise<Ran>
  log(): string
  stop(): Promise<void>
}

/** The services that every Postfix has, none of them in a chroot; `postlogd` writes the log. */
const SERVICES = `pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
smtp      unix  - - n - - smtp
relay     unix  - - n - - smtp
local     unix  - n n - - local
showq     unix  n - n - - showq
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
scache    unix  - - n - 1 scache
anvil     unix  - - n - 1 anvil
tlsmgr    unix  - - n 1000? 1 tlsmgr
postlog   unix-dgram n - n - 1 postlogd
`

export const hasPostfix = (): boolean =>
  existsSync(path.join(PROGRAMS, 'postfix')) && existsSync('/etc/postfix/postfix-script') && process.getuid?.() === 0

/**
 * @param main lines for main.cf, after those that make the instance a private one
 * @param master lines for master.cf, after the services that every Postfix has
 */
export async function startPostfix(main: string, master: string): Promise<Postfix> {
  const folder = mkdtempSync(path.join(tmpdir(), 'mailbox-postfix-'))
  // Postfix's processes run as its own user and must get in.
  chmodSync(folder, 0o755)
  for (const name of ['etc', 'queue', 'data']) mkdirSync(path.join(folder, name))
  const etc = path.join(folder, 'etc')
  const logFile = path.join(folder, 'log')
  const own = {
    compatibility_level: '3.6',
    config_directory: etc,
    queue_directory: path.join(folder, 'queue'),
    data_directory: path.join(folder, 'data'),
    maillog_file: logFile,
    maillog_file_prefixes: folder,
    inet_interfaces: '127.0.0.1',
    inet_protocols: 'ipv4',
    myhostname: 'mx.example.net',
    mydestination: 'localhost',
    alias_maps: '',
    biff: 'no',
    smtpd_peername_lookup: 'no',
  }
  const lines = Object.entries(own).map(([key, value]) => `${key} = ${value}\n`)
  writeFileSync(path.join(etc, 'main.cf'), lines.join('') + main)
  writeFileSync(path.join(etc, 'master.cf'), SERVICES + master)
  const { uid, gid } = await idOf('postfix')
  chownSync(path.join(folder, 'data'), uid, gid)
  const log = (): string => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '')
  const on = (program: string, args: readonly string[], input = ''): Promise<Ran> =>
    run(path.join(PROGRAMS, program), ['-c', etc, ...args], { input, env: { MAIL_CONFIG: etc } })
  // A shell holds it: when the test is gone, however it went, its pipe ends, and Postfix is stopped. `stop` waits for five seconds,
  // `abort` does not wait.
  const shell = spawn(
    'sh',
    [
      '-c',
      'postfix -c "$0" start && echo started && cat; postfix -c "$0" stop || postfix -c "$0" abort; rm -r "$1"',
      etc,
      folder,
    ],
    {
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: true,
      env: { ...process.env, MAIL_CONFIG: etc, PATH: `${PROGRAMS}:/usr/bin:/bin` },
    },
  )
  const exited = once(shell, 'exit')
  const [said] = await Promise.race([once(shell.stdout, 'data'), exited])
  assert.equal(String(said).trim(), 'started', log())
  return {
    run: on,
    log,
    stop: async () => {
      shell.stdin.end()
      await exited
    },
  }
}

async function idOf(user: string): Promise<{ readonly uid: number; readonly gid: number }> {
  const [uid, gid] = await Promise.all(['-u', '-g'].map((which) => run('id', [which, user])))
  return { uid: Number(uid?.stdout), gid: Number(gid?.stdout) }
}

import { spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePorts, removeHome, startDemo } from '../../e2e/demo'
import { Wire } from './wire'

/** A server that is measured. Every account has the password `pass`. */
export interface Peer {
  readonly name: string
  readonly imap: number
  readonly pop3: number
  readonly lmtp: number
  /** its main process */
  readonly pid: number
  stop(): Promise<void>
}

export async function startOurs(users: readonly string[], nodes: number): Promise<Peer> {
  const accounts = users.flatMap((user) => ['--account', `${user}:pass`])
  const demo = await startDemo(['--nodes', String(nodes), ...accounts])
  const { imap, pop3, lmtp, pid } = demo
  const stop = async (): Promise<void> => {
    await demo.stop()
    removeHome(demo)
  }
  return { name: 'ours', imap, pop3, lmtp, pid, stop }
}

/** One uid owns all mail and processes are used again: what an administrator would set who wants it to be fast. */
const configuration = (folder: string, [imap, pop3, lmtp]: readonly number[], nodes: number): string => `
base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/log
listen = 127.0.0.1
protocols = imap pop3 lmtp
default_client_limit = 5000
ssl = no
disable_plaintext_auth = no
mail_location = sdbox:~/mail
mail_max_userip_connections = 5000
first_valid_uid = 1
first_valid_gid = 1
passdb {
  driver = static
  args = password=pass
}
userdb {
  driver = static
  args = uid=mail gid=mail home=${folder}/mail/%Lu allow_all_users=yes
}
${Object.entries({ imap, pop3 })
  .map(
    ([name, port]) => `service ${name}-login {
  service_count = 0
  process_limit = ${nodes}
  client_limit = 2000
  inet_listener ${name} {
    port = ${port}
  }
  inet_listener ${name}s {
    port = 0
  }
}
service ${name} {
  service_count = 0
  process_limit = 2000
}`,
  )
  .join('\n')}
service lmtp {
  service_count = 0
  inet_listener lmtp {
    port = ${lmtp}
  }
}
`

async function answers(port: number): Promise<boolean> {
  try {
    const wire = await Wire.open(port, /^\* OK[^\r\n]*\r\n$/)
    wire.close()
    return true
  } catch {
    return false
  }
}

/** Debian's Dovecot 2.3, where it is installed and we are root; else a line that says why not. */
export async function startDovecot(nodes: number): Promise<Peer | string> {
  if (!existsSync('/usr/sbin/dovecot')) return 'not installed (Debian: dovecot-imapd dovecot-pop3d dovecot-lmtpd)'
  if (process.getuid?.() !== 0) return 'only root can start it'
  const version = spawnSync('/usr/sbin/dovecot', ['--version']).stdout.toString()
  if (!version.startsWith('2.3.')) return `this configuration is for 2.3, not ${version.trim()}`
  const folder = mkdtempSync(path.join(tmpdir(), 'dovecot-'))
  const mail = path.join(folder, 'mail')
  mkdirSync(mail)
  spawnSync('chmod', ['755', folder])
  const id = (what: string): number => Number(spawnSync('id', [what, 'mail']).stdout.toString())
  chownSync(mail, id('-u'), id('-g'))
  const ports = await freePorts(3)
  const [imap = 0, pop3 = 0, lmtp = 0] = ports
  const file = path.join(folder, 'dovecot.conf')
  writeFileSync(file, configuration(folder, ports, nodes))
  // It goes into the background and would keep a pipe open.
  const started = spawnSync('/usr/sbin/dovecot', ['-c', file], { stdio: 'ignore' })
  if (started.status !== 0) return `did not start: see ${folder}/log`
  const pidFile = path.join(folder, 'run/master.pid')
  while (!existsSync(pidFile) || !(await answers(imap))) await pause(50)
  const pid = Number(readFileSync(pidFile, 'utf8'))
  const stop = async (): Promise<void> => {
    process.kill(pid)
    while (existsSync(`/proc/${pid}`)) await pause(50)
    rmSync(folder, { recursive: true, force: true })
  }
  return { name: `dovecot ${version.split(' ')[0]?.trim()}`, imap, pop3, lmtp, pid, stop }
}

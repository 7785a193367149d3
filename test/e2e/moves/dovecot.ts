import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Ran, run } from '../demo'

export interface DovecotUser {
  readonly name: string
  /** as `doveadm pw` writes it */
  readonly hash: string
  /** mail_location */
  readonly mail: string
  /** pop3_uidl_format */
  readonly uidl?: string
}

export interface Dovecot {
  /** dovecot.conf */
  readonly conf: string
  /** the passwd-file */
  readonly users: string
  readonly imap: number
  readonly pop3: number
  /** the home of a user */
  home(name: string): string
  doveadm(...args: readonly string[]): Promise<Ran>
  /** no client comes in any more; doveadm still works */
  closePorts(): Promise<void>
  stop(): Promise<void>
}

// Dovecot opens no mail as root; Debian's user `mail` has these numbers.
const [UID, GID] = [8, 8]

/** of every master user */
const MASTER_PASSWORD = 'master-secret'

/** Login processes want users of their own, so this runs as root only. */
export const canRunDovecot = (): boolean => process.getuid?.() === 0

/** A real Dovecot with users of a passwd-file and a mailbox whose use only its configuration knows. */
export async function startDovecot(
  folder: string,
  ports: { readonly imap: number; readonly pop3: number },
  users: readonly DovecotUser[],
  /** further lines of dovecot.conf */
  settings = '',
): Promise<Dovecot> {
  const conf = path.join(folder, 'dovecot.conf')
  const file = path.join(folder, 'users')
  // /var/vmail/DOMAIN/USER, as most have it.
  const home = (name: string): string => path.join(folder, 'mail', ...name.split('@').reverse())
  mkdirSync(path.join(folder, 'mail'), { recursive: true })
  chownSync(path.join(folder, 'mail'), UID, GID)
  chmodSync(folder, 0o755)
  const line = ({ name, hash, mail, uidl }: DovecotUser): string => {
    const extra = uidl === undefined ? '' : ` userdb_pop3_uidl_format=${uidl.replaceAll('%', '%%')}`
    return `${name}:${hash}:${UID}:${GID}::${home(name)}::userdb_mail=${mail}${extra}\n`
  }
  writeFileSync(file, users.map(line).join(''))
  writeFileSync(
    conf,
    `base_dir = ${folder}/run
state_dir = ${folder}/state
instance_name = migration-${ports.imap}
listen = 127.0.0.1
protocols = imap pop3
log_path = ${folder}/dovecot.log
ssl = no
disable_plaintext_auth = no
auth_master_user_separator = *
passdb {
  driver = static
  args = password=${MASTER_PASSWORD}
  master = yes
}
passdb {
  driver = passwd-file
  args = ${file}
}
userdb {
  driver = passwd-file
  args = ${file}
}
mail_location = maildir:~/Maildir
first_valid_uid = 1
first_valid_gid = 1
namespace inbox {
  inbox = yes
  separator = /
  mailbox Gesendet {
    special_use = \\Sent
  }
}
service imap-login {
  chroot =
  inet_listener imap {
    port = ${ports.imap}
  }
  inet_listener imaps {
    port = 0
  }
}
service pop3-login {
  chroot =
  inet_listener pop3 {
    port = ${ports.pop3}
  }
  inet_listener pop3s {
    port = 0
  }
}
service anvil {
  chroot =
}
${settings}
`,
  )
  const child = spawn('dovecot', ['-F', '-c', conf], { stdio: 'ignore' })
  await waitFor(async () => child.exitCode !== null || (await accepts(ports.imap)), 'dovecot does not start')
  if (child.exitCode !== null) throw new Error(`dovecot ended with ${child.exitCode}`)
  return {
    ...ports,
    conf,
    users: file,
    home,
    doveadm: (...args) => run('doveadm', ['-c', conf, ...args]),
    async closePorts() {
      writeFileSync(conf, readFileSync(conf, 'utf8').replace(/^protocols = .*$/m, 'protocols = none'))
      const { code, stderr } = await run('doveadm', ['-c', conf, 'reload'])
      if (code !== 0) throw new Error(stderr)
      await waitFor(async () => !(await accepts(ports.imap)), 'dovecot keeps its port')
    },
    async stop() {
      if (child.exitCode !== null) return
      const ended = once(child, 'exit')
      child.kill()
      await ended
    },
  }
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(!!socket.destroy()))
    socket.once('error', () => resolve(false))
  })

async function waitFor(isSo: () => Promise<boolean>, otherwise: string): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (await isSo()) return
    await pause(50)
  }
  throw new Error(otherwise)
}

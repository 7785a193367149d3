import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import type { Directory } from '../directory'
import { bareEntry } from './entry'

const LIMIT = 10_000
/** The longest line that vpopmaild answers a login with. */
const LONGEST = 4096

interface Daemon {
  readonly host: string
  readonly port: number
}

const sectionOf = (ini: unknown, name: string): object | undefined => {
  const found = typeof ini === 'object' && ini !== null && Object.hasOwn(ini, name) ? Reflect.get(ini, name) : undefined
  return typeof found === 'object' && found !== null ? found : undefined
}

/** As Haraka's plugin reads it: `[main]`, or the section of the user's domain instead. */
function daemonOf(ini: unknown, user: string): Daemon {
  const section = sectionOf(ini, user.slice(user.lastIndexOf('@') + 1)) ?? sectionOf(ini, 'main') ?? {}
  return {
    host: String(Reflect.get(section, 'host') ?? '127.0.0.1'),
    port: Number(Reflect.get(section, 'port') ?? 89),
  }
}

/** Greeting, `slogin`, answer. Anything but these is no answer at all. */
function slogin(daemon: Daemon, user: string, password: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(daemon)
    const timer = setTimeout(() => socket.destroy(new Error('vpopmaild does not answer')), LIMIT)
    let greeted = false
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', (piece) => {
      text += piece
      if (text.length > LONGEST) return socket.destroy(new Error('vpopmaild talks of something else'))
      const end = text.indexOf('\n')
      if (end < 0) return
      const ok = text.startsWith('+OK')
      const refused = text.startsWith('-ERR')
      text = text.slice(end + 1)
      if (!greeted && ok) {
        greeted = true
        return socket.write(`slogin ${user} ${password}\n`)
      }
      if (!greeted || !(ok || refused)) return socket.destroy(new Error('vpopmaild refused to talk'))
      resolve(ok)
      socket.end('quit\n')
    })
    socket.on('error', reject)
    socket.on('close', () => {
      clearTimeout(timer)
      reject(new Error('vpopmaild hung up'))
    })
  })
}

/**
 * Passwords that vpopmaild checks, where Haraka's own `config/auth_vpopmaild.ini` says it is. It tells nobody who exists: every
 * name is looked up as if it did, and the account of the store decides.
 * @param read the file as Haraka's config gives it, fresh after a change
 */
export function vpopmaildDirectory(read: () => unknown): Directory {
  const verify = async (user: string, password: string): Promise<boolean> =>
    // A line of the protocol, in which a space ends the name.
    password !== '' && !/[\0\r\n]/.test(password) && !/\s/.test(user)
      ? slogin(daemonOf(read(), user), user, password)
      : false
  return {
    lookup: async (user) => {
      const { password: _none, ...entry } = bareEntry(user, '')
      return { ...entry, verify: (password) => verify(user, password) }
    },
    pretend: async (user) => {
      await verify(user, randomUUID())
    },
  }
}

import { createHash } from 'node:crypto'
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, renameSync, rmdirSync, unlinkSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import path from 'node:path'
import { identify } from './identity'

/** The directory in which the processes of one host find each other: one Unix-domain socket for each. */
export interface Rendezvous {
  /** this process's identity, and its socket's name */
  readonly own: string
  /** names of the others */
  others(): string[]
  /** Resolves with a connected socket; `undefined`: nobody is there any more, and the name was removed. */
  dial(name: string): Promise<Socket | undefined>
  close(): void
}

/** sun_path holds 108 octets on Linux, 104 on BSD and macOS, with a NUL. */
const LONGEST_PATH = 100
/** Connections that others may have open here at once: far more than a host has processes. */
const MOST_CONNECTIONS = 1000
/** An identity (`pid.start.boot.random`): no path leads out of the directory. */
const NAME = /^\w[\w.-]{0,63}$/

/** A private directory of this user; a short one when the wanted path does not fit into a socket's name. */
export function meetingDirectory(wanted: string, own = identify()): string {
  const full = path.resolve(wanted)
  const fits = Buffer.byteLength(path.join(full, `.${own}`)) <= LONGEST_PATH
  const hash = createHash('sha256').update(full).digest('base64url').slice(0, 16)
  const directory = fits ? full : path.join(tmpdir(), `mailbox-${userInfo().uid}-${hash}`)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  checkPrivate(directory)
  return directory
}

/**
 * Whoever may write into the directory could take a process's place, and hear and say what it does: so it is a directory, no link to
 * one, and of this user. Or of the user whose home it lies in: the administrator's command looks into the homes of others.
 */
function checkPrivate(directory: string): void {
  const found = lstatSync(directory)
  if (!found.isDirectory()) throw new Error(`${directory} is a link or a file: sockets need a directory of their own`)
  const uid = process.getuid?.() ?? found.uid
  const open = (found.mode & 0o077) !== 0
  if (found.uid === uid) {
    if (open) chmodSync(directory, 0o700)
    return
  }
  const home = lstatSync(path.dirname(directory))
  if (open || home.uid !== found.uid)
    throw new Error(`${directory} belongs to another user (uid ${found.uid}): move it away, it must be private`)
}

export async function openRendezvous(
  wanted: string,
  accept: (socket: Socket, own: string) => void,
  own = identify(),
): Promise<Rendezvous> {
  const server = createServer((socket) => accept(socket, own))
  server.maxConnections = MOST_CONNECTIONS
  const directory = await listenIn(server, wanted, own)
  const at = (name: string) => path.join(directory, name)

  return {
    own,
    others: () => namesIn(directory).filter((name) => NAME.test(name) && name !== own),
    dial: (name) =>
      new Promise((resolve) => {
        if (!NAME.test(name)) return resolve(undefined)
        const socket = connect(at(name))
        socket.once('connect', () => {
          socket.removeAllListeners('error')
          resolve(socket)
        })
        socket.once('error', (error: NodeJS.ErrnoException) => {
          if (error.code === 'ECONNREFUSED') remove(at(name))
          resolve(undefined)
        })
      }),
    close() {
      remove(at(own))
      server.close()
      try {
        // The last one takes the directory away.
        rmdirSync(directory)
      } catch {
        // Others are there.
      }
    },
  }
}

/** How often the directory may vanish, because another process was the last one to leave it. */
const TRIES = 10

/**
 * The socket gets its name when it accepts already, so that whoever finds a name and is refused knows that its process is dead.
 * @returns the directory
 */
async function listenIn(server: Server, wanted: string, own: string): Promise<string> {
  for (let tried = 1; ; tried++) {
    const directory = meetingDirectory(wanted, own)
    const hidden = path.join(directory, `.${own}`)
    try {
      await listen(server, hidden)
      chmodSync(hidden, 0o600)
      renameSync(hidden, path.join(directory, own))
      return directory
    } catch (error) {
      // bind(2) says EACCES or ENOENT where there is no directory any more; Node says EACCES for both.
      if (tried === TRIES || existsSync(directory)) throw error
    }
  }
}

/** Somebody may have cleaned it away; a newcomer makes it again. */
const namesIn = (directory: string): string[] => (existsSync(directory) ? readdirSync(directory) : [])

function listen(server: Server, file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    // Exclusive: a cluster worker would otherwise get its primary process to listen, and share the socket with the others.
    server.listen({ path: file, exclusive: true }, () => {
      server.removeListener('error', reject)
      server.on('error', () => {})
      server.unref()
      resolve()
    })
  })
}

function remove(file: string): void {
  try {
    unlinkSync(file)
  } catch {
    // Somebody else was quicker.
  }
}

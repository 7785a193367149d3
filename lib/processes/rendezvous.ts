import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, renameSync, unlinkSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import path from 'node:path'

/** The directory in which the processes of one host find each other: one Unix-domain socket for each. */
export interface Rendezvous {
  readonly own: string
  /** names of the others */
  others(): string[]
  /** Resolves with a connected socket; `undefined`: nobody is there any more, and the name was removed. */
  dial(name: string): Promise<Socket | undefined>
  close(): void
}

/** sun_path holds 108 octets on Linux, 104 on BSD and macOS, with a NUL. */
const LONGEST_PATH = 100
const SUFFIX = '.sock'

/** A private directory of this user; a short one when the wanted path does not fit into a socket's name. */
export function meetingDirectory(wanted: string): string {
  const full = path.resolve(wanted)
  const fits = Buffer.byteLength(path.join(full, ownName())) <= LONGEST_PATH
  const hash = createHash('sha256').update(full).digest('base64url').slice(0, 16)
  const directory = fits ? full : path.join(tmpdir(), `mailbox-${userInfo().uid}-${hash}`)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  // The short one lies where everybody may write: it must be ours, and no link to elsewhere.
  const found = lstatSync(directory)
  const uid = process.getuid?.() ?? found.uid
  if (!found.isDirectory() || (!fits && found.uid !== uid))
    throw new Error(`${directory} is not a directory of this user`)
  if (!fits) chmodSync(directory, 0o700)
  return directory
}

const ownName = (): string => `${process.pid}-${randomBytes(6).toString('hex')}${SUFFIX}`

export async function openRendezvous(
  wanted: string,
  accept: (socket: Socket, own: string) => void,
): Promise<Rendezvous> {
  const directory = meetingDirectory(wanted)
  const own = ownName()
  const at = (name: string) => path.join(directory, name)
  const hidden = at(`.${own}`)
  const server = createServer((socket) => accept(socket, own))
  await listen(server, hidden)
  // It gets its name when it accepts already, so that whoever finds a name and is refused knows that its process is dead.
  renameSync(hidden, at(own))

  return {
    own,
    others: () => namesIn(directory).filter((name) => name.endsWith(SUFFIX) && !name.startsWith('.') && name !== own),
    dial: (name) =>
      new Promise((resolve) => {
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
    },
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

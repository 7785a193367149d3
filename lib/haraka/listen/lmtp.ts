import { chmodSync, unlinkSync } from 'node:fs'
import { connect } from 'node:net'
import type { SMTPServer } from 'smtp-server'
import { textOf } from '../../terms/errors'
import { parseListen } from '../../transport/listener'
import type { Host } from '../plugin'

type ListenAddress = { readonly path: string } | { readonly host: string; readonly port: number }

function addressAt(text: string): ListenAddress {
  if (text.startsWith('/')) return { path: text }
  const at = parseListen(text)
  if (!at) throw new Error(`mailbox_lmtp.ini: ${text} is neither address:port nor the path of a socket`)
  return at
}

/** A socket file whose process was killed: nobody answers there. */
const isStale = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => resolve(!socket.destroy()))
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'))
  })

const listen = ({ server }: SMTPServer, address: ListenAddress): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(address, () => {
      server.removeListener('error', reject)
      resolve()
    })
  })

/** Opens one listener of LMTP, on TCP or on a Unix socket with these permissions, and closes it when Haraka stops. */
export async function listenLmtp(host: Host, text: string, make: () => SMTPServer, mode: number): Promise<void> {
  const address = addressAt(text)
  const server = make()
  try {
    await listen(server, address).catch(async (error: NodeJS.ErrnoException) => {
      if (!('path' in address) || error.code !== 'EADDRINUSE' || !(await isStale(address.path))) throw error
      unlinkSync(address.path)
      await listen(server, address)
    })
    if ('path' in address) chmodSync(address.path, mode)
  } catch (error) {
    throw new Error(`cannot listen on ${text}: ${textOf(error)}`)
  }
  const name = 'path' in address ? address.path : `${address.host}:${address.port}`
  host.plugin.lognotice(`${host.plugin.name} listens on ${name}`)
  host.server.listeners?.push(server.server)
  host.context.stopping.sessions.push(() => new Promise((resolve) => server.close(resolve)))
}

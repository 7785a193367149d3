import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { silentLog } from '../../lib/terms/ports'
import type { Connection } from '../../lib/transport/connection'
import { createListener } from '../../lib/transport/listener'
import { noTls } from '../../lib/transport/tls'

/**
 * Run in a network namespace of its own: a client is greeted, the only network interface goes down, the server writes again.
 * Prints why the server gave the connection up.
 */
async function main([address = '']: string[]): Promise<void> {
  execFileSync('ip', ['link', 'set', 'lo', 'up'])
  let served: (connection: Connection) => void = () => undefined
  const connected = new Promise<Connection>((resolve) => {
    served = resolve
  })
  const listener = createListener({
    host: '::',
    port: 4110,
    implicitTls: false,
    tls: noTls,
    trustsProxy: () => false,
    proxyHeader: () => 'never',
    maxConnections: 10,
    maxPerAddress: 10,
    refuse() {},
    deadPeers: { every: 200, limit: 1000 },
    log: silentLog,
    serve: async (connection) => {
      connection.writer.write('welcome\r\n')
      served(connection)
    },
  })
  await listener.listen()
  const client = connect(4110, address).on('error', () => undefined)
  await once(client, 'data')
  const { closed, writer } = await connected
  execFileSync('ip', ['link', 'set', 'lo', 'down'])
  writer.write('are you there?\r\n')
  await once(closed, 'abort')
  console.log(closed.reason)
  process.exit(0)
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import { generate } from 'selfsigned'
import { isHttpRequest } from '../../lib/transport/http'
import { tlsFrom } from '../../lib/transport/tls'
import { type Kit, startKit, Wire } from '../kit'

const PORTS = ['pop3', 'imap', 'sieve'] as const
type Port = (typeof PORTS)[number]
/** RFC 7301 and IANA's registry of ALPN protocol ids */
const OWN: Readonly<Record<Port, string>> = { pop3: 'pop3', imap: 'imap', sieve: 'managesieve' }
const GREETING: Readonly<Record<Port, RegExp>> = { pop3: /^\+OK.*\r\n/, imap: /^\* OK.*\r\n/, sieve: /^OK .*\r\n/m }
const STARTTLS: Readonly<Record<Port, readonly [string, RegExp]>> = {
  pop3: ['STLS\r\n', /\+OK.*\r\n/],
  imap: ['a STARTTLS\r\n', /a OK.*\r\n/],
  sieve: ['STARTTLS\r\n', /^OK.*\r\n/m],
}

describe('other protocols at the ports of mail (ALPACA)', function () {
  this.timeout(60_000)
  let clear: Kit
  let secure: Kit
  before(async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }])
    clear = await startKit({ tls: tlsFrom(key, cert) })
    secure = await startKit({ implicitTls: true, tls: tlsFrom(key, cert) })
  })
  after(async () => {
    assert.deepEqual([...clear.errors, ...secure.errors], [])
    await Promise.all([clear.close(), secure.close()])
  })

  async function handshake(options: ConnectionOptions): Promise<TLSSocket> {
    const socket = connectTls({ host: '127.0.0.1', rejectUnauthorized: false, ...options })
    await once(socket, 'secureConnect')
    return socket
  }
  /** An upgraded connection; `alpn`: the names that the client offers. */
  async function upgraded(port: Port, alpn?: string[]): Promise<TLSSocket> {
    const wire = new Wire(clear[port])
    await wire.until(GREETING[port])
    const [command, answer] = STARTTLS[port]
    wire.send(command)
    await wire.until(answer)
    wire.socket.removeAllListeners('data')
    return handshake({ socket: wire.socket, ...(alpn && { ALPNProtocols: alpn }) })
  }
  const implicit = (port: Port, alpn?: string[]): Promise<TLSSocket> =>
    handshake({ port: secure[port], ...(alpn && { ALPNProtocols: alpn }) })

  for (const [way, open] of [
    ['TLS from the first octet', implicit],
    ['STARTTLS', upgraded],
  ] as const) {
    for (const port of PORTS) {
      it(`${port}, ${way}: its own name in ALPN is chosen, none is let in, others get the fatal alert (RFC 7301 3.2)`, async () => {
        for (const [names, chosen] of [
          [[OWN[port]], OWN[port]],
          [['h2', OWN[port], 'http/1.1'], OWN[port]],
          [undefined, false],
        ] as const) {
          const socket = await open(port, names && [...names])
          assert.equal(socket.alpnProtocol, chosen)
          const wire = new Wire(socket)
          wire.send('NOOP x\r\nNOOP\r\n')
          await wire.until(/(?:OK|ERR|BAD|NO).*\r\n/)
          socket.destroy()
        }
        const others = PORTS.map((other) => OWN[other]).filter((name) => name !== OWN[port])
        for (const names of [['http/1.1'], ['h2', 'http/1.1'], ['smtp'], [OWN[port].toUpperCase()], others]) {
          // 120: no_application_protocol
          await assert.rejects(open(port, names), /alert number 120|no application protocol/i, names.join())
        }
      })
    }
  }

  it('the first line of an HTTP request is known', () => {
    for (const line of [
      ...['GET / HTTP/1.1', 'get / http/1.1', 'POST /a?b=c HTTP/1.0', 'HEAD http://x/ HTTP/1.1', 'PUT /x HTTP/1.1'],
      ...['OPTIONS * HTTP/1.1', 'DELETE /x HTTP/1.1', 'PATCH /x HTTP/1.1', 'TRACE / HTTP/1.1', 'PRI * HTTP/2.0'],
      ...['CONNECT mail.example.org:110 HTTP/1.1', 'GET /', 'USER / HTTP/1.1', 'NOOP /x HTTP/1.1', 'x-y /x HTTP/1.1'],
    ])
      assert.equal(isHttpRequest(line), true, line)
    for (const line of [
      ...['USER ann', 'PASS GET / HTTP/1.1', 'a1 LOGIN ann pass', 'a1 LIST / *', 'get1 NOOP', 'LIST', 'RETR 1'],
      ...['PUTSCRIPT "x" {5+}', 'a FETCH 1 BODY[]', 'HTTP/1.1 200 OK', 'GET', 'PASS /secret HTTP', ''],
    ])
      assert.equal(isHttpRequest(line), false, line)
  })

  const BODY =
    'USER ann@example.org\r\nPASS pass\r\nCAPA\r\na1 LOGIN ann@example.org pass\r\na2 CAPABILITY\r\nCAPABILITY\r\n'
  const REQUESTS = [
    `GET / HTTP/1.1\r\nHost: x\r\n\r\n${BODY}`,
    `POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n${BODY}`,
    `HEAD / HTTP/1.0\r\n\r\n${BODY}`,
    `PUT /{100+} HTTP/1.1\r\n${BODY}`,
    `OPTIONS * HTTP/1.1\r\n${BODY}`,
    `NOOP / HTTP/1.1\r\n${BODY}`,
    `USER / HTTP/1.1\r\n${BODY}`,
    `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${BODY}`,
    `GET /${'x'.repeat(200_000)} HTTP/1.1\r\n${BODY}`,
  ]
  /** What is answered to a request, without the greeting. */
  async function answer(socket: Socket, port: Port, greeted: boolean, request: string): Promise<string> {
    const wire = new Wire(socket)
    if (greeted) await wire.until(GREETING[port])
    wire.send(request)
    return wire.end()
  }

  for (const port of PORTS) {
    it(`${port}: HTTP ends the connection at its first line, and nothing behind it is answered`, async () => {
      for (const request of REQUESTS) {
        const heard = [
          await answer(connect({ port: clear[port], host: '127.0.0.1' }), port, true, request),
          await answer(await implicit(port), port, true, request),
          await answer(await upgraded(port), port, port === 'sieve', request),
        ]
        for (const text of heard) {
          assert.match(
            text,
            /^(?:-ERR this is no web server|\* BYE This is no web server|BYE "This is no web server")\r\n$/,
          )
        }
      }
    })
  }
})

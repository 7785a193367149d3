import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { Duplex, Transform } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { generate } from 'selfsigned'
import { tlsFrom } from '../../lib/transport/tls'
import { type Kit, startKit, Wire } from '../kit'

const V2_SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')
/** PROXY protocol 2.2: version and command, family, length, addresses, ports */
const v2 = (family: number, addresses: string): Buffer => {
  const body = Buffer.concat([Buffer.from(addresses, 'hex'), Buffer.from('9c400071', 'hex')])
  return Buffer.concat([V2_SIGNATURE, Buffer.from([0x21, family, 0, body.length]), body])
}
const LOGIN = 'USER ann@example.org\r\nPASS pass\r\n'

describe('trusted front-ends', () => {
  let kit: Kit
  const open: Wire[] = []
  const wire = (port: number): Wire => {
    const one = new Wire(port)
    open.push(one)
    return one
  }
  const start = async (frontEnd?: 'always' | 'auto' | 'never') => {
    kit = await startKit(frontEnd ? { frontEnd } : {})
    await kit.account('ann@example.org')
  }
  /** the client's address as the holder of the lock is shown */
  const seen = async () => (await kit.locks.list()).flatMap(({ holders }) => holders.map(({ address }) => address))
  afterEach(async () => {
    for (const one of open.splice(0)) one.close()
    assert.deepEqual(kit.errors, [])
    await kit.close()
  })

  for (const [what, header, address] of [
    ['version 1, TCP4', Buffer.from('PROXY TCP4 198.51.100.7 192.0.2.1 40000 110\r\n'), '198.51.100.7'],
    ['version 1, TCP6', Buffer.from('PROXY TCP6 2001:db8:0:0::7 2001:db8::1 40000 110\r\n'), '2001:db8::7'],
    ['version 1, UNKNOWN', Buffer.from('PROXY UNKNOWN\r\n'), '127.0.0.1'],
    ['version 2, TCP over IPv4', v2(0x11, 'c6336407c0000201'), '198.51.100.7'],
    [
      'version 2, TCP over IPv6',
      v2(0x21, '20010db800000000000000000000000720010db8000000000000000000000001'),
      '2001:db8::7',
    ],
  ] as const) {
    it(`tell their client by a PROXY header: ${what}`, async () => {
      await start('always')
      const client = wire(kit.pop3)
      client.send(header)
      client.send(LOGIN)
      await client.until(/^\+OK \d+ messages\r\n/m)
      assert.deepEqual(await seen(), [address])
    })
  }

  it('a header in pieces, with commands behind it', async () => {
    await start('auto')
    const client = wire(kit.pop3)
    client.send('PROXY TCP4 198.51.')
    client.send(`100.7 192.0.2.1 40000 110\r\n${LOGIN}`)
    await client.until(/^\+OK \d+ messages\r\n/m)
    assert.deepEqual(await seen(), ['198.51.100.7'])
  })

  for (const bad of ['PROXY TCP4 300.1.1.1 192.0.2.1 1 2\r\n', 'PROXY TCP4 ::1 ::1 1 2\r\n', `${LOGIN}`]) {
    it(`always: cut off with ${JSON.stringify(bad.slice(0, 20))}`, async () => {
      await start('always')
      const client = wire(kit.pop3)
      client.send(bad)
      assert.equal(await client.end(), '')
    })
  }

  it('a PROXY header and the first octets of TLS in one packet', async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }])
    kit = await startKit({ frontEnd: 'always', implicitTls: true, tls: tlsFrom(key, cert) })
    await kit.account('ann@example.org')
    const socket = connect(kit.pop3, '127.0.0.1')
    let header = 'PROXY TCP4 198.51.100.7 192.0.2.1 40000 995\r\n'
    const oneWrite = new Transform({
      transform: (chunk, _encoding, done) => {
        done(null, Buffer.concat([Buffer.from(header), chunk]))
        header = ''
      },
    })
    oneWrite.pipe(socket)
    const client = connectTls({
      socket: Duplex.from({ writable: oneWrite, readable: socket }),
      rejectUnauthorized: false,
    })
    client.write(LOGIN)
    const heard: string[] = []
    let address: readonly string[] = []
    for await (const line of createInterface(client)) {
      heard.push(line)
      if (heard.length < 3) continue
      if (heard.length === 3) address = await seen()
      client.end('QUIT\r\n')
    }
    assert.match(heard.join('\n'), /\+OK \d+ messages\n\+OK/)
    assert.deepEqual(address, ['198.51.100.7'])
  })

  it('auto: who sends no header is greeted, and XCLIENT tells the client', async () => {
    await start('auto')
    const client = wire(kit.pop3)
    await client.until(/^\+OK \[XCLIENT\] POP3 ready\r\n/)
    client.send('XCLIENT ADDR=nowhere\r\nXCLIENT ADDR=198.51.100.7 PORT=40000\r\n')
    await client.until(/^-ERR XCLIENT needs an address\r\n\+OK address noted\r\n/)
    client.send(LOGIN)
    await client.until(/^\+OK \d+ messages\r\n/m)
    assert.deepEqual(await seen(), ['198.51.100.7'])
  })

  it('ID tells the client in IMAP, before login only', async () => {
    await start('never')
    const client = wire(kit.imap)
    await client.until(/^\* OK.*\r\n/)
    client.send('a ID ("name" "webmail" "x-originating-ip" "2001:DB8::7")\r\n')
    await client.until(/^a OK.*\r\n/m)
    client.send('b LOGIN ann@example.org pass\r\nc ID ("x-originating-ip" "192.0.2.9")\r\nd SELECT INBOX\r\n')
    await client.until(/^d OK.*\r\n/m)
    assert.deepEqual(await seen(), ['2001:db8::7'])
  })

  it('from anybody else XCLIENT is unknown, and ID changes nothing', async () => {
    await start()
    const client = wire(kit.pop3)
    client.send('XCLIENT ADDR=198.51.100.7\r\nNONSENSE\r\n')
    await client.until(/^\+OK POP3 ready\r\n-ERR unknown command\r\n-ERR unknown command\r\n/)
    const imap = wire(kit.imap)
    imap.send('a ID ("x-originating-ip" "198.51.100.7")\r\nb LOGIN ann@example.org pass\r\nc SELECT INBOX\r\n')
    await imap.until(/^c OK.*\r\n/m)
    assert.deepEqual(await seen(), ['127.0.0.1'])
  })
})

import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { Duplex, Transform } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
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

  const V1 = Buffer.from('PROXY TCP4 198.51.100.7 192.0.2.1 40000 110\r\n')
  for (const [what, header] of [
    ['version 1', V1],
    ['version 2', v2(0x11, 'c6336407c0000201')],
  ] as const) {
    it(`auto: a header of ${what} that is split at any octet is waited for`, async function () {
      this.timeout(60_000)
      await start('auto')
      await Promise.all(
        [...header.keys()].slice(1).map(async (at) => {
          const client = wire(kit.pop3)
          client.send(header.subarray(0, at))
          // Longer than a client that talks first is waited for.
          await pause(400)
          client.send(header.subarray(at))
          assert.match(await client.until(/\r\n/), /^\+OK \[XCLIENT\] POP3 ready\r\n$/, `split at ${at}`)
        }),
      )
      const client = wire(kit.pop3)
      client.send(header)
      client.send(LOGIN)
      await client.until(/^\+OK \d+ messages\r\n/m)
      assert.deepEqual(await seen(), ['198.51.100.7'])
    })
  }

  it('auto: a header that has begun and does not end is waited for so long, and then cut off', async function () {
    this.timeout(30_000)
    await start('auto')
    const began = [...V1.keys()].slice(1).filter((at) => at % 5 === 1)
    const ends = began.map((at) => {
      const client = wire(kit.pop3)
      client.send(V1.subarray(0, at))
      return client.end()
    })
    assert.deepEqual(new Set(await Promise.all(ends)), new Set(['']))
  })

  const header2 = (command: number, family: number, body: string): Buffer =>
    Buffer.concat([
      V2_SIGNATURE,
      Buffer.from([command, family, 0, Buffer.from(body, 'hex').length]),
      Buffer.from(body, 'hex'),
    ])
  const ADDRESSES = 'c6336407c00002019c400071'
  for (const [what, octets] of [
    ['version 1, a bad address', 'PROXY TCP4 198.51.100.700 192.0.2.1 40000 110\r\n'],
    ['version 1, a bad address of ours', 'PROXY TCP4 198.51.100.7 here 40000 110\r\n'],
    ['version 1, the wrong family', 'PROXY TCP6 198.51.100.7 192.0.2.1 40000 110\r\n'],
    ['version 1, an unknown family', 'PROXY UDP4 198.51.100.7 192.0.2.1 40000 110\r\n'],
    ['version 1, no ports', 'PROXY TCP4 198.51.100.7 192.0.2.1\r\n'],
    ['version 1, a port too high', 'PROXY TCP4 198.51.100.7 192.0.2.1 65536 110\r\n'],
    ['version 1, more than there is', 'PROXY TCP4 198.51.100.7 192.0.2.1 40000 110 more\r\n'],
    ['version 1, a bare LF', 'PROXY TCP4 198.51.100.7 192.0.2.1 40000 110\nUSER ann\n'.padEnd(120, 'x')],
    ['version 1, too long', `PROXY UNKNOWN ${'x'.repeat(120)}`],
    ['version 1, nothing', 'PROXY \r\n'],
    ['version 2, command 2', header2(0x22, 0x11, ADDRESSES)],
    ['version 2, command 5', header2(0x25, 0x11, ADDRESSES)],
    ['version 2, command 15', header2(0x2f, 0x11, ADDRESSES)],
    ['version 2, version 1', header2(0x11, 0x11, ADDRESSES)],
    ['version 2, version 3', header2(0x31, 0x11, ADDRESSES)],
    ['version 2, six octets for TCP over IPv4', header2(0x21, 0x11, 'c6336407c000')],
    ['version 2, twelve octets for TCP over IPv6', header2(0x21, 0x21, ADDRESSES)],
    ['version 2, datagrams', header2(0x21, 0x12, ADDRESSES)],
    ['version 2, an unknown family', header2(0x21, 0x41, ADDRESSES)],
    ['version 2, an unknown protocol', header2(0x21, 0x13, ADDRESSES)],
    ['version 2, a broken signature', Buffer.concat([V2_SIGNATURE.subarray(0, 8), Buffer.from('XXXXXXXXXXXX')])],
  ] as const) {
    for (const policy of ['auto', 'always'] as const) {
      it(`${policy}: what can only be a header and is wrong is cut off: ${what}`, async () => {
        await start(policy)
        const client = wire(kit.pop3)
        client.send(octets)
        client.send(LOGIN)
        assert.equal(await client.end(), '')
      })
    }
  }

  for (const [what, octets] of [
    ['LOCAL with addresses', header2(0x20, 0x11, ADDRESSES)],
    ['LOCAL of no known family', header2(0x20, 0xff, '')],
    ['PROXY of an unspecified family', header2(0x21, 0x00, '')],
    ['PROXY for a Unix socket', header2(0x21, 0x31, '00'.repeat(216))],
  ] as const) {
    it(`version 2, ${what}: the proxy's own address counts`, async () => {
      await start('always')
      const client = wire(kit.pop3)
      client.send(octets)
      client.send(LOGIN)
      await client.until(/^\+OK \d+ messages\r\n/m)
      assert.deepEqual(await seen(), ['127.0.0.1'])
    })
  }

  for (const first of ['CAPA\r\n', 'P', 'PASS x\r\n', '\r\n', '\r\n\r\nCAPA\r\n', 'PROX\r\n', 'proxy x\r\n']) {
    it(`auto: ${JSON.stringify(first)} begins no header, and is a client's`, async () => {
      await start('auto')
      const client = wire(kit.pop3)
      client.send(first)
      if (first === 'P' || first === '\r\n') client.send('ASS x\r\n')
      assert.match(await client.until(/-ERR.*\r\n|^\.\r\n/m), /^\+OK \[XCLIENT\] POP3 ready\r\n/)
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

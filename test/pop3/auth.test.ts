import assert from 'node:assert/strict'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { generate } from 'selfsigned'
import { tlsFrom } from '../../lib/transport/tls'
import { type Kit, startKit, Wire } from '../kit'
import { directoryOf, door, person } from '../login/room'
import { type ScramClientOptions, scramClient } from '../login/sasl/scram-client'

const ANN = 'ann@example.org'
const RIGHT = 'correct horse'
const base64 = (octets: string | Buffer): string => Buffer.from(octets).toString('base64')

/** POP3 over the real door, with TLS. */
describe('POP3 login', () => {
  let kit: Kit
  before(async () => {
    const directory = directoryOf()
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048 })
    const { login } = door(
      directory,
      {
        main: {
          cleartext_from: 'none',
          mechanisms: 'SCRAM-SHA-256-PLUS SCRAM-SHA-256 SCRAM-SHA-1-PLUS SCRAM-SHA-1 PLAIN LOGIN OAUTHBEARER XOAUTH2',
        },
      },
      { verifyToken: async (token) => (token === 'good' ? ANN : undefined) },
    )
    kit = await startKit({
      login,
      tls: tlsFrom(key, cert),
      pop3: { limits: { tries: 10 }, session: { mailbox_in_name: 'true' } },
    })
    directory.people.set(ANN, await person(ANN, RIGHT, { id: await kit.account(ANN) }))
  })
  after(async () => {
    assert.deepEqual(kit.errors, [])
    await kit.close()
  })

  async function connected(): Promise<Wire> {
    const wire = new Wire(kit.pop3)
    await wire.until(/^\+OK POP3 ready\r\n/)
    return wire
  }
  async function secured(): Promise<{ wire: Wire; socket: TLSSocket }> {
    const plain = await connected()
    plain.send('STLS\r\n')
    await plain.until(/^\+OK begin TLS\r\n/)
    plain.socket.removeAllListeners('data')
    const socket = connectTls({ socket: plain.socket, rejectUnauthorized: false })
    const wire = new Wire(socket)
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
    return { wire, socket }
  }
  async function ask(wire: Wire, line: string): Promise<string> {
    wire.send(`${line}\r\n`)
    return wire.until(/^(?:[+-]).*\r\n/)
  }
  async function mechanisms(wire: Wire): Promise<string> {
    wire.send('CAPA\r\n')
    return /^SASL (.*)\r$/m.exec(await wire.until(/\r\n\.\r\n/))?.[1] ?? ''
  }

  it('offers nothing clear before TLS, everything after STLS (RFC 2595 4)', async () => {
    const plain = await connected()
    assert.equal(await mechanisms(plain), 'SCRAM-SHA-256 SCRAM-SHA-1')
    assert.match(await ask(plain, `USER ${ANN}`), /^-ERR \[AUTH\] TLS required/)
    assert.match(await ask(plain, `AUTH PLAIN ${base64(`\0${ANN}\0${RIGHT}`)}`), /^-ERR \[AUTH\] TLS required/)
    plain.close()
    const { wire, socket } = await secured()
    assert.match(await mechanisms(wire), /^SCRAM-SHA-256-PLUS .*PLAIN LOGIN/)
    assert.match(await ask(wire, 'STLS'), /^-ERR TLS is active already/)
    socket.destroy()
  })

  it('drops what was sent behind STLS in the clear', async () => {
    const plain = await connected()
    plain.send('STLS\r\nLANG de\r\nQUIT\r\n')
    await plain.until(/^\+OK begin TLS\r\n/)
    plain.socket.removeAllListeners('data')
    const socket = connectTls({ socket: plain.socket, rejectUnauthorized: false })
    const wire = new Wire(socket)
    assert.match(await ask(wire, 'STAT'), /^-ERR log in first/)
    socket.destroy()
  })

  const rows: readonly [string, readonly string[]][] = [
    ['PLAIN', [base64(`\0${ANN}\0${RIGHT}`)]],
    ['LOGIN', [base64(ANN), base64(RIGHT)]],
    ['XOAUTH2', [base64(`user=${ANN}\x01auth=Bearer good\x01\x01`)]],
    ['OAUTHBEARER', [base64(`n,a=${ANN},\x01auth=Bearer good\x01\x01`)]],
  ]
  for (const [mechanism, responses] of rows) {
    it(`AUTH ${mechanism}: with an initial response, without one, cancelled, not base64 (RFC 5034 4)`, async () => {
      const { wire, socket } = await secured()
      const [first = '', ...more] = responses
      wire.send(`AUTH ${mechanism}\r\n`)
      await wire.until(/^\+ .*\r\n/)
      assert.match(await ask(wire, '*'), /^-ERR AUTH cancelled/)
      await ask(wire, `AUTH ${mechanism}`)
      assert.match(await ask(wire, 'not base64!'), /^-ERR that is no base64/)
      wire.send(`AUTH ${mechanism} ${first}\r\n`)
      for (const response of more) {
        await wire.until(/^\+ .*\r\n/)
        wire.send(`${response}\r\n`)
      }
      await wire.until(/^\+OK 0 messages\r\n/)
      assert.match(await ask(wire, 'QUIT'), /^\+OK bye/)
      socket.destroy()
    })
  }

  async function scram(wire: Wire, mechanism: string, options: ScramClientOptions): Promise<string> {
    const client = scramClient(options)
    const challenge = /^\+ (\S*)\r\n/.exec(await ask(wire, `AUTH ${mechanism} ${base64(client.first())}`))?.[1]
    if (challenge === undefined) return 'refused'
    const last = await ask(wire, base64(client.final(Buffer.from(challenge, 'base64').toString())))
    const signature = /^\+ (\S*)\r\n/.exec(last)?.[1]
    if (signature === undefined) return last
    assert.ok(client.isServer(Buffer.from(signature, 'base64')), 'the server proves itself')
    return ask(wire, '')
  }

  it("SCRAM with user+mailbox: the keys are the account's", async () => {
    const wire = await connected()
    const options = { user: 'ann+None@example.org', password: RIGHT }
    assert.match(await scram(wire, 'SCRAM-SHA-256', options), /^-ERR \[SYS\/PERM\] There is no such mailbox/)
    assert.match(await scram(wire, 'SCRAM-SHA-256', { ...options, password: 'wrong' }), /^-ERR \[AUTH\]/)
    wire.close()
  })

  it('SCRAM without TLS, and with channel binding in TLS (RFC 5802, RFC 7677, RFC 9266)', async () => {
    const plain = await connected()
    assert.match(await scram(plain, 'SCRAM-SHA-256', { user: ANN, password: 'wrong' }), /^-ERR \[AUTH\] /)
    assert.match(await scram(plain, 'SCRAM-SHA-1', { user: ANN, password: RIGHT, hash: 'sha1' }), /^\+OK 0 messages/)
    assert.match(await ask(plain, 'QUIT'), /^\+OK/)
    plain.close()
    for (const [mechanism, hash] of [
      ['SCRAM-SHA-256-PLUS', 'sha256'],
      ['SCRAM-SHA-1-PLUS', 'sha1'],
    ] as const) {
      const { wire, socket } = await secured()
      const binding = socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
      const options = { user: ANN, password: RIGHT, hash, gs2: 'p=tls-exporter,,' } as const
      const other = await scram(wire, mechanism, { ...options, binding: Buffer.alloc(32) })
      assert.match(other, /^-ERR \[AUTH\] /, 'the binding of another connection')
      assert.match(await scram(wire, mechanism, { ...options, binding }), /^\+OK 0 messages/)
      assert.match(await ask(wire, 'QUIT'), /^\+OK/)
      socket.destroy()
    }
  })
})

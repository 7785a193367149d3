import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { generate } from 'selfsigned'
import { tlsFrom } from '../../lib/transport/tls'
import { type Kit, startKit, Wire } from '../kit'

describe('IMAP and TLS', () => {
  let clear: Kit
  let secure: Kit
  before(async () => {
    // The suite that RFC 9051 11.1 asks for is one of RSA.
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048 })
    clear = await startKit({ tls: tlsFrom(key, cert) })
    secure = await startKit({ implicitTls: true, tls: tlsFrom(key, cert) })
  })
  after(async () => {
    assert.deepEqual([...clear.errors, ...secure.errors], [])
    await Promise.all([clear.close(), secure.close()])
  })

  async function shaken(options: ConnectionOptions): Promise<TLSSocket> {
    const socket = connect({ host: '127.0.0.1', port: secure.imap, rejectUnauthorized: false, ...options })
    await once(socket, 'secureConnect')
    return socket
  }

  it('STARTTLS on a port that speaks TLS already is BAD, and not announced (RFC 9051 6.2.1)', async () => {
    const wire = new Wire(await shaken({}))
    wire.send('a1 STARTTLS\r\na2 CAPABILITY\r\na3 LOGOUT\r\n')
    const answers = await wire.end()
    assert.match(answers, /^a1 BAD/m)
    assert.match(answers, /^\* CAPABILITY .*AUTH=PLAIN/m)
    assert.doesNotMatch(answers, /CAPABILITY .*(STARTTLS|LOGINDISABLED)/)
    assert.match(answers, /^\* BYE .*\r\na3 OK/m)
  })

  it('STARTTLS is announced on a port that is clear, with AUTH=PLAIN (RFC 9051 6.1.1, 11.2)', async () => {
    const wire = new Wire(clear.imap)
    wire.send('a1 CAPABILITY\r\na2 STARTTLS now\r\na3 LOGOUT\r\n')
    const answers = await wire.end()
    assert.match(answers, /^\* CAPABILITY .*STARTTLS/m)
    assert.match(answers, /^a2 BAD/m)
  })

  it('TLS 1.2 with TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS 1.3, and nothing older (RFC 9051 11.1)', async () => {
    const older = await shaken({ maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' })
    assert.equal(older.getProtocol(), 'TLSv1.2')
    assert.equal(older.getCipher().standardName, 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256')
    older.destroy()
    const newer = await shaken({})
    assert.equal(newer.getProtocol(), 'TLSv1.3')
    newer.destroy()
    await assert.rejects(
      shaken({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }),
      /alert protocol version|unsupported protocol/i,
    )
  })
})

describe('IMAP without TLS, for those who may not log in so', () => {
  let kit: Kit
  before(async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048 })
    kit = await startKit({ tls: tlsFrom(key, cert), cleartext: false })
    await kit.account('clear')
  })
  after(() => kit.close())

  it('LOGINDISABLED, no AUTH=PLAIN; LOGIN and AUTHENTICATE are refused with the right password too (RFC 9051 6.2.3, 11.7)', async () => {
    const wire = new Wire(kit.imap)
    wire.send('a1 CAPABILITY\r\na2 LOGIN clear pass\r\na3 AUTHENTICATE PLAIN AGNsZWFyAHBhc3M=\r\na4 SELECT INBOX\r\n')
    const answers = await wire.until(/^a4 .*\r\n/m)
    assert.match(answers, /^\* CAPABILITY .*LOGINDISABLED/m)
    assert.doesNotMatch(answers, /AUTH=/)
    assert.match(answers, /^a2 NO \[PRIVACYREQUIRED\]/m)
    assert.match(answers, /^a3 NO/m)
    assert.match(answers, /^a4 BAD/m)
    wire.close()
  })
})

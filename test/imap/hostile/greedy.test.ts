import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { Readable } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { constants, createInflateRaw, deflateRawSync } from 'node:zlib'
import { generate } from 'selfsigned'
import { tlsFrom } from '../../../lib/transport/tls'
import { watchCalls } from '../../eventually'
import { type Kit, startKit, Wire } from '../../kit'

const MB = 1024 * 1024

async function login(kit: Kit, user: string): Promise<Wire> {
  const wire = new Wire(kit.imap)
  await wire.until(/^\* OK.*\r\n/)
  wire.send(`l1 LOGIN ${user} pass\r\n`)
  await wire.until(/^l1 OK.*\r\n/m)
  return wire
}

/** Reads on, and counts the messages until the end of `a2`. */
async function messagesOf(wire: Wire, source: Readable): Promise<number> {
  let messages = 0
  let tail = ''
  wire.socket.resume()
  for await (const chunk of source) {
    const text = tail + chunk.toString('latin1')
    messages += text.match(/FETCH \(BODY\[\]/g)?.length ?? 0
    if (text.includes('a2 OK')) break
    // What may go on in the next chunk; no match fits into it.
    tail = text.slice(-12)
  }
  return messages
}

describe('IMAP and greedy or slow clients', function () {
  this.timeout(60_000)
  let kit: Kit
  const certificate = generate([{ name: 'commonName', value: 'localhost' }])
  before(async () => {
    const { private: key, cert } = await certificate
    kit = await startKit({ tls: tlsFrom(key, cert) })
    const id = await kit.account('greedy')
    for (let n = 0; n < 40; n++) await kit.deliver(id, `Subject: ${n}\n\n${randomBytes(MB / 4).toString('hex')}\n`)
  })
  after(async () => {
    assert.deepEqual(kit.errors, [])
    await kit.close()
  })

  it('a client that does not read makes the server stop reading messages, and gets them all in the end', async () => {
    const wire = await login(kit, 'greedy')
    const reads = watchCalls(kit.store.messages, 'read')
    wire.socket.pause()
    wire.send('a1 SELECT INBOX\r\na2 FETCH 1:* BODY.PEEK[]\r\n')
    const steady = await reads.still()
    assert.ok(steady < 25, `${steady} messages of half a MB were read for a client that takes none`)
    reads.stop()
    wire.socket.removeAllListeners('data')
    assert.equal(await messagesOf(wire, wire.socket), 40)
    wire.close()
  })

  it('so it is with COMPRESS=DEFLATE', async () => {
    const wire = await login(kit, 'greedy')
    wire.send('a1 COMPRESS DEFLATE\r\n')
    await wire.until(/^a1 OK.*\r\n/m)
    const reads = watchCalls(kit.store.messages, 'read')
    wire.socket.removeAllListeners('data')
    wire.socket.pause()
    const commands = 'a1 SELECT INBOX\r\na2 FETCH 1:* BODY.PEEK[]\r\n'
    wire.send(deflateRawSync(commands, { finishFlush: constants.Z_SYNC_FLUSH }))
    const steady = await reads.still()
    assert.ok(steady < 30, `${steady} messages of half a MB were read for a client that takes none`)
    reads.stop()
    assert.equal(await messagesOf(wire, wire.socket.pipe(createInflateRaw())), 40)
    wire.close()
  })

  it('a compression bomb is a line that is too long, and takes no memory', async () => {
    const wire = await login(kit, 'greedy')
    wire.send('a1 COMPRESS DEFLATE\r\n')
    await wire.until(/^a1 OK.*\r\n/m)
    const inflate = createInflateRaw()
    let text = ''
    wire.socket.removeAllListeners('data')
    const ended = new Promise<void>((resolve) => {
      inflate.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1')
        if (/^a3 OK/m.test(text)) resolve()
      })
    })
    wire.socket.on('data', (chunk) => inflate.write(chunk))
    const bomb = deflateRawSync(`a2 NOOP ${'x'.repeat(200 * MB)}\r\na3 NOOP\r\n`, {
      finishFlush: constants.Z_SYNC_FLUSH,
    })
    assert.ok(bomb.length < MB / 2)
    const before = process.memoryUsage().arrayBuffers
    let most = 0
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().arrayBuffers)
    }, 10)
    wire.send(bomb)
    await ended
    clearInterval(watch)
    assert.match(text, /^a2 BAD Line too long/m)
    assert.ok(most - before < 100 * MB, `${Math.round((most - before) / MB)} MB`)
    wire.close()
  })

  it('what is sent before the TLS handshake is not taken for the client (STARTTLS injection)', async () => {
    const wire = new Wire(kit.imap)
    wire.send('a1 STARTTLS\r\na2 LOGIN greedy pass\r\na3 SELECT INBOX\r\n')
    assert.equal((await wire.until(/^a1 OK.*\r\n/m)).match(/^a[23]/gm), null)
    wire.socket.removeAllListeners('data')
    const secure = connectTls({ socket: wire.socket, rejectUnauthorized: false })
    let text = ''
    await new Promise<void>((resolve, reject) => {
      secure.on('error', reject)
      secure.on('data', (chunk) => {
        text += chunk.toString('latin1')
        if (/^b2 /m.test(text)) resolve()
      })
      secure.once('secureConnect', () => secure.write('b1 CAPABILITY\r\nb2 SELECT INBOX\r\n'))
    })
    assert.doesNotMatch(text, /^a[23] /m)
    // Not logged in, no second STARTTLS.
    assert.match(text, /^b2 BAD/m)
    assert.doesNotMatch(text, /^\* CAPABILITY .*STARTTLS/m)
    secure.destroy()
  })

  it('before login a client has a line of 16 KB, a literal of 4 KB, and a short time', async () => {
    const hasty = await startKit({ imap: { limits: { login_time: '300ms' } } })
    try {
      const wire = new Wire(hasty.imap)
      wire.send(
        `a1 LOGIN x ${'y'.repeat(17_000)}\r\na2 LOGIN {5000+}\r\n${'y'.repeat(5000)} x\r\na3 LOGIN x {4097}\r\n`,
      )
      const answers = await wire.until(/^a3 .*\r\n/m)
      assert.match(answers, /^a1 BAD Line too long/m)
      assert.match(answers, /^a2 NO \[TOOBIG\]/m)
      assert.match(answers, /^a3 NO \[TOOBIG\]/m)
      assert.match(await wire.end(), /^\* BYE Idle for too long\r\n$/)
    } finally {
      await hasty.close()
    }
  })

  it('after login the time without a command is another, 30 minutes by default (RFC 9051 5.4)', async () => {
    const hasty = await startKit({ imapIdle: 300 })
    try {
      await hasty.account('idler')
      const wire = await login(hasty, 'idler')
      wire.send('a1 SELECT INBOX\r\na2 IDLE\r\n')
      assert.match(await wire.end(), /^\+ .*\r\n\* BYE Idle for too long\r\n$/m)
    } finally {
      await hasty.close()
    }
  })

  it('many ranges that name the same messages cost no more than those messages', async () => {
    const wire = await login(kit, 'greedy')
    const set = Array.from({ length: 10_000 }, () => '1:*').join(',')
    wire.send(`a1 SELECT INBOX\r\na2 FETCH ${set} UID\r\na3 UID SEARCH UID ${set}\r\n`)
    const answers = await wire.until(/^a3 OK.*\r\n/m)
    assert.equal(answers.match(/^\* \d+ FETCH/gm)?.length, 40)
    wire.close()
  })
})

import assert from 'node:assert/strict'
import { deflateRawSync } from 'node:zlib'
import { type Kit, startKit, Wire } from '../../kit'

async function login(kit: Kit, user: string): Promise<Wire> {
  const wire = new Wire(kit.imap)
  await wire.until(/^\* OK.*\r\n/)
  wire.send(`l1 LOGIN ${user} pass\r\n`)
  await wire.until(/^l1 OK.*\r\n/m)
  return wire
}

describe('IMAP and hostile input', function () {
  this.timeout(60_000)
  let kit: Kit
  before(async () => {
    kit = await startKit({ imap: { limits: { append: '1M' } } })
    const id = await kit.account('hostile')
    await kit.deliver(id, 'Subject: a\n\nx\n', 'Subject: b\n\ny\n')
  })
  after(async () => {
    assert.deepEqual(kit.errors, [])
    await kit.close()
  })

  it('10,000 pipelined commands in one packet are all answered in order', async () => {
    const wire = await login(kit, 'hostile')
    wire.send(Array.from({ length: 10_000 }, (_nothing, index) => `n${index} NOOP\r\n`).join(''))
    const all = await wire.until(/^n9999 OK.*\r\n/m)
    assert.deepEqual(
      all.match(/^n\d+(?= OK)/gm)?.map((tag) => Number(tag.slice(1))),
      Array.from({ length: 10_000 }, (_nothing, index) => index),
    )
    wire.close()
  })

  it('a NUL of a message is in no literal, and in the literal8 of BINARY (RFC 9051 9, RFC 3516 4.3)', async () => {
    await kit.account('nul')
    const wire = await login(kit, 'nul')
    wire.send(
      'a1 APPEND INBOX ~{5+}\r\n\r\na\0b\r\na2 SELECT INBOX\r\na3 FETCH 1 (RFC822.SIZE BODY.PEEK[TEXT] BINARY.PEEK[1])\r\n',
    )
    const all = await wire.until(/^a3 OK.*\r\n/m)
    assert.ok(all.includes('RFC822.SIZE 5 BODY[TEXT] {3}\r\na\x80b BINARY[1] ~{3}\r\na\0b)\r\n'), all)
    wire.close()
  })

  it('a NUL is in no literal that a client sends, and in a literal8 only where a message is (RFC 9051 9)', async () => {
    const wire = await login(kit, 'hostile')
    wire.send(
      'a1 APPEND INBOX {5+}\r\n\r\na\0b\r\na2 STATUS ~{5+}\r\nINBOX (MESSAGES)\r\na3 STATUS {5+}\r\nINBO\0 (MESSAGES)\r\na4 NOOP\r\n',
    )
    const all = await wire.until(/^a4 OK.*\r\n/m)
    for (const tag of ['a1', 'a2', 'a3']) assert.match(all, new RegExp(`^${tag} BAD`, 'm'))
    wire.close()
  })

  it('a line over the limit gets BAD under its tag, and the connection goes on', async () => {
    const wire = await login(kit, 'hostile')
    wire.send(`a1 LIST "" "${'x'.repeat(2_000_000)}"\r\na2 LIST "" "${'x'.repeat(70_000)}"\r\n`)
    wire.send(`${'+'.repeat(70_000)}\r\na3 SELECT ~{5+}\r\nINBOX${'x'.repeat(70_000)}\r\na4 NOOP\r\n`)
    const all = await wire.until(/^a4 OK.*\r\n/m)
    for (const tag of ['a1', 'a2', '\\*', 'a3']) assert.match(all, new RegExp(`^${tag} BAD Line too long`, 'm'))
    wire.close()
  })

  it('a literal over the limit is refused before it is sent, or thrown away, and the connection goes on', async () => {
    const wire = await login(kit, 'hostile')
    wire.send('a1 APPEND INBOX {2000000}\r\n')
    await wire.until(/^a1 NO \[TOOBIG\].*\r\n/m)
    wire.send(`a2 APPEND INBOX {2000000+}\r\n${'y'.repeat(2_000_000)}\r\na3 NOOP\r\n`)
    assert.match(await wire.until(/^a3 OK.*\r\n/m), /^a2 NO \[TOOBIG\]/m)
    wire.close()
  })

  it('before login nobody sends a big literal', async () => {
    const wire = new Wire(kit.imap)
    wire.send('a1 LOGIN {100000}\r\n')
    await wire.until(/^a1 NO \[TOOBIG\].*\r\n/m)
    wire.close()
  })

  it('deeply nested searches are refused, not followed', async () => {
    const wire = await login(kit, 'hostile')
    wire.send(
      `a1 SELECT INBOX\r\na2 SEARCH ${'NOT '.repeat(5000)}ALL\r\na3 SEARCH ${'('.repeat(5000)}ALL${')'.repeat(5000)}\r\na4 SEARCH ALL\r\n`,
    )
    const all = await wire.until(/^a4 OK.*\r\n/m)
    assert.match(all, /^a2 BAD/m)
    assert.match(all, /^a3 BAD/m)
    wire.close()
  })

  it('a client that shuts its side still gets its answers', async () => {
    const wire = new Wire(kit.imap)
    wire.socket.end('a1 LOGIN hostile pass\r\na2 SELECT INBOX\r\na3 FETCH 1:* FLAGS\r\n')
    assert.match(await wire.end(), /^a3 OK/m)
  })

  it('a flood of nonsense ends with a word', async () => {
    const wire = new Wire(kit.imap)
    wire.send('x y\r\n'.repeat(200))
    assert.match(await wire.end(), /\* BYE Too many bad commands\r\n$/)
  })

  it('failed logins end the connection after as many tries for every reason', async () => {
    for (const user of ['hostile', 'nobody']) {
      const wire = new Wire(kit.imap)
      wire.send(Array.from({ length: 5 }, (_nothing, index) => `a${index} LOGIN ${user} wrong\r\n`).join(''))
      const all = await wire.end()
      assert.equal(all.match(/NO \[AUTHENTICATIONFAILED\] Authentication failed\./g)?.length, 3)
      assert.match(all, /\* BYE Too many failed logins\r\n$/)
    }
  })

  it('COMPRESS=DEFLATE works, also for a client that sends everything at once', async () => {
    const wire = await login(kit, 'hostile')
    wire.send('a1 COMPRESS DEFLATE\r\n')
    await wire.until(/^a1 OK.*\r\n/m)
    const { createInflateRaw } = await import('node:zlib')
    const inflate = createInflateRaw()
    let text = ''
    const done = new Promise<void>((resolve) => {
      inflate.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1')
        if (/^a3 OK/m.test(text)) resolve()
      })
    })
    wire.socket.removeAllListeners('data')
    wire.socket.on('data', (chunk) => inflate.write(chunk))
    wire.socket.write(deflateRawSync('a2 SELECT INBOX\r\na3 FETCH 1:* (UID FLAGS BODY.PEEK[])\r\n', { finishFlush: 2 }))
    await done
    assert.match(text, /\* 2 EXISTS/)
    wire.close()
  })
})

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { sendOctets } from '../../lib/pop3/multiline'
import { watchCalls } from '../eventually'
import { type Kit, startKit, Wire } from '../kit'
import { unstuffed } from './multiline'

async function login(kit: Kit, user: string): Promise<Wire> {
  const wire = new Wire(kit.pop3)
  await wire.until(/^\+OK.*\r\n/)
  wire.send(`USER ${user}\r\nPASS pass\r\n`)
  await wire.until(/^\+OK\r\n\+OK \d+ messages\r\n/)
  return wire
}

describe('POP3 dot-stuffing', () => {
  it('gives back every message, however it is cut into chunks', async () => {
    const text = fc.array(fc.constantFrom('.', '\r\n', '..', 'a', '\r', '\n', '\r\n.\r\n', 'line'), { maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.nat(8), { maxLength: 40 }), async (words, cuts) => {
        const message = `${words.join('')}\r\n`
        const chunks: Buffer[] = []
        let at = 0
        for (const cut of cuts) {
          if (cut > 0 && at < message.length) chunks.push(Buffer.from(message.slice(at, at + cut)))
          at += cut
        }
        if (at < message.length) chunks.push(Buffer.from(message.slice(at)))
        let sent = ''
        const writer = {
          write: (chunk: Buffer | string) => {
            sent += chunk.toString('latin1')
          },
          flush: () => undefined,
          full: false,
          written: 0,
          drained: async () => true,
        }
        async function* source(): AsyncGenerator<Buffer> {
          yield* chunks
        }
        assert.ok(await sendOctets(writer, source()))
        assert.ok(sent.endsWith('\r\n.\r\n'))
        assert.equal(sent.indexOf('\r\n.\r\n'), sent.length - 5)
        assert.equal(unstuffed(sent), message)
      }),
    )
  })
})

describe('POP3 server', () => {
  let kit: Kit
  before(async () => {
    kit = await startKit()
  })
  after(async () => {
    assert.deepEqual(kit.errors, [])
    await kit.close()
  })

  it('LIST, STAT and the octets of RETR agree', async () => {
    const id = await kit.account('sizes@x')
    await kit.deliver(id, 'Subject: a\n\n.dot\n..dots\n.\n', 'Subject: b\n\n', '\n', 'no header')
    const wire = await login(kit, 'sizes@x')
    let sum = 0
    for (const number of [1, 2, 3, 4]) {
      wire.send(`LIST ${number}\r\nRETR ${number}\r\n`)
      const listed = /^\+OK \d+ (\d+)\r\n/.exec(await wire.until(/^\+OK \d+ \d+\r\n/))
      await wire.until(/^\+OK \d+ octets\r\n/)
      const body = unstuffed(await wire.until(/^(?:[\s\S]*\r\n)?\.\r\n/))
      assert.equal(body.length, Number(listed?.[1]))
      sum += body.length
    }
    wire.send('STAT\r\n')
    assert.match(await wire.until(/^\+OK.*\r\n/), new RegExp(`^\\+OK 4 ${sum}\\r\\n`))
    wire.close()
  })

  it('10,000 pipelined commands in one packet are all answered in order', async () => {
    const id = await kit.account('pipe@x')
    await kit.deliver(id, 'Subject: a\n\nx\n')
    const wire = await login(kit, 'pipe@x')
    wire.send('NOOP\r\nSTAT\r\n'.repeat(5000))
    wire.send('LIST 9\r\n')
    const all = await wire.until(/-ERR no such message\r\n/)
    assert.equal(all.match(/^\+OK\r\n\+OK 1 \d+\r\n/gm)?.length, 5000)
    wire.close()
  })

  it('a client that shuts its side still gets its answers', async () => {
    await kit.account('half@x')
    const wire = new Wire(kit.pop3)
    wire.socket.end('USER half@x\r\nPASS pass\r\nSTAT\r\nQUIT\r\n')
    assert.match(await wire.end(), /\+OK 0 messages\r\n\+OK 0 0\r\n\+OK bye\r\n$/)
  })

  it('over-long lines, NUL and floods of bad commands end with a reason, nothing else is harmed', async () => {
    const wire = new Wire(kit.pop3)
    wire.send(`${'x'.repeat(1_000_000)}\r\nSTAT\0\r\nCAPA\r\n`)
    assert.match(await wire.until(/\r\n\.\r\n/), /-ERR line too long\r\n[\s\S]*-ERR[\s\S]*\+OK\r\n/)
    wire.send('nonsense\r\n'.repeat(100))
    assert.match(await wire.end(), /-ERR too many bad commands, goodbye\r\n$/)
  })

  it('a client that never reads stops the reading of messages; once it reads, nothing is missing', async () => {
    const size = 4_000_000
    const id = await kit.account('stalled@x')
    await kit.deliver(id, `Subject: big\n\n${'0123456789abcdef0123456789abcde\n'.repeat(size / 32)}`)
    let taken = 0
    const reads = watchCalls(kit.store.messages, 'read', (octets) => {
      taken += Buffer.isBuffer(octets) ? octets.length : 0
    })
    try {
      const wire = await login(kit, 'stalled@x')
      wire.socket.pause()
      wire.send('RETR 1\r\n'.repeat(50))
      wire.send('QUIT\r\n')
      // Until it stands still: what lies in the kernel's buffers and ours is a small part of 200 MB.
      await reads.still()
      assert.ok(taken > 0 && taken < 40_000_000, `${taken} octets were read`)
      let received = 0
      wire.socket.removeAllListeners('data')
      wire.socket.on('data', (data) => {
        received += data.length
      })
      wire.socket.resume()
      await wire.end()
      assert.ok(received > 50 * size)
    } finally {
      reads.stop()
    }
  })

  it('a message that cannot be read to its end ends the connection and does not count as read', async () => {
    const own = await startKit({ pop3: { session: { retr_sets_seen: 'true' } } })
    const id = await own.account('torn@x')
    await own.deliver(id, `Subject: a\n\n${'x\n'.repeat(200_000)}`, 'Subject: b\n\nx\n')
    const { read } = own.store.messages
    let fails: 'first' | 'later' = 'first'
    Reflect.set(own.store.messages, 'read', (...args: Parameters<typeof read>) =>
      fails === 'first' || args[2] > 0 ? Promise.resolve(undefined) : read(...args),
    )
    const wire = await login(own, 'torn@x')
    wire.send('RETR 1\r\nSTAT\r\n')
    assert.match(await wire.until(/\+OK 2 \d+\r\n/), /^-ERR \[SYS\/TEMP\] the message cannot be read now\r\n/)
    fails = 'later'
    wire.send('RETR 1\r\nQUIT\r\n')
    assert.doesNotMatch(await wire.end(), /\r\n\.\r\n/, 'half a message does not look like a whole one')
    Reflect.set(own.store.messages, 'read', read)
    const again = await login(own, 'torn@x')
    again.send('RETR 2\r\nQUIT\r\n')
    assert.match(await again.end(), /\+OK bye\r\n$/)
    assert.equal((await own.store.mailboxes.find(id, 'INBOX'))?.unseen, 1)
    assert.deepEqual(own.errors, [])
    await own.close()
  })

  it('a session that ends without QUIT deletes nothing and frees the lock', async () => {
    const id = await kit.account('drop@x')
    await kit.deliver(id, 'Subject: a\n\nx\n')
    const first = await login(kit, 'drop@x')
    first.send('DELE 1\r\n')
    await first.until(/\+OK deleted\r\n/)
    first.close()
    for (;;) {
      const wire = new Wire(kit.pop3)
      wire.send('USER drop@x\r\nPASS pass\r\n')
      const answer = await wire.until(/^(\+OK \d+ messages|-ERR.*)\r\n/m)
      wire.close()
      if (/-ERR/.test(answer)) continue
      assert.match(answer, /\+OK 1 messages/)
      break
    }
  })

  it('a kicked session deletes nothing', async () => {
    const id = await kit.account('kick@x')
    await kit.deliver(id, 'Subject: a\n\nx\n')
    const wire = await login(kit, 'kick@x')
    wire.send('DELE 1\r\n')
    await wire.until(/\+OK deleted\r\n/)
    assert.equal(await kit.kick(id), 1)
    wire.send('QUIT\r\n')
    await wire.end()
    const inbox = await kit.store.mailboxes.find(id, 'INBOX')
    assert.equal(inbox?.messages, 1)
  })
})

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { storeDriver } from '../../../lib/store/drivers'
import { silentLog } from '../../../lib/terms/ports'
import { smallDisk } from '../../disk'
import { Wire } from '../../kit'
import { openTestStore, type PrivateServer, serverOrSkip } from '../../postgres'
import { DRIVERS, EMBEDDED } from '../../stores'
import { ACCOUNTS, type Demo, freePorts, run, startDemo } from '../demo'

const alice = 'alice@example.org'
const BODY = `${'x'.repeat(70)}\r\n`.repeat(3000)

async function open(port: number): Promise<Wire> {
  const wire = new Wire(port)
  await wire.until(/^.*\r\n/)
  return wire
}

async function say(wire: Wire, text: string, answer: RegExp): Promise<string> {
  wire.send(`${text}\r\n`)
  return wire.until(answer)
}

/** One message by SMTP: the reply to its end, or the first that was not as wished. */
async function send(demo: Demo, subject: string): Promise<string> {
  const wire = await open(demo.smtp)
  try {
    let reply = ''
    const text = `From: x@example.com\r\nSubject: ${subject}\r\n\r\n${BODY}.`
    for (const line of ['HELO x.example.org', 'MAIL FROM:<x@example.com>', `RCPT TO:<${alice}>`, 'DATA', text]) {
      reply = await say(wire, line, /^\d{3} .*\r\n/m)
      if (!/^[23]/m.test(reply)) break
    }
    return reply
  } finally {
    wire.close()
  }
}

for (const driver of DRIVERS) {
  const isEmbedded = EMBEDDED.includes(driver)
  describe(`a full disk below ${driver}`, function () {
    this.timeout(120_000)
    let disk: string | undefined
    let server: PrivateServer | undefined
    let demo: Demo | undefined

    before(async function () {
      disk = await smallDisk(isEmbedded ? '48m' : '140m')
      if (!disk) return this.skip()
      if (isEmbedded) {
        // Only the data: Haraka ends when it cannot write its log.
        const home = mkdtempSync(path.join(tmpdir(), 'mailbox-e2e-'))
        mkdirSync(path.join(disk, 'data'))
        symlinkSync(path.join(disk, 'data'), path.join(home, 'mailbox-data'))
        demo = await startDemo(['--nodes', '0', '--store', driver], home)
        return
      }
      const [port = 0] = await freePorts(1)
      server = await serverOrSkip(port, disk)
      if (!server) return this.skip()
      const url = `mailbox_store.ini:postgres.url=${server.url}`
      demo = await startDemo(['--nodes', '0', '--store', 'postgres', '--set', url])
    })
    after(async () => {
      await demo?.stop()
      if (demo) rmSync(demo.home, { recursive: true, force: true })
      await server?.remove()
      if (!disk) return
      await run('umount', ['-l', disk])
      rmSync(disk, { recursive: true, force: true })
    })

    it('senders hear a temporary error, readers read on; with room again all goes on, and nothing acknowledged is lost', async () => {
      assert.ok(demo && disk)
      assert.match(await send(demo, 'before'), /^250 /m)
      const reader = await open(demo.imap)
      await say(reader, `a LOGIN ${alice} "${ACCOUNTS[alice]}"`, /^a OK.*\r\n/m)
      await say(reader, 'b SELECT INBOX', /^b OK.*\r\n/m)

      const filler = path.join(disk, 'filler')
      for (let size = 1024 ** 2; size >= 4096; ) {
        try {
          writeFileSync(filler, Buffer.alloc(size), { flag: 'a' })
        } catch {
          size /= 2
        }
      }
      const acknowledged = ['before']
      let reply = ''
      for (let i = 0; i < 400; i++) {
        reply = await send(demo, `full-${i}`)
        if (!reply.startsWith('250')) break
        acknowledged.push(`full-${i}`)
      }
      assert.match(reply, /^45[01] 4\.3\.0 /m, `after ${acknowledged.length} messages`)
      const state = await say(reader, 'c UID FETCH 1 BODY.PEEK[HEADER.FIELDS (SUBJECT)]', /^c .*\r\n/m)
      console.log(
        `      ${acknowledged.length} messages, then: ${reply.trim()}; a reader: ${/^c .*/m.exec(state)?.[0]}`,
      )
      if (isEmbedded) assert.match(state, /^Subject: before\r\n[\s\S]*^c OK/m)
      else assert.match(state, /^c (OK|NO \[UNAVAILABLE\])/m)

      const newcomer = await open(demo.imap)
      const login = await say(newcomer, `a LOGIN ${alice} "${ACCOUNTS[alice]}"`, /^a .*\r\n/m)
      assert.match(login, /^a (OK|NO \[UNAVAILABLE\])/m)
      console.log(`      a login: ${/^a .{0,30}/m.exec(login)?.[0]}`)
      newcomer.close()

      rmSync(filler)
      for (let i = 0; i < 100 && !reply.startsWith('250'); i++) {
        reply = await send(demo, 'room again')
        assert.match(reply, /^(250|45[01]) /m)
      }
      assert.match(reply, /^250 /m)
      acknowledged.push('room again')
      await say(reader, 'n NOOP', /^n OK.*\r\n/m)
      const all = await say(reader, 'd UID FETCH 1:* BODY.PEEK[HEADER.FIELDS (SUBJECT)]', /^d .*\r\n/m)
      assert.match(all, /^d OK/m)
      const subjects = [...all.matchAll(/Subject: (.*)\r\n/g)].map((match) => match[1])
      assert.deepEqual(
        subjects.filter((subject) => acknowledged.includes(subject ?? '')),
        acknowledged,
      )
      reader.close()

      const folder = path.join(demo.home, 'mailbox-data', 'mail')
      const store = server
        ? await openTestStore(server)
        : await storeDriver(driver, '.').open({ folder, ini: {}, log: silentLog })
      const account = await store.accounts.find(alice)
      assert.ok(account)
      assert.deepEqual(await store.check(account.id), [])
      await store.close()
    })
  })
}

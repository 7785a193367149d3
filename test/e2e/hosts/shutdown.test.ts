import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { becomes } from '../../eventually'
import { Wire } from '../../kit'
import { ACCOUNTS, cli, type Demo, freePorts, removeHome, startDemo } from '../demo'

const alice = 'alice@example.org'
const bob = 'bob@example.org'
const BIG = 3_000_000
/** milliseconds; sessions have 3 s of it, and workers stop one after another */
const LIMIT = 12_000

/** Processes that were started with this home. */
function processesOf(home: string): string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').includes(home)
    } catch {
      return false
    }
  })
}

for (const nodes of [0, 2]) {
  describe(`Haraka stops with sessions open, nodes = ${nodes}`, function () {
    this.timeout(90_000)
    let demo: Demo
    let sieve = 0
    let http = 0
    before(async () => {
      const [sievePort = 0, httpPort = 0] = await freePorts(2)
      sieve = sievePort
      http = httpPort
      demo = await startDemo([
        ...['--nodes', String(nodes), '--sieve', String(sieve), '--http', String(http)],
        ...['--set', 'mailbox_locks.ini:wait.imap=30s'],
      ])
    })
    after(async () => {
      await demo?.stop()
      removeHome(demo)
    })

    async function greeted(port: number, greeting: RegExp): Promise<Wire> {
      const wire = new Wire(port)
      await wire.until(greeting)
      return wire
    }
    async function imap(name: keyof typeof ACCOUNTS): Promise<Wire> {
      const wire = await greeted(demo.imap, /^\* OK.*\r\n/)
      wire.send(`a LOGIN ${name} "${ACCOUNTS[name]}"\r\n`)
      await wire.until(/^a OK.*\r\n/m)
      return wire
    }
    async function pop3(name: keyof typeof ACCOUNTS): Promise<Wire> {
      const wire = await greeted(demo.pop3, /^\+OK.*\r\n/)
      wire.send(`USER ${name}\r\nPASS ${ACCOUNTS[name]}\r\n`)
      await wire.until(/^\+OK\r\n\+OK.*\r\n/)
      return wire
    }
    async function append(name: keyof typeof ACCOUNTS, octets: string): Promise<void> {
      const wire = await imap(name)
      wire.send(`b APPEND INBOX {${octets.length}+}\r\n${octets}\r\nc LOGOUT\r\n`)
      await wire.until(/^c OK.*\r\n/m)
    }

    it('each client hears of it, in every state, and it ends in time with exit code 0 and no process left', async () => {
      await append(alice, `Subject: big\r\n\r\n${'x'.repeat(BIG)}`)
      await append(bob, 'Subject: small\r\n\r\nx')
      const bye = /^\* BYE The server is shutting down\r\n$/m
      const sysTemp = /^-ERR \[SYS\/TEMP\] The server is shutting down\r\n$/m
      const heard: [string, Promise<string>, RegExp][] = []
      const hears = (what: string, wire: Wire, last: RegExp): void => void heard.push([what, wire.end(), last])

      hears('IMAP before login', await greeted(demo.imap, /^\* OK.*\r\n/), bye)
      const challenge = await greeted(demo.imap, /^\* OK.*\r\n/)
      challenge.send('a AUTHENTICATE PLAIN\r\n')
      await challenge.until(/^\+.*\r\n/m)
      hears('IMAP in AUTHENTICATE', challenge, bye)
      hears('IMAP after login', await imap(alice), bye)
      const idle = await imap(alice)
      idle.send('b SELECT INBOX\r\nc IDLE\r\n')
      await idle.until(/^\+ idling\r\n/m)
      hears('IMAP in IDLE', idle, bye)
      const literal = await imap(alice)
      literal.send('b APPEND INBOX {100}\r\n')
      await literal.until(/^\+.*\r\n/m)
      literal.send('Subject: half')
      hears('IMAP in a literal', literal, bye)
      const reading = await imap(alice)
      reading.send('b SELECT INBOX\r\n')
      await reading.until(/^b OK.*\r\n/m)
      reading.send(`c FETCH 1 (${'BODY[] '.repeat(6).trim()})\r\n`)
      await reading.until(/^\* 1 FETCH/m)
      // It reads on when the time of commands is over: the response is still half said.
      reading.socket.pause()

      const holding = await pop3(bob)
      holding.send('DELE 1\r\n')
      await holding.until(/^\+OK.*\r\n/m)
      hears('POP3 in a maildrop', holding, sysTemp)
      const waiting = await imap(bob)
      waiting.send('b SELECT INBOX\r\n')
      hears('IMAP that waits for the lock', waiting, /^(?:b .*\r\n)?\* BYE The server is shutting down\r\n$/m)
      hears('POP3 before login', await greeted(demo.pop3, /^\+OK.*\r\n/), sysTemp)

      hears('ManageSieve', await greeted(sieve, /^OK .*\r\n/m), /^BYE \(TRYLATER\) "The server is shutting down"\r\n$/m)
      hears('LMTP', await greeted(demo.lmtp, /^220 .*\r\n/), /^421 .*\r\n$/m)
      hears('SMTP', await greeted(demo.smtp, /^220 .*\r\n/), /^421 .*\r\n$/m)
      const data = await greeted(demo.smtp, /^220 .*\r\n/)
      data.send(`EHLO me\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<${alice}>\r\nDATA\r\n`)
      await data.until(/^354 .*\r\n/m)
      data.send('Subject: half of it\r\n\r\n')
      hears('SMTP in the middle of a message', data, /^421 .*\r\n$/)
      const handshake = new Wire(connect(demo.imaps, '127.0.0.1'))
      hears('TLS that is not there yet', handshake, /^$/)
      const web = new Wire(http)
      web.send('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n')
      await web.until(/^HTTP\/1.1 200[\s\S]*\r\n\r\n/)
      hears('HTTP that is kept alive', web, /^[^\r\n]*$/)

      const began = performance.now()
      const ended = demo.stop('SIGTERM')
      // Nothing but the end of that time ends this one.
      const outOfTime = heard.find(([what]) => what === 'IMAP that waits for the lock')?.[1]
      void outOfTime?.then(() => reading.socket.resume())
      hears('IMAP in a long FETCH', reading, bye)
      assert.equal(await ended, 0)
      const took = performance.now() - began
      for (const [what, said, last] of heard) assert.match((await said).slice(-200), last, what)
      assert.ok(took < LIMIT, `${Math.round(took)} ms`)
      await becomes(() => processesOf(demo.home).length, 0)

      demo = await startDemo(['--nodes', String(nodes)], demo.home)
      const again = await pop3(bob)
      again.send('STAT\r\n')
      assert.match(await again.until(/^\+OK.*\r\n/m), /^\+OK 1 /, 'what was marked is there')
      again.close()
    })

    for (const signals of [['SIGINT'], ['SIGTERM', 'SIGTERM'], ['SIGINT', 'SIGTERM']] as const) {
      it(`${signals.join(' and ')} leave no process, with an SMTP and an IMAP session open`, async () => {
        await demo.stop()
        demo = await startDemo(['--nodes', String(nodes)], demo.home)
        const sessions = [await greeted(demo.smtp, /^220 .*\r\n/), await imap(alice)]
        const ended = signals.map((signal) => demo.stop(signal))
        const began = performance.now()
        await Promise.all(ended)
        assert.ok(performance.now() - began < LIMIT)
        await becomes(() => processesOf(demo.home).length, 0)
        for (const session of sessions) session.close()
        const { stdout } = await cli(['check', '--home', demo.home])
        assert.match(stdout, /all is well/)
      })
    }
  })
}

import assert from 'node:assert/strict'
import { connect as connectTls } from 'node:tls'
import { generate } from 'selfsigned'
import { tlsFrom } from '../../lib/transport/tls'
import { type Kit, startKit, Wire } from '../kit'

const OK = /^OK .*\r\n/m
const plain = (user: string, password = 'pass'): string => Buffer.from(`\0${user}\0${password}`).toString('base64')

describe('ManageSieve', function () {
  this.timeout(30_000)
  let kit: Kit
  before(async () => {
    const made = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048, algorithm: 'sha256' })
    kit = await startKit({ tls: tlsFrom(made.private, made.cert) })
    await kit.account('me@x')
  })
  after(() => kit.close())

  it('RFC 5804 2.2: STARTTLS drops what was sent before it and tells the capabilities again, without STARTTLS', async () => {
    const clear = new Wire(kit.sieve)
    assert.match(await clear.until(OK), /^"STARTTLS"\r\n/m)
    clear.send('STARTTLS\r\nNOOP "injected"\r\n')
    await clear.until(OK)
    clear.socket.removeAllListeners('data')
    const secure = new Wire(connectTls({ socket: clear.socket, rejectUnauthorized: false }))
    const greeting = await secure.until(OK)
    assert.match(greeting, /^"VERSION" "1.0"\r\n/m)
    assert.doesNotMatch(greeting, /STARTTLS|injected/)
    secure.send(`STARTTLS\r\nAUTHENTICATE "PLAIN" "${plain('me@x')}"\r\nNOOP "x"\r\n`)
    const rest = await secure.until(/TAG.*\r\n/)
    assert.match(rest, /^NO "TLS is active already"\r\nOK "Logged in"\r\nOK \(TAG "x"\)/)
    secure.close()
  })

  it('reads a script that is too big to its end and keeps none of it; before the login only small literals', async () => {
    const wire = new Wire(kit.sieve)
    await wire.until(OK)
    const big = Buffer.alloc(300_000, 0x23)
    wire.send(`PUTSCRIPT "a" {${big.length}+}\r\n`)
    wire.send(big)
    wire.send(`\r\nAUTHENTICATE "PLAIN" "${plain('me@x')}"\r\nPUTSCRIPT "a" {${big.length}+}\r\n`)
    wire.send(big)
    wire.send('\r\nLISTSCRIPTS\r\n')
    const answers = await wire.until(/LISTSCRIPTS completed"\r\n/)
    assert.equal(
      answers,
      'NO "Log in first"\r\nOK "Logged in"\r\nNO (QUOTA/MAXSIZE) "A script has at most 262144 octets"\r\nOK "LISTSCRIPTS completed"\r\n',
    )
    wire.send('PUTSCRIPT "a" {4294967295+}\r\n')
    assert.match(await wire.until(/BYE.*\r\n/), /BYE "too big"/)
    wire.close()
  })

  it('a script that became active runs at the next delivery, and `active` is what a client chose', async () => {
    const id = await kit.account('run@x')
    const running = async (): Promise<string | undefined> => {
      const active = (await kit.store.accounts.get(id))?.activeScript
      return active === undefined ? undefined : kit.store.scripts.get(id, active)
    }
    const wire = new Wire(kit.sieve)
    await wire.until(OK)
    wire.send(`AUTHENTICATE "PLAIN" "${plain('run@x')}"\r\nPUTSCRIPT "one" "discard;"\r\nPUTSCRIPT "two" "keep;"\r\n`)
    wire.send('SETACTIVE "one"\r\nNOOP "1"\r\n')
    await wire.until(/TAG "1".*\r\n/)
    assert.equal(await running(), 'discard;')
    wire.send('SETACTIVE "two"\r\nNOOP "2"\r\n')
    await wire.until(/TAG "2".*\r\n/)
    assert.equal(await running(), 'keep;')
    wire.send('PUTSCRIPT "two" "stop;"\r\nSETACTIVE ""\r\nNOOP "3"\r\n')
    await wire.until(/TAG "3".*\r\n/)
    assert.equal(await running(), undefined)
    assert.equal(await kit.store.scripts.get(id, 'two'), 'stop;')
    wire.close()
  })

  it('two accounts see nothing of each other', async () => {
    const wire = new Wire(kit.sieve)
    await wire.until(OK)
    await kit.account('other@x')
    wire.send(`AUTHENTICATE "PLAIN" "${plain('other@x')}"\r\nGETSCRIPT "one"\r\nLISTSCRIPTS\r\n`)
    assert.match(await wire.until(/LISTSCRIPTS completed"\r\n/), /\r\nNO \(NONEXISTENT\) .*\r\nOK "LIST/)
    wire.close()
  })
})

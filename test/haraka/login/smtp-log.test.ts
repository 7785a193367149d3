import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import path from 'node:path'
import { type Demo, removeHome, startDemo } from '../../e2e/demo'

const b64 = (text: string): string => Buffer.from(text).toString('base64')
const ALICE = 'alice@example.org'
const SECRETS = [b64(`\0${ALICE}\0wrong secret 1`), b64('wrong secret 2'), b64(`\0${ALICE}\0wrong secret 3`)]
const [PLAIN = '', LOGIN = '', INITIAL = ''] = SECRETS

/** Says a line after each reply; `first` at once, before the greeting. @returns all that the server said */
function smtp(port: number, lines: readonly string[], first = ''): Promise<string> {
  const left = [...lines]
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let said = ''
    if (first !== '') socket.write(first)
    socket.on('data', (chunk) => {
      said += chunk.toString()
      const next = /^\d{3} .*\r\n$/m.test(chunk.toString()) ? left.shift() : undefined
      if (next !== undefined) socket.write(`${next}\r\n`)
    })
    socket.on('close', () => resolve(said))
    socket.on('error', reject)
  })
}

describe('SMTP AUTH in Haraka at its loudest', function () {
  this.timeout(60_000)
  let demo: Demo
  before(async () => {
    demo = await startDemo(['--nodes', '0', '--set', 'log.ini:main.level=DATA'])
  })
  afterEach(() => removeHome(demo))

  it('answers as it should, and writes no secret to the log', async () => {
    const talk = ['EHLO x', 'AUTH PLAIN', PLAIN, 'AUTH LOGIN', b64(ALICE), LOGIN, `AUTH PLAIN ${INITIAL}`, 'QUIT']
    const said = await smtp(demo.submission, talk)
    assert.equal(said.match(/^535 5\.7\.8 Authentication failed\r$/gm)?.length, 3)
    assert.equal(await demo.stop(), 0)
    const file = path.join(demo.home, 'haraka.log')
    const log = demo.output() + (existsSync(file) ? readFileSync(file, 'utf8') : '')
    assert.match(log, /C: AUTH PLAIN \(hidden\)/)
    assert.match(log, /login failed: address=127\.0\.0\.1 user="alice@example\.org" protocol=smtp mechanism=LOGIN/)
    for (const secret of [...SECRETS, 'wrong secret']) assert.ok(!log.includes(secret.slice(0, 24)))
  })

  /** What each line of a client is named by in this table, with a secret of its own. */
  const ODD: readonly (readonly [string, readonly string[]])[] = [
    ['before EHLO', ['AUTH PLAIN %', 'auth login %', 'AUTH %']],
    ['after HELO', ['HELO x', 'AUTH PLAIN %', 'AUTH LOGIN', '%']],
    ['two blanks', ['EHLO x', 'AUTH  PLAIN %', 'AUTH   LOGIN  %', 'AUTH PLAIN  %']],
    ['no mechanism', ['EHLO x', 'AUTH %', 'AUTH %', 'AUTH']],
    ['lower and mixed case', ['EHLO x', 'auth plain %', 'aUtH pLaIn %', 'Auth %']],
    ['tabs and blanks', ['EHLO x', 'AUTH\tPLAIN\t%', ' AUTH PLAIN %', '\tAUTH PLAIN %', '  auth %']],
    ['the line after *', ['EHLO x', 'AUTH LOGIN', '*', '%', 'AUTH PLAIN', '*', '%']],
    ['an unknown mechanism', ['EHLO x', 'AUTH FOO %', '%', 'AUTH CRAM-MD5', '%']],
    ['continued', ['EHLO x', 'AUTH LOGIN %', '%', 'AUTH SCRAM-SHA-256 %', '%', 'AUTH PLAIN', '%', '%']],
    ['no base64, and more words', ['EHLO x', 'AUTH PLAIN % more', 'AUTH LOGIN', '% !', '% %']],
    ['a bare CR', ['EHLO x', 'AUTH PLAIN %\rx', 'x\rAUTH PLAIN %']],
    ['not ASCII', ['EHLO x', 'AUTH PLAIN %\u00e9', '\u00e9%']],
    ['in a transaction', ['EHLO x', 'MAIL FROM:<a@example.org>', 'AUTH PLAIN %', '%']],
    ['after too many', ['EHLO x', ...Array<string>(8).fill('AUTH PLAIN %')]],
  ]

  it('writes nothing of what stands behind AUTH in odd places and forms', async () => {
    demo = await startDemo(['--nodes', '0', '--set', 'log.ini:main.level=DATA'])
    let count = 0
    const secrets: string[] = []
    const secret = (): string => {
      const text = b64(`\0${ALICE}\0odd secret ${++count} of many`)
      secrets.push(text)
      return text
    }
    const said = new Map<string, string>()
    for (const [what, lines] of ODD) {
      const talk = lines.map((line) => line.replaceAll('%', secret))
      said.set(what, await smtp(demo.submission, [...talk, 'QUIT']))
    }
    // Before the greeting, and all at once.
    for (const early of [[], ['EHLO x'], ['HELO x']]) {
      const all = [...early, `AUTH PLAIN ${secret()}`, 'AUTH LOGIN', secret(), secret(), '*', secret(), 'QUIT', '']
      await smtp(demo.submission, ['QUIT', 'QUIT', 'QUIT'], all.join('\r\n'))
    }
    await smtp(demo.submission, [`EHLO x\r\nAUTH PLAIN ${secret()}\r\nAUTH LOGIN\r\n${secret()}\r\nQUIT`, 'QUIT'])
    assert.match(said.get('before EHLO') ?? '', /^503 5\.5\.1 Say EHLO first\r\n503 .*\r\n503 /m)
    assert.match(said.get('after HELO') ?? '', /^503 5\.5\.1 Say EHLO first\r\n503 5\.5\.1/m)
    assert.match(said.get('two blanks') ?? '', /^535 5\.7\.8/m)
    assert.equal(await demo.stop(), 0)
    const file = path.join(demo.home, 'haraka.log')
    const log = demo.output() + (existsSync(file) ? readFileSync(file, 'utf8') : '')
    assert.match(log, /C: AUTH PLAIN \(hidden\)/)
    assert.match(log, /C: EHLO x/)
    assert.match(log, /C: \(hidden\)/)
    for (const text of secrets) {
      const at = log.indexOf(text.slice(8, 40))
      assert.equal(at, -1, log.slice(Math.max(0, at - 200), at + 100))
    }
    assert.ok(!log.includes('odd secret'))
  })
})

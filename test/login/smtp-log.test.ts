import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import path from 'node:path'
import { type Demo, removeHome, startDemo } from '../e2e/demo'

const b64 = (text: string): string => Buffer.from(text).toString('base64')
const ALICE = 'alice@example.org'
const SECRETS = [b64(`\0${ALICE}\0wrong secret 1`), b64('wrong secret 2'), b64(`\0${ALICE}\0wrong secret 3`)]
const [PLAIN = '', LOGIN = '', INITIAL = ''] = SECRETS

/** Says a line after each reply. @returns all that the server said */
function smtp(port: number, lines: readonly string[]): Promise<string> {
  const left = [...lines]
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let said = ''
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
  after(() => removeHome(demo))

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
})

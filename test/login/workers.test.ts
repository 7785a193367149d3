import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { connect } from 'node:net'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { packageRoot } from '../../lib/package-root'
import { ACCOUNTS, type Demo, removeHome, startDemo } from '../e2e/demo'

const run = promisify(execFile)
const ALICE = 'alice@example.org'

/** One POP3 session. @returns the answer to PASS */
function pass(port: number, user: string, password: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    const say = [`USER ${user}`, `PASS ${password}`]
    let answer = ''
    createInterface({ input: socket }).on('line', (line) => {
      const next = say.shift()
      if (next) return socket.write(`${next}\r\n`)
      if (answer === '') {
        answer = line
        socket.end('QUIT\r\n')
      }
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}

describe('lockouts in 4 workers', function () {
  this.timeout(60_000)
  let demo: Demo
  before(async () => {
    demo = await startDemo(['--nodes', '4'])
  })
  after(async () => {
    await demo?.stop()
    removeHome(demo)
  })
  const lockouts = async (...words: string[]): Promise<string> => {
    const cli = path.join(packageRoot, 'dist/lib/cli/main.js')
    return (await run(process.execPath, [cli, 'lockouts', ...words, '--home', demo.home])).stdout
  }
  const rightInEachWorker = async (): Promise<string[]> => {
    const answers: string[] = []
    // One after another: connections go round the workers.
    for (let n = 0; n < 8; n++) answers.push((await pass(demo.pop3, ALICE, ACCOUNTS[ALICE])).slice(0, 3))
    return answers
  }

  it('a bar is known to all, and so is its end, at the next attempt', async () => {
    assert.deepEqual(new Set(await rightInEachWorker()), new Set(['+OK']))
    for (let n = 0; n < 4; n++) assert.match(await pass(demo.pop3, ALICE, `wrong ${n}`), /^-ERR \[AUTH\]/)
    assert.deepEqual(new Set(await rightInEachWorker()), new Set(['-ER']))
    assert.match(await lockouts('list'), /account {2}alice@example\.org from 127\.0\.0\.1: 4 failures/)
    assert.match(await lockouts('explain', ALICE, '127.0.0.1'), /refused, with a correct password too/)
    assert.match(await lockouts('clear', ALICE), /^cleared/)
    assert.deepEqual(new Set(await rightInEachWorker()), new Set(['+OK']))
  })
})

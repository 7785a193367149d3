import assert from 'node:assert/strict'
import { Wire } from '../../kit'
import { ACCOUNTS, cli, type Demo, removeHome, startDemo } from '../demo'

const alice = 'alice@example.org'
const MESSAGES = 40

describe('haraka-mailbox index', function () {
  this.timeout(60_000)
  let demo: Demo
  before(async () => {
    demo = await startDemo(['--set', 'mailbox_store.ini:search.delay=0'])
    const wire = new Wire(demo.imap)
    wire.send(`a LOGIN ${alice} "${ACCOUNTS[alice]}"\r\n`)
    for (let nth = 0; nth < MESSAGES; nth++) {
      const text = `Subject: message ${nth}\r\n\r\nits text\r\n`
      wire.send(`b${nth} APPEND INBOX {${text.length}+}\r\n${text}\r\n`)
    }
    wire.send('z LOGOUT\r\n')
    await wire.until(/^z OK.*\r\n/m)
  })
  after(async () => {
    await demo?.stop()
    removeHome(demo)
  })

  const index = async (...words: string[]) => {
    const { code, stdout, stderr } = await cli(['index', ...words, '--home', demo.home])
    return { code, stdout, stderr }
  }
  const json = async (...words: string[]) => JSON.parse((await index(...words, '--json')).stdout)

  it('beside a running server: what waits is built by it, of all and of one account, and anew', async () => {
    const built = await json('build')
    assert.deepEqual([built.state, built.indexed, built.waiting], ['complete', MESSAGES, 0])
    assert.ok(built.octets > 0)
    const again = await json('rebuild', alice)
    assert.deepEqual([again.state, again.waiting], ['complete', 0])
    assert.deepEqual(again.accounts, [{ name: alice, indexed: MESSAGES, unreadable: 0, waiting: 0 }])
    assert.deepEqual(await index('rebuild', '--quiet'), { code: 0, stdout: '', stderr: '' })
    const { stdout } = await index('status', alice)
    assert.match(
      stdout,
      /^text index: complete\n40 messages indexed, 0 waiting, .* on the disk\n {2}alice@\S+: 40 messages/,
    )
    assert.equal((await index('status', 'nobody@example.org')).code, 1)
  })

  it('without one the command builds', async () => {
    await demo.stop()
    const done = await json('rebuild')
    assert.deepEqual([done.state, done.indexed, done.waiting], ['complete', MESSAGES, 0])
  })
})

import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { cli, type Demo, freePorts, removeHome, startDemo } from '../demo'

/** A plugin of somebody else: it knows recipients of its own, denies, rewrites and queues. */
const OTHER = `
const { appendFileSync } = require('node:fs')
exports.hook_rcpt = function (next, connection, params) {
  const [address] = params
  if (address.user === 'denied' || address.user === 'alice') return next(DENY, 'the other plugin says no')
  if (address.user === 'theirs') return next(OK)
  if (address.user === 'info') {
    connection.transaction.rcpt_to.pop()
    connection.transaction.rcpt_to.push(new address.constructor('<bob@example.org>'))
    return next(OK)
  }
  next()
}
exports.hook_queue = function (next, connection) {
  const to = connection.transaction.rcpt_to.map((one) => one.address)
  appendFileSync(__dirname + '/queued', to.join() + '\\n')
  next(to.every((one) => one.startsWith('theirs@')) ? OK : CONT)
}
`

async function dialogue(port: number, commands: readonly string[]): Promise<string[]> {
  const socket = connect(port, '127.0.0.1')
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
  const answers: string[] = []
  for (const command of ['', ...commands]) {
    if (command) socket.write(`${command}\r\n`)
    for (;;) {
      const { value } = await lines.next()
      if (value === undefined) throw new Error(`closed after ${answers.join(' | ')}`)
      if (!/^\d{3} /.test(value)) continue
      answers.push(value)
      break
    }
  }
  socket.destroy()
  return answers
}

/** The answers to RCPT for each; then to the message, if one was accepted. */
async function send(port: number, to: readonly string[]): Promise<string[]> {
  const rcpt = to.map((one) => `RCPT TO:<${one}@example.org>`)
  const message = ['DATA', 'Message-ID: <1@example.net>\r\n\r\nbody\r\n.']
  const [, , , ...answers] = await dialogue(port, ['EHLO x', 'MAIL FROM:<s@example.net>', ...rcpt, ...message])
  return [...answers.slice(0, to.length), answers.at(-1) ?? '']
}

describe('recipients beside another plugin', function () {
  this.timeout(60_000)
  const expected = {
    // Ours decides before the others are asked.
    first: {
      alice: /^250 /,
      bob: /^250 /,
      denied: /^250 /,
      theirs: /^550 5\.1\.1 /,
      info: /^550 5\.1\.1 /,
      nobody: /^550 5\.1\.1 /,
    },
    // What another denied or accepted stays so; what none of them knows is asked of ours.
    last: {
      alice: /^550 .*the other/,
      bob: /^250 /,
      denied: /^550 .*the other/,
      theirs: /^250 /,
      info: /^250 /,
      nobody: /^550 5\.1\.1 /,
    },
  } as const
  for (const [rcpt, answers] of Object.entries(expected)) {
    describe(`rcpt = ${rcpt}`, () => {
      let demo: Demo
      before(async () => {
        const home = mkdtempSync(path.join(tmpdir(), 'mailbox-recipients-'))
        mkdirSync(path.join(home, 'plugins'))
        writeFileSync(path.join(home, 'plugins/other.js'), OTHER)
        const accounts = path.join(home, 'accounts')
        writeFileSync(accounts, ['alice', 'bob', 'denied'].map((name) => `${name}@example.org:pass\n`).join(''))
        const words = [
          '--plugin',
          'other',
          '--set',
          `mailbox_deliver.ini:main.rcpt=${rcpt}`,
          '--accounts-file',
          accounts,
        ]
        demo = await startDemo(words, home)
      })
      after(async () => {
        await demo?.stop()
        removeHome(demo)
      })
      const counts = async (): Promise<Record<string, number>> => {
        const { stdout } = await cli(['accounts', 'list', '--home', demo.home, '--json'])
        const rows: { name: string; messages: number }[] = JSON.parse(stdout)
        return Object.fromEntries(rows.map(({ name, messages }) => [name.replace(/@.*/, ''), messages]))
      }

      it('each RCPT hears what the first plugin with an opinion says', async () => {
        const names = Object.keys(answers)
        const heard = await send(demo.smtp, names)
        for (const [at, answer] of Object.values(answers).entries()) assert.match(heard[at] ?? '', answer, names[at])
        assert.match(heard.at(-1) ?? '', /^250 /)
      })

      it('ours are delivered, also those another plugin accepted or put there; its own go to its queue', async () => {
        const queued = path.join(demo.home, 'plugins/queued')
        if (rcpt === 'first') {
          assert.deepEqual(await counts(), { alice: 1, bob: 1, denied: 1 })
          assert.ok(!existsSync(queued))
        } else {
          assert.deepEqual(await counts(), { alice: 0, bob: 1, denied: 0 })
          assert.equal(readFileSync(queued, 'utf8'), 'theirs@example.org\n')
        }
      })
    })
  }
})

describe('unknown recipients', function () {
  this.timeout(60_000)
  let demo: Demo
  before(async () => {
    demo = await startDemo(['--nodes', '2', '--set', 'mailbox_login.ini:lockout.recipients_failures=25'])
  })
  after(async () => {
    await demo?.stop()
    removeHome(demo)
  })
  const harvest = async (from: number): Promise<readonly string[]> => {
    const names = Array.from({ length: 11 }, (_, n) => `RCPT TO:<name${from + n}@example.org>`)
    const [, , , ...answers] = await dialogue(demo.smtp, ['EHLO x', 'MAIL FROM:<s@example.net>', ...names])
    return answers.map((answer) => answer.slice(0, 9))
  }

  it('ten hear 550, the next 421 and the end; a network that goes on is barred in every worker, and so is told', async () => {
    const ten = [...Array.from({ length: 10 }, () => '550 5.1.1'), '421 4.7.1']
    assert.deepEqual([await harvest(0), await harvest(100)], [ten, ten])
    await harvest(200).catch(() => undefined)
    for (let n = 0; n < 4; n++) {
      const words = ['EHLO x', 'MAIL FROM:<s@example.net>', 'RCPT TO:<alice@example.org>']
      assert.match((await dialogue(demo.smtp, words)).at(-1) ?? '', /^421 4\.7\.1 /)
    }
    const { stdout } = await cli(['lockouts', 'list', '--home', demo.home])
    assert.match(stdout, /recipients 127\.0\.0\.1: 25 failures/)
    assert.equal((await cli(['lockouts', 'clear', '127.0.0.1', '--home', demo.home])).code, 0)
    const after = await dialogue(demo.smtp, ['EHLO x', 'MAIL FROM:<s@example.net>', 'RCPT TO:<alice@example.org>'])
    assert.match(after.at(-1) ?? '', /^250 /)
  })
})

describe('a full mailbox', function () {
  this.timeout(60_000)
  let demo: Demo
  before(async () => {
    const [lmtp = 0] = await freePorts(1)
    const home = mkdtempSync(path.join(tmpdir(), 'mailbox-full-'))
    mkdirSync(path.join(home, 'config'))
    writeFileSync(path.join(home, 'config/mailbox_deliver.ini'), '[domain example.com]\nfull = permanent\n')
    demo = await startDemo(['--lmtp', String(lmtp), '--set', 'mailbox_store.ini:quota.messages=1'], home)
    const added = await cli(['accounts', 'add', 'carol@example.com', '--home', demo.home, '--generate'])
    assert.equal(added.code, 0, added.stderr)
  })
  after(async () => {
    await demo?.stop()
    removeHome(demo)
  })

  for (const [port, hello] of [
    ['smtp', 'EHLO x'],
    ['lmtp', 'LHLO x'],
  ] as const) {
    it(`${port}: 452 4.2.2 by default, 552 5.2.2 where the domain says so`, async () => {
      const rcpt = ['alice@example.org', 'carol@example.com'].map((one) => `RCPT TO:<${one}>`)
      const envelope = [hello, 'MAIL FROM:<s@example.net>', ...rcpt]
      if (port === 'smtp') {
        const filled = await dialogue(demo.smtp, [...envelope, 'DATA', 'Subject: fills\r\n\r\nbody\r\n.'])
        assert.match(filled.at(-1) ?? '', /^250 /)
      }
      const [, , , ...heard] = await dialogue(demo[port], envelope)
      assert.match(heard[0] ?? '', /^452 4\.2\.2 /)
      assert.match(heard[1] ?? '', /^552 5\.2\.2 /)
    })
  }
})

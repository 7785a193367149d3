import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { packageRoot } from '../../lib/package-root'
import { openSqliteStore } from '../../lib/store/sqlite'
import { uid } from '../../lib/terms/numbers'
import { cli, installed, run } from '../e2e/demo'
import { type Peer, type PeerMessage, startPeer } from './imap-peer'

const ACCOUNTS = ['ann@example.org', 'ben@example.org']
/** UIDs with gaps. */
const messages = (label: string): PeerMessage[] =>
  Array.from({ length: 300 }, (_one, index) => ({
    uid: index * 2 + 5,
    text: `Subject: ${label} ${index}\r\n\r\n${'x'.repeat(index * 7)}\r\n`,
  }))
const MAILBOXES = { INBOX: messages('in'), 'Sent/2024': messages('sent'), Empty: [] }

function newHome(): string {
  const home = mkdtempSync(path.join(tmpdir(), 'mailbox-kill-imap-'))
  mkdirSync(path.join(home, 'config'))
  writeFileSync(path.join(home, 'config/plugins'), 'mailbox/store\n')
  return home
}

async function addAccounts(home: string): Promise<void> {
  for (const name of ACCOUNTS) {
    assert.equal((await cli(['accounts', 'add', name, '--home', home, '--password-stdin'], 'correct horse')).code, 0)
  }
}

describe('import from IMAP, killed', function () {
  this.timeout(120_000)
  let home: string
  let peer: Peer
  before(() => {
    home = newHome()
  })
  after(async () => {
    await peer?.close()
    rmSync(home, { recursive: true, force: true })
  })

  it('goes on where it was, for all accounts: none lost, none twice, all numbers kept', async () => {
    await addAccounts(home)
    let heard = 0
    let holdFrom = Number.POSITIVE_INFINITY
    let held = (): void => undefined
    peer = await startPeer({
      mailboxes: MAILBOXES,
      // From here on nothing is answered: the import is in the middle, however fast it is.
      before: () => (++heard < holdFrom ? Promise.resolve() : new Promise(() => held())),
    })
    process.env.IMPORT_PASSWORD = 'secret'
    const args = ['import', 'imap', '127.0.0.1', '--home', home, '--port', String(peer.port), '--plain', '--all']
    const store = await openSqliteStore({ path: path.join(home, 'mailbox-data/mail') })
    const brought = async (): Promise<number> => {
      let sum = 0
      for await (const { id } of store.accounts.list()) sum += (await store.accounts.usage(id)).messages
      return sum
    }
    try {
      let before = 0
      for (const fetches of [10, 9]) {
        heard = 0
        holdFrom = fetches
        const isHeld = new Promise<void>((resolve) => {
          held = resolve
        })
        // One connection an account: one of the two has asked five times by then, 250 messages, and a transaction has 200.
        const main = path.join(packageRoot, 'dist/lib/cli/main.js')
        const child = spawn(process.execPath, [main, ...args, '--parallel', '2'], { stdio: 'ignore' })
        const ended = once(child, 'exit')
        await Promise.race([isHeld, ended])
        assert.equal(child.exitCode, null)
        // What is in memory by now may be in a transaction that is under way: killed there is what this is about.
        child.kill('SIGKILL')
        await ended
        const now = await brought()
        assert.ok(now > before && now < 1200, `${before} ${now}`)
        before = now
      }
      holdFrom = Number.POSITIVE_INFINITY
      const last = await cli(args)
      assert.equal(last.code, 0, last.stdout + last.stderr)
      assert.match(
        last.stdout,
        new RegExp(
          `^Total: 2 accounts, 1200 messages found, ${1200 - before} added \\(.*\\), ${before} here before, 0 problems, 0 accounts refused$`,
          'm',
        ),
      )
      for (const name of ACCOUNTS) {
        const account = await store.accounts.find(name)
        assert.ok(account)
        for (const [mailbox, expected] of Object.entries(MAILBOXES)) {
          const found = await store.mailboxes.find(account.id, mailbox)
          assert.ok(found, mailbox)
          assert.deepEqual([found.uidValidity, found.uidNext], [77, (expected.at(-1)?.uid ?? 0) + 1])
          const snapshot = await store.messages.snapshot(account.id, found.id)
          const got: [number, string][] = []
          for await (const rows of store.messages.rows(account.id, found.id, [...(snapshot?.uids ?? [])].map(uid))) {
            for (const row of rows) {
              got.push([row.uid, String(await store.messages.read(account.id, row.emailId, 0, row.size))])
            }
          }
          assert.deepEqual(
            got,
            expected.map((one) => [one.uid, one.text]),
          )
        }
        assert.deepEqual(await store.check(account.id), [])
      }
      const again = await cli([...args, '--verify', 'all'])
      assert.match(again.stdout, /^Total: 2 accounts, 1200 messages found, 0 added .* 1200 here before, 0 problems/m)
    } finally {
      await store.close()
    }
  })

  it('on a terminal: how far it is, the rate, and the time left', async function () {
    if (!installed('script')) this.skip()
    const words = [process.execPath, path.join(packageRoot, 'dist/lib/cli/main.js'), 'import', 'imap', '127.0.0.1']
    const own = newHome()
    try {
      await addAccounts(own)
      // Slow enough to be shown.
      const slow = ['--message-rate', '200']
      const command = [...words, '--home', own, '--port', String(peer.port), '--plain', '--all', ...slow].join(' ')
      const ran = await run('script', ['-qec', command, '/dev/null'])
      assert.match(ran.stdout, /\r\d+\/\d+ in [12] of 2 accounts {2}\d+ messages\/s, \d+\.\d MB\/s, \d+ s left/)
    } finally {
      rmSync(own, { recursive: true, force: true })
    }
  })

  it('what is missing is told at the end, with an exit code, and no password is printed', async () => {
    const file = path.join(home, 'passwords')
    writeFileSync(file, 'ann@example.org:secret\nnobody@example.org:hush-hush\n', { mode: 0o600 })
    const args = ['--home', home, '--port', String(peer.port), '--plain', '--passwords', file]
    const ran = await cli(['import', 'imap', '127.0.0.1', ...args])
    assert.equal(ran.code, 1)
    assert.match(ran.stdout, /^Total: 2 accounts, 600 messages found, 0 added .* 1 accounts refused$/m)
    assert.match(ran.stdout, /^refused: nobody@example\.org: there is no account nobody@example\.org/m)
    assert.doesNotMatch(ran.stdout + ran.stderr, /secret|hush/)
    const wrong = await cli(['import', 'imap', '127.0.0.1', '--home', home, '--plain'])
    assert.match(wrong.stderr, /say whose mail/)
    assert.equal(wrong.code, 1)
  })
})

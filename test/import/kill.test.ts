import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { packageRoot } from '../../lib/package-root'
import { openSqliteStore } from '../../lib/store/sqlite'
import { cli } from '../e2e/demo'

const COUNT = 3000

describe('import, killed', function () {
  this.timeout(60_000)
  let home: string
  before(() => {
    home = mkdtempSync(path.join(tmpdir(), 'mailbox-kill-'))
    mkdirSync(path.join(home, 'config'))
    writeFileSync(path.join(home, 'config/plugins'), 'mailbox/store\n')
    for (const part of ['cur', 'new', 'tmp']) mkdirSync(path.join(home, 'Maildir', part), { recursive: true })
    for (let i = 0; i < COUNT; i++) {
      writeFileSync(path.join(home, 'Maildir/cur', `${i}.host:2,S`), `Subject: ${i}\n\n${'x'.repeat(2000)}\n`)
    }
  })
  after(() => rmSync(home, { recursive: true, force: true }))

  for (const index of ['with UIDs', 'without']) {
    it(`goes on where it was, ${index}: none lost, none twice`, async () => {
      const name = `${index.replace(' ', '-')}@example.org`.toLowerCase()
      const list = Array.from({ length: COUNT }, (_one, i) => `${i + 1} :${i}.host\n`).join('')
      const file = path.join(home, 'Maildir/dovecot-uidlist')
      if (index === 'without') rmSync(file)
      else writeFileSync(file, `3 V4711 N${COUNT + 1}\n${list}`)
      assert.equal((await cli(['accounts', 'add', name, '--home', home, '--password-stdin'], 'correct horse')).code, 0)
      const args = ['import', 'maildir', path.join(home, 'Maildir'), '--home', home, '--account', name]
      const store = await openSqliteStore({ path: path.join(home, 'mailbox-data/mail') })
      try {
        const account = await store.accounts.find(name)
        assert.ok(account)
        const child = spawn(process.execPath, [path.join(packageRoot, 'dist/lib/cli/main.js'), ...args], {
          stdio: 'ignore',
        })
        const ended = once(child, 'exit')
        // As soon as something is there; if it is faster than that it has ended, which is right too.
        while (child.exitCode === null && (await store.accounts.usage(account.id)).messages === 0) {
          await new Promise((resolve) => setTimeout(resolve, 5))
        }
        child.kill('SIGKILL')
        await ended
        const half = (await store.accounts.usage(account.id)).messages
        const again = await cli(args)
        assert.match(
          again.stdout,
          new RegExp(`${COUNT} messages found, ${COUNT - half} added, 0 problems`),
          again.stderr,
        )
        assert.equal((await store.accounts.usage(account.id)).messages, COUNT)
        assert.deepEqual(await store.check(account.id), [])
      } finally {
        await store.close()
      }
    })
  }
})

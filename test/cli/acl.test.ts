import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { newAccount, value } from '../../lib/store/conformance/fixtures'
import { storeDriver } from '../../lib/store/drivers'
import { ok } from '../../lib/terms/fault'
import { silentLog } from '../../lib/terms/ports'
import { cli } from '../e2e/demo'
import { DEFAULT_DRIVER } from '../stores'

describe('haraka-mailbox acl', function () {
  this.timeout(60_000)
  let home: string
  const run = (...words: string[]) => cli([...words, '--home', home])
  async function done(...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await run(...words)
    assert.equal(code, 0, stderr)
    return stdout
  }

  before(async () => {
    home = mkdtempSync(path.join(tmpdir(), 'mailbox-acl-'))
    mkdirSync(path.join(home, 'config'))
    writeFileSync(path.join(home, 'config/plugins'), 'mailbox/store\n')
    const folder = path.join(home, 'mailbox-data/mail')
    const store = await storeDriver(DEFAULT_DRIVER, '.').open({ folder, ini: {}, log: silentLog })
    const { id } = await newAccount(store, 'ann@example.org')
    value(await store.accounts.update(id, () => ok({ overrides: { groups: 'office, team' } })))
    await store.close()
  })
  after(() => rmSync(home, { recursive: true, force: true }))

  it('gives rights on all mailboxes of an account for a team, to a group; refuses what makes no sense', async () => {
    assert.match(
      await done('accounts', 'add', 'sales@example.org', '--shared'),
      /^added sales@example\.org; give rights/,
    )
    const set = await done('acl', 'set', 'sales@example.org', '*', '$team', 'write')
    assert.match(set, /^sales@example\.org Sent: \$team lrswited$/m)
    const seen = JSON.parse(await done('acl', 'visible', 'ann@example.org', '--json'))
    assert.deepEqual(seen[0], { mailbox: 'Shared/sales@example.org/INBOX', rights: 'lrswited' })
    const { code, stderr } = await run('acl', 'set', 'sales@example.org', 'None', 'bob', 'read')
    assert.equal(code, 1)
    assert.match(stderr, /None: there is no such mailbox; nothing was changed there/)
  })
})

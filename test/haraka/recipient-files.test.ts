import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openRecipientFiles } from '../../lib/haraka/recipient-files'
import type { Log } from '../../lib/terms/ports'

describe('config/mailbox_aliases and config/host_list', () => {
  let home: string
  let heard: (line: string) => void
  const errors: string[] = []
  const log: Log = {
    debug() {},
    info: (line) => heard(line),
    warn() {},
    error: (line) => {
      errors.push(line)
      heard(line)
    },
  }
  const next = () => new Promise<string>((resolve) => (heard = resolve))
  const put = (name: string, lines: string): void => writeFileSync(path.join(home, 'config', name), lines)
  const aliasOf = (files: ReturnType<typeof openRecipientFiles>, from: string) => files.aliases().addresses.get(from)

  beforeEach(() => {
    home = mkdtempSync(path.join(tmpdir(), 'mailbox-recipients-'))
    mkdirSync(path.join(home, 'config'))
    heard = () => {}
    errors.length = 0
  })
  afterEach(() => rmSync(home, { recursive: true }))

  it('are read as Haraka reads a list', () => {
    put('host_list', '# ours\r\n\r\n  Example.ORG  \r\n; old\r\nexample.com')
    const files = openRecipientFiles(home, log)
    assert.deepEqual(
      ['example.org', 'example.com', 'old', '', '# ours'].map((domain) => files.isListed(domain)),
      [true, true, false, false, false],
    )
    assert.equal(files.aliases().addresses.size, 0)
    files.close()
  })

  it('are read again when they change, appear, are put in place of another, and go', async () => {
    put('host_list', 'example.org\n')
    const files = openRecipientFiles(home, log, 20)
    const table = files.aliases()
    assert.equal(files.aliases(), table, 'parsed once')

    let change = next()
    put('mailbox_aliases', 'info@example.org a@example.org\n')
    assert.match(await change, /mailbox_aliases has changed/)
    assert.deepEqual(aliasOf(files, 'info@example.org'), ['a@example.org'])

    change = next()
    put('new', 'info@example.org b@example.org c@example.org\n')
    renameSync(path.join(home, 'config/new'), path.join(home, 'config/mailbox_aliases'))
    await change
    assert.deepEqual(aliasOf(files, 'info@example.org'), ['b@example.org', 'c@example.org'])

    change = next()
    rmSync(path.join(home, 'config/host_list'))
    assert.match(await change, /host_list has changed/)
    assert.equal(files.isListed('example.org'), false)
    files.close()
  })

  it('say what is wrong in a line; what cannot be read changes nothing', async () => {
    put('host_list', 'example.org\n')
    put('mailbox_aliases', 'nonsense\ninfo@example.org a@example.org\n')
    const files = openRecipientFiles(home, log, 20)
    assert.match(errors.join(), /config\/mailbox_aliases: nonsense: expected/)
    assert.deepEqual(aliasOf(files, 'info@example.org'), ['a@example.org'])

    const change = next()
    rmSync(path.join(home, 'config/host_list'))
    mkdirSync(path.join(home, 'config/host_list'))
    assert.match(await change, /host_list has changed, what it said before stays in force: .*EISDIR/)
    assert.equal(files.isListed('example.org'), true)
    files.close()
  })
})

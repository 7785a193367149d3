import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openRecipientFiles } from '../../lib/delivery/recipients/files'
import type { Log } from '../../lib/terms/ports'

describe('config/mailbox_aliases and config/host_list', () => {
  let home: string
  const said: string[] = []
  const log: Log = { debug() {}, info: (line) => said.push(line), warn() {}, error: (line) => said.push(line) }
  const put = (name: string, lines: string): void => writeFileSync(path.join(home, 'config', name), lines)
  const aliasOf = (files: ReturnType<typeof openRecipientFiles>, from: string) => files.aliases().addresses.get(from)

  beforeEach(() => {
    home = mkdtempSync(path.join(tmpdir(), 'mailbox-recipients-'))
    mkdirSync(path.join(home, 'config'))
    said.length = 0
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
  })

  it('are read again when they change, appear, are put in place of another, and go', () => {
    put('host_list', 'example.org\n')
    const files = openRecipientFiles(home, log, 0)
    const table = files.aliases()
    assert.equal(files.aliases(), table, 'parsed once')

    put('mailbox_aliases', 'info@example.org a@example.org\n')
    assert.deepEqual(aliasOf(files, 'info@example.org'), ['a@example.org'])
    assert.match(said.splice(0).join(), /mailbox_aliases has changed/)

    put('new', 'info@example.org b@example.org c@example.org\n')
    renameSync(path.join(home, 'config/new'), path.join(home, 'config/mailbox_aliases'))
    assert.deepEqual(aliasOf(files, 'info@example.org'), ['b@example.org', 'c@example.org'])

    rmSync(path.join(home, 'config/host_list'))
    assert.equal(files.isListed('example.org'), false)
    assert.match(said.join(), /host_list has changed/)
  })

  it('say what is wrong in a line; what cannot be read changes nothing', () => {
    put('host_list', 'example.org\n')
    put('mailbox_aliases', 'nonsense\ninfo@example.org a@example.org\n')
    const files = openRecipientFiles(home, log, 0)
    assert.match(said.join(), /config\/mailbox_aliases: nonsense: expected/)
    assert.deepEqual(aliasOf(files, 'info@example.org'), ['a@example.org'])

    rmSync(path.join(home, 'config/host_list'))
    mkdirSync(path.join(home, 'config/host_list'))
    assert.equal(files.isListed('example.org'), true)
    assert.match(said.join(), /host_list has changed, what it said before stays in force: .*EISDIR/)
  })
})

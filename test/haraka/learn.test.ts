import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startLearning } from '../../lib/haraka/deliver/learn'
import type { AccountMail } from '../../lib/mailbox/mailbox'
import { seqNum } from '../../lib/terms/numbers'
import { silentLog } from '../../lib/terms/ports'
import { becomes } from '../eventually'
import { type Kit, startKit } from '../kit'

const me = 'learner@example.org'

describe('learning from what owners put into Junk', function () {
  this.timeout(30_000)
  let kit: Kit
  let folder: string
  let mail: AccountMail

  before(async () => {
    kit = await startKit()
    folder = mkdtempSync(path.join(tmpdir(), 'mailbox-learn-'))
    const file = path.join(folder, 'learn.js')
    // Written whole before it is seen under its name.
    writeFileSync(
      file,
      `const fs = require('node:fs')
       const name = require('node:path').join(process.argv[2], process.argv[3] + '.' + fs.readdirSync(process.argv[2]).length)
       fs.writeFileSync(name + '.part', process.env.MAILBOX_ACCOUNT + ' ' + fs.readFileSync(0))
       fs.renameSync(name + '.part', name)`,
    )
    const id = await kit.account(me)
    const account = await kit.store.accounts.get(id)
    assert.ok(account)
    mail = kit.room.account({ id, name: me, overrides: account.overrides, admin: false })
    for (const [name, specialUse] of [
      ['Spam', ['\\Junk']],
      ['Trash', ['\\Trash']],
      ['Work', []],
    ] as const)
      await kit.store.mailboxes.create(id, name, { specialUse: [...specialUse] })
    const program = (what: string): string[] => [process.execPath, file, folder, what]
    const programs = { spam: program('spam'), ham: program('ham') }
    startLearning({ room: kit.room, store: kit.store, log: silentLog, programs })
    for (const subject of ['one', 'two'])
      await kit.room.deliver({
        account: id,
        bytes: Buffer.from(`Subject: ${subject}\r\n\r\nGr\xfc\xdfe\r\n`, 'latin1'),
      })
  })
  after(async () => {
    await kit.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const learnt = (): string[] => readdirSync(folder).filter((name) => /^(?:spam|ham)\.\d+$/.test(name))
  async function until(count: number): Promise<void> {
    await becomes(() => learnt().length, count)
  }
  async function move(from: string, to: string): Promise<void> {
    const view = await mail.open(from, 'peek')
    assert.ok(view.ok)
    const moved = await mail.move(view.value, [view.value.uidAt(seqNum(1))], to)
    assert.ok(moved.ok)
    view.value.close()
  }

  it('into Junk is spam, out of it is ham, into Trash is neither; octet by octet', async () => {
    await move('INBOX', 'Spam')
    await until(1)
    const [name = ''] = learnt()
    assert.match(name, /^spam/)
    const text = readFileSync(path.join(folder, name), 'latin1')
    assert.ok(text.startsWith(`${me} Subject: one\r\n`), text)
    await move('Spam', 'Work')
    await until(2)
    assert.ok(learnt().some((one) => one.startsWith('ham')))
    await move('INBOX', 'Spam')
    await until(3)
    await move('Spam', 'Trash')
    await move('Trash', 'Work')
    await move('Work', 'Spam')
    await until(4)
    assert.equal(learnt().filter((one) => one.startsWith('ham')).length, 1)
  })
})

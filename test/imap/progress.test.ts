import assert from 'node:assert/strict'
import { prepare } from '../../lib/mime/prepare'
import { ok } from '../../lib/terms/fault'
import { flagSet } from '../../lib/terms/flags'
import type { AccountId } from '../../lib/terms/names'
import { type Kit, startKit, Wire } from '../kit'

describe('IMAP INPROGRESS (RFC 9585)', () => {
  let kit: Kit
  let now = 1_700_000_000_000
  before(async () => {
    // Every look at the clock is four seconds later.
    kit = await startKit({ clock: { now: () => (now += 4000) } })
  })
  after(() => kit.close())

  async function filled(name: string, count: number): Promise<AccountId> {
    const id = await kit.account(name)
    const inbox = await kit.store.mailboxes.find(id, 'INBOX')
    assert.ok(inbox)
    const bytes = Buffer.from('Subject: x\r\n\r\nx\r\n')
    const one = { bytes, prepared: prepare(bytes), flags: flagSet([]), internalDate: 0 }
    assert.ok((await kit.store.messages.append(id, inbox.id, Array(count).fill(one))).ok)
    return id
  }

  it('tells how far a search is, not more often than every 10 seconds, and not after its end', async () => {
    const id = await kit.account('slow')
    await kit.deliver(id, ...Array.from({ length: 1600 }, (_, index) => `Subject: ${index}\n\nbody\n`))
    const wire = new Wire(kit.imap)
    wire.send('a LOGIN slow pass\r\nb SELECT INBOX\r\nc SEARCH BODY nothing\r\nd NOOP\r\n')
    await wire.until(/^b OK.*\r\n/m)
    const said = await wire.until(/^d OK.*\r\n/m)
    const told = [...said.matchAll(/^\* OK \[INPROGRESS \("c" (\d+) 1601\)\]/gm)].map(([, done]) => Number(done))
    assert.ok(told.length > 0 && told.length < 3, said)
    assert.ok(said.lastIndexOf('INPROGRESS') < said.indexOf('* SEARCH'))
    wire.close()
  })

  it('tells how far STORE, COPY, MOVE and EXPUNGE of many messages are, and says COPYUID once', async () => {
    const id = await filled('many', 9000)
    const wire = new Wire(kit.imap)
    wire.send('a LOGIN many pass\r\nb CREATE other\r\nc SELECT INBOX\r\n')
    await wire.until(/^c OK.*\r\n/m)
    for (const [command, goal] of [
      ['STORE 1:* +FLAGS.SILENT (\\Seen)', '9000'],
      ['COPY 1:* other', '9000'],
      ['MOVE 1:8000 other', '8000'],
    ] as const) {
      wire.send(`d ${command}\r\n`)
      const said = await wire.until(/^d OK.*\r\n/m)
      assert.match(said, new RegExp(`^\\* OK \\[INPROGRESS \\("d" \\d+ ${goal}\\)\\]`, 'm'))
      assert.equal(said.match(/COPYUID/g)?.length ?? 0, command.startsWith('STORE') ? 0 : 1)
      if (command.startsWith('MOVE')) assert.equal(said.match(/^\* \d+ EXPUNGE/gm)?.length, 8000)
    }
    wire.send('e SELECT other\r\nf STORE 1:* +FLAGS.SILENT (\\Deleted)\r\ng EXPUNGE\r\n')
    await wire.until(/^f OK.*\r\n/m)
    const said = await wire.until(/^g OK.*\r\n/m)
    assert.match(said, /^\* OK \[INPROGRESS \("g" \d+ NIL\)\]/m)
    assert.equal(said.match(/^\* \d+ EXPUNGE/gm)?.length, 17_000)
    assert.deepEqual(await kit.store.check(id), [])
    wire.close()
  })

  it('a COPY that fails in the middle leaves nothing; a MOVE tells what was moved', async () => {
    const id = await filled('full', 5000)
    await kit.store.accounts.update(id, () => ok({ quotaMessages: 8000 }))
    const wire = new Wire(kit.imap)
    wire.send('a LOGIN full pass\r\nb CREATE other\r\nc SELECT INBOX\r\nd COPY 1:* other\r\n')
    await wire.until(/^d NO \[OVERQUOTA\].*\r\n/m)
    wire.send('e STATUS other (MESSAGES)\r\n')
    await wire.until(/^\* STATUS other \(MESSAGES 0\)\r\n/m)
    assert.deepEqual(await kit.store.check(id), [])
    wire.close()
  })
})

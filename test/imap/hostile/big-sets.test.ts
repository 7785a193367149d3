import assert from 'node:assert/strict'
import { prepare } from '../../../lib/mime/prepare'
import { ok } from '../../../lib/terms/fault'
import { NO_FLAGS } from '../../../lib/terms/flags'
import type { AccountId, MailboxId } from '../../../lib/terms/names'
import { uid } from '../../../lib/terms/numbers'
import { type Kit, startKit, Wire } from '../../kit'

/** Messages of two transactions, and one. */
const MANY = 4001
const BYTES = Buffer.from('Subject: x\r\n\r\n')

describe('IMAP COPY, MOVE and EXPUNGE of more messages than one transaction takes', () => {
  let kit: Kit
  let id: AccountId
  let inbox: MailboxId
  let other: MailboxId
  let wire: Wire
  let now = 1_700_000_000_000

  before(async () => {
    // Every look at the clock is eleven seconds later.
    kit = await startKit({ clock: { now: () => (now += 11_000) } })
  })
  after(async () => {
    assert.deepEqual(kit.errors, [])
    await kit.close()
  })
  let count = 0
  beforeEach(async () => {
    const name = `user${++count}`
    id = await kit.account(name)
    const prepared = prepare(BYTES)
    const message = { bytes: BYTES, prepared, flags: NO_FLAGS, internalDate: 0 }
    const made = await kit.store.mailboxes.create(id, 'other', {})
    const found = await kit.store.mailboxes.find(id, 'INBOX')
    assert.ok(made.ok && found)
    inbox = found.id
    const second = await kit.store.mailboxes.find(id, 'other')
    assert.ok(second)
    other = second.id
    const written = await kit.store.messages.append(id, inbox, Array(MANY).fill(message))
    assert.ok(written.ok)
    wire = new Wire(kit.imap)
    wire.send(`a LOGIN ${name} pass\r\nb SELECT INBOX\r\n`)
    await wire.until(/^b OK .*\r\n/m)
  })
  afterEach(() => wire.close())

  async function run(tag: string, command: string): Promise<string> {
    wire.send(`${tag} ${command}\r\n`)
    return wire.until(new RegExp(`^${tag} (OK|NO|BAD) .*\\r\\n`, 'm'))
  }
  const stateOf = async (mailbox: MailboxId) => {
    const { messages = -1, uidNext = -1 } = (await kit.store.mailboxes.get(id, mailbox)) ?? {}
    return { messages, uidNext }
  }
  /** Another process expunges the last message, and this one has not heard of it. */
  const loseLast = async () => {
    const gone = await kit.store.messages.expunge(id, inbox, [uid(MANY)], { only: 'all' })
    assert.ok(gone.ok && gone.value.value.length === 1)
  }

  it('COPY tells one COPYUID, and its progress (RFC 9585)', async () => {
    const said = await run('c', 'COPY 1:* other')
    const told = [2000, 4000].map((done) => `\\* OK \\[INPROGRESS \\("c" ${done} 4001\\)\\] .*\\r\\n`).join('')
    assert.match(said, new RegExp(`^${told}c OK \\[COPYUID \\d+ 1:4001 1:4001\\] .*\\r\\n$`))
    assert.deepEqual(await stateOf(other), { messages: MANY, uidNext: MANY + 1 })
  })

  it('COPY that fails in a later transaction has copied nothing (RFC 9051 6.4.7)', async () => {
    await loseLast()
    assert.match(await run('c', 'COPY 1:* other'), /^c NO \[EXPUNGEISSUED\] .*\r\n/m)
    assert.equal((await stateOf(other)).messages, 0)
    assert.deepEqual(await kit.store.check(id), [])
  })

  it('COPY over the quota of messages as a whole begins nothing', async () => {
    // The first transactions alone would fit.
    const updated = await kit.store.accounts.update(id, () => ok({ quotaMessages: MANY + 4000 }))
    assert.ok(updated.ok)
    assert.match(await run('c', 'COPY 1:* other'), /^c NO \[OVERQUOTA\] .*\r\n/m)
    assert.deepEqual(await stateOf(other), { messages: 0, uidNext: 1 })
  })

  it('MOVE tells one COPYUID before all EXPUNGEs', async () => {
    const said = await run('c', 'UID MOVE 1:* other')
    const [before = '', after = ''] = said.split(/^\* OK \[COPYUID \d+ 1:4001 1:4001\] .*\r\n/m)
    assert.match(before, /^(\* OK \[INPROGRESS \("c" \d+ 4001\)\] .*\r\n)+$/)
    assert.equal(after.match(/^\* \d+ EXPUNGE\r\n/gm)?.length, MANY)
    assert.match(after, /\r\nc OK .*\r\n$/)
    assert.deepEqual([(await stateOf(inbox)).messages, (await stateOf(other)).messages], [0, MANY])
  })

  it('MOVE that fails in a later transaction tells what it has moved (RFC 6851 3.3)', async () => {
    await loseLast()
    const said = await run('c', 'MOVE 1:* other')
    assert.match(said, /^\* OK \[COPYUID \d+ 1:4000 1:4000\] .*\r\n/m)
    assert.match(said, /^c NO \[EXPUNGEISSUED\] .*\r\n/m)
    assert.deepEqual([(await stateOf(inbox)).messages, (await stateOf(other)).messages], [0, 4000])
  })

  it('EXPUNGE removes them all and tells its progress without a goal', async () => {
    await run('c', 'STORE 1:* +FLAGS.SILENT (\\Deleted)')
    const said = await run('d', 'EXPUNGE')
    assert.match(said, /^\* OK \[INPROGRESS \("d" \d+ NIL\)\] .*\r\n/m)
    assert.equal(said.match(/^\* \d+ EXPUNGE\r\n/gm)?.length, MANY)
    assert.equal((await stateOf(inbox)).messages, 0)
    assert.deepEqual(await kit.store.check(id), [])
  })
})

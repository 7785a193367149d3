import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { AccountMail } from '../../lib/mailbox/mailbox'
import { flagSet } from '../../lib/terms/flags'
import { type AccountId, accountId } from '../../lib/terms/names'
import { uid } from '../../lib/terms/numbers'
import { createClient, value } from './room'
import { type ChildReport, openRoom } from './two-processes-child'

const bytes = Buffer.from('from: parent\r\n\r\n')

/** What a child said so far, and a promise of what it will say. */
function listen(child: ChildProcess) {
  const reports: ChildReport[] = []
  child.on('message', (one: ChildReport) => reports.push(one))
  return {
    reports,
    async until(wanted: (report: ChildReport) => boolean): Promise<ChildReport> {
      for (;;) {
        const found = reports.find(wanted)
        if (found !== undefined) return found
        await once(child, 'message')
      }
    },
  }
}

describe('mail rooms of two processes on one sqlite store', function () {
  this.timeout(60_000)
  let directory: string
  let open: Awaited<ReturnType<typeof openRoom>>
  let account: AccountId
  let mail: AccountMail
  const children: ChildProcess[] = []

  beforeEach(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'room-'))
    open = await openRoom(directory)
    account = value(await open.store.accounts.create({ name: 'a@example.org', credentials: {} })).id
    mail = open.room.account({ id: account, name: 'a@example.org', overrides: {}, admin: false })
  })
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
    await open.room.close()
    await open.bus.close()
    await open.store.close()
    rmSync(directory, { recursive: true, force: true })
  })
  async function another() {
    const options = { execArgv: ['-r', 'ts-node/register'] }
    const child = fork(path.join(__dirname, 'two-processes-child.ts'), [directory, account], options)
    children.push(child)
    const ear = listen(child)
    await ear.until((one) => one.kind === 'ready')
    return { child, ...ear }
  }

  it('tell each other of deliveries, flags and expunges', async () => {
    const { child, until, reports } = await another()
    const view = value(await mail.open('INBOX', 'claim'))
    const client = createClient(view)

    const { uid: first } = value(await open.room.deliver({ account, bytes }))
    const delivered = Date.now()
    const heard = await until((one) => one.kind === 'news' && one.uids.includes(first))
    console.log(`      notice to the other process: ${heard.kind === 'news' ? heard.at - delivered : '?'} ms`)

    child.send(5)
    await until(() => reports.filter((one) => one.kind === 'delivered').length === 5)
    // No waiting for a notice: a command asks the store.
    client.hear(await view.sync('say'))
    assert.deepEqual(
      client.messages.map((one) => one.uid),
      [1, 2, 3, 4, 5, 6],
    )

    value(await mail.storeFlags(view, [uid(2), uid(4)], 'add', flagSet(['\\Deleted'])))
    value(await mail.expunge(view, 'all'))
    await until((one) => one.kind === 'news' && one.uids.join() === '1,3,5,6')
  })

  it('go on when one is killed in the middle of its deliveries; nothing acknowledged is missing or told twice', async () => {
    const { child, until, reports } = await another()
    const view = value(await mail.open('INBOX', 'claim'))
    const client = createClient(view)
    let listening = Promise.resolve()
    view.onNews(() => {
      listening = listening.then(async () => client.hear(await view.sync('say')))
    })
    child.send(2000)
    await until(() => reports.filter((one) => one.kind === 'delivered').length >= 200)
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
    // The reader may have been killed too: writers must not be stuck.
    value(await open.room.deliver({ account, bytes }))
    await listening
    client.hear(await view.sync('say'))
    const told = client.messages.map((one) => one.uid)
    const acknowledged = reports.flatMap((one) => (one.kind === 'delivered' ? one.uid : []))
    assert.equal(new Set(told).size, told.length)
    assert.deepEqual(
      acknowledged.filter((one) => !told.includes(one)),
      [],
    )
    assert.deepEqual(await open.store.check(accountId(account)), [])
  })
})

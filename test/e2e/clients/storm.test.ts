import assert from 'node:assert/strict'
import { Client, storm, Truth } from '../../imap/hostile/model'
import { ACCOUNTS, cli, type Demo, removeHome, startDemo } from '../demo'

const user = 'alice@example.org'
const password = ACCOUNTS[user]
const LONG = Number(process.env.MAILBOX_LONG ?? 0) > 0

describe('IMAP under many sessions across two workers', function () {
  this.timeout(LONG ? 600_000 : 60_000)
  let demo: Demo
  before(async () => {
    demo = await startDemo(['--nodes', '2'])
    const client = await Client.open({ port: demo.imap, user: user, password: password }, new Truth())
    await client.run('CREATE Other')
    client.wire.close()
  })
  after(async () => {
    await demo?.stop()
    removeHome(demo)
  })

  for (const [sessions, steps] of LONG
    ? ([
        [10, 0],
        [50, 0],
      ] as const)
    : ([[12, 60]] as const)) {
    it(`${sessions} sessions: every response fits what was said before, and all end alike in both`, async () => {
      const limits = LONG ? { steps: Number.POSITIVE_INFINITY, milliseconds: 120_000 } : { steps }
      const calm = await storm({ port: demo.imap, user, password, sessions, ...limits })
      const shown: { holders: { process: string }[] }[] = JSON.parse(
        (await cli(['locks', 'list', '--json', '--home', demo.home])).stdout,
      )
      const processes = new Set(shown.flatMap(({ holders }) => holders).map((holder) => holder.process))
      assert.equal(processes.size, 2)
      assert.deepEqual([...calm.mailboxes.keys()].sort(), ['INBOX', 'Other'])
      console.log(`      ${calm.commands} commands, ${calm.responses} responses checked`)
      calm.close()
    })
  }
})

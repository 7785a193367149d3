import assert from 'node:assert/strict'
import { createDelivery, type Delivery } from '../../lib/delivery/delivery'
import { isReply } from '../../lib/delivery/mail'
import { parseAliases } from '../../lib/delivery/recipients/aliases'
import type { Ruling } from '../../lib/delivery/rules/ruling'
import { mailboxSettings } from '../../lib/mailbox/settings'
import type { AccountId } from '../../lib/terms/names'
import { silentLog } from '../../lib/terms/ports'
import { type Kit, startKit } from '../kit'

const KEEP: Ruling = { stores: [{ mailbox: undefined, flags: [] }], reject: undefined, complaint: undefined }
const { table } = parseAliases([
  'team@example.org one@example.org, two@example.org, far@example.net',
  'all@example.org one@example.org two@example.org',
])

describe('a transaction that is sent again', function () {
  this.timeout(20_000)
  let kit: Kit
  let one: AccountId
  let two: AccountId
  let now = 1_700_000_000_000
  const forwarded: string[] = []
  let forwards = true
  let rulings = new Map<AccountId, Ruling>()

  before(async () => {
    kit = await startKit()
    one = await kit.account('one@example.org')
    two = await kit.account('two@example.org')
  })
  beforeEach(() => {
    rulings = new Map()
    forwarded.length = 0
    forwards = true
  })
  after(() => kit.close())

  /** As another worker, or this one after a restart, has it: nothing is remembered but in the store. */
  const fresh = (): Delivery =>
    createDelivery({
      store: kit.store,
      room: kit.room,
      settings: mailboxSettings({ quota: { warn_at: 'none' } }),
      clock: { now: () => now },
      log: silentLog,
      aliases: () => table,
      isLocalDomain: (domain) => domain === 'example.org',
      settingsOf: () => ({ full: 'temporary', subaddress: '+', subaddressMailbox: 'existing' }),
      rules: { decide: async ({ id }) => rulings.get(id) ?? KEEP },
      forward: async (_sender, to) => {
        if (!forwards) throw new Error('the queue is full')
        forwarded.push(to.join())
      },
    })
  async function send(to: readonly string[], messageId: string, trace: string, mayComeAgain = false): Promise<string> {
    const delivery = fresh()
    const accepted = await Promise.all(
      to.map(async (address) => {
        const answer = await delivery.rcpt(address)
        assert.ok(answer && !isReply(answer))
        return answer
      }),
    )
    const header = `Received: ${trace}\r\nDate: Thu, 26 Nov 2026 12:00:00 +0000${messageId && `\r\nMessage-ID: <${messageId}>`}`
    const octets = [Buffer.from(`${header}\r\n`), Buffer.from('\r\nbody\r\n')]
    const mail = { sender: 's@example.net', received: () => '', octets, mayComeAgain }
    return (await delivery.deliver(mail, accepted)).map(({ code, text }) => `${code} ${text}`).join(', ')
  }
  const counts = async (): Promise<string> =>
    (await Promise.all([one, two].map(async (id) => (await kit.store.accounts.usage(id)).messages))).join(' ')

  it('one mailbox of an alias that failed fails the recipient; what has its copy gets no second one, what failed gets its own', async () => {
    rulings.set(two, { ...KEEP, stores: [], reject: 'not today' })
    assert.equal(await send(['team@example.org'], 'a@x', 'first'), '550 not today')
    assert.equal(await counts(), '1 0')
    assert.deepEqual(forwarded, [], 'sent elsewhere only when all copies here are stored')
    rulings.clear()
    assert.equal(await send(['team@example.org'], 'a@x', 'second'), '250 stored')
    assert.equal(await counts(), '1 1')
    assert.deepEqual(forwarded, ['far@example.net'])
  })

  it('a queue that takes nothing for elsewhere: again, without second copies here', async () => {
    forwards = false
    assert.match(await send(['team@example.org'], 'b@x', 'first'), /^451 /)
    forwards = true
    assert.equal(await send(['team@example.org'], 'b@x', 'second'), '250 stored')
    assert.equal(await counts(), '2 2')
    assert.deepEqual(forwarded, ['far@example.net'])
  })

  it('each recipient has its own reply, two ways to one account one copy', async () => {
    const to = ['all@example.org', 'one@example.org', 'all@example.org']
    assert.equal(await send(to, 'c@x', 'first'), '250 stored, 250 stored, 250 stored')
    assert.equal(await counts(), '3 3')
    rulings.set(two, { ...KEEP, stores: [], reject: 'no' })
    assert.equal(await send(['all@example.org', 'one@example.org'], 'd@x', 'first'), '550 no, 250 stored')
    assert.equal(await counts(), '4 3')
  })

  it('marked by the one who calls, it is stored once by all workers; another message, and the same one much later, are not it', async () => {
    assert.equal(await send(['one@example.org'], 'e@x', 'first', true), '250 stored')
    const racing = await Promise.all([1, 2, 3].map((n) => send(['one@example.org'], 'e@x', `again ${n}`, true)))
    assert.deepEqual(racing, Array(3).fill('250 stored before'))
    assert.equal(await send(['one@example.org'], 'f@x', 'first', true), '250 stored')
    assert.equal(await counts(), '6 3')
    assert.equal(await send(['one@example.org'], 'e@x', 'not marked'), '250 stored')
    now += 7 * 86_400_000
    assert.equal(await send(['one@example.org'], 'e@x', 'a week later', true), '250 stored')
    assert.equal(await counts(), '8 3')
  })

  it('without a Message-ID nothing tells two messages apart from one that is sent again: both are stored', async () => {
    assert.equal(await send(['all@example.org'], '', 'first', true), '250 stored')
    assert.equal(await send(['all@example.org'], '', 'another', true), '250 stored')
    assert.equal(await counts(), '10 5')
  })

  it('what the rules threw away is not asked of them again', async () => {
    rulings.set(one, { ...KEEP, stores: [] })
    assert.equal(await send(['one@example.org'], 'g@x', 'first', true), '250 stored')
    rulings.clear()
    assert.equal(await send(['one@example.org'], 'g@x', 'again', true), '250 stored before')
    assert.equal(await counts(), '10 5')
  })
})

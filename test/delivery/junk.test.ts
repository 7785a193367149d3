import assert from 'node:assert/strict'
import { createDelivery, type Delivery } from '../../lib/delivery/delivery'
import { isReply } from '../../lib/delivery/mail'
import type { Ruling } from '../../lib/delivery/rules/ruling'
import { deliverySettings } from '../../lib/delivery/settings'
import { createHarvestGuard } from '../../lib/haraka/deliver/harvest'
import { createDeliveryHooks } from '../../lib/haraka/deliver/hooks'
import type { Address, Connection } from '../../lib/haraka/host'
import { mailboxSettings } from '../../lib/mailbox/settings'
import { type AccountId, accountId } from '../../lib/terms/names'
import { silentLog } from '../../lib/terms/ports'
import { type Kit, startKit } from '../kit'

const harvest = createHarvestGuard(() => undefined)

describe('spam and duplicates at delivery', () => {
  let kit: Kit
  let now = 1_700_000_000_000
  let ruling: Ruling | undefined
  before(async () => {
    kit = await startKit()
  })
  after(() => kit.close())
  beforeEach(() => {
    ruling = undefined
  })

  async function setUp(name: string, ini: Record<string, string>) {
    const id = await kit.account(name)
    const settings = deliverySettings({ main: ini })
    const delivery = createDelivery({
      store: kit.store,
      room: kit.room,
      settings: mailboxSettings({ quota: { warn_at: 'none' } }),
      clock: { now: () => now },
      log: silentLog,
      aliases: () => ({ addresses: new Map(), domains: new Map() }),
      isLocalDomain: () => true,
      settingsOf: settings.settingsOf,
      junkByHeader: settings.junk.byHeader,
      duplicates: settings.duplicates,
      rules: {
        decide: async () =>
          ruling ?? { stores: [{ mailbox: undefined, flags: [] }], reject: undefined, complaint: undefined },
      },
      forward: async () => undefined,
    })
    return { id, delivery, settings }
  }
  async function deliver(delivery: Delivery, to: string, header: string, spam = false): Promise<string> {
    const accepted = await delivery.rcpt(to)
    assert.ok(accepted && !isReply(accepted))
    const octets = [Buffer.from(`${header}\r\n\r\nX-Spam: Yes\r\n`)]
    const [reply] = await delivery.deliver({ sender: 's@x', received: () => '', octets, spam }, [accepted])
    return `${reply?.code} ${reply?.text}`
  }
  const counts = async (id: AccountId): Promise<string> =>
    (await kit.store.mailboxes.list(accountId(id)))
      .filter(({ messages }) => messages > 0)
      .map(({ name, messages }) => `${name} ${messages}`)
      .join(', ')

  it('goes by header into the mailbox of the special use, unless it is off or there is none', async () => {
    const { id, delivery } = await setUp('one@x', { junk: 'header' })
    await deliver(delivery, 'one@x', 'X-Spam-Flag: YES')
    assert.equal(await counts(id), 'INBOX 1')
    await kit.store.mailboxes.create(id, 'Müll', { specialUse: ['\\Junk'] })
    for (const header of ['X-Spam-Flag: YES', 'X-Spam: yes', 'X-Spam-Status: Yes,\r\n score=9'])
      await deliver(delivery, 'one@x', header)
    for (const header of ['X-Spam-Flag: NO', 'X-Spam-Status: No, score=1', 'Subject: X-Spam: Yes'])
      await deliver(delivery, 'one@x', header)
    assert.equal(await counts(id), 'INBOX 4, Müll 3')
    const off = await setUp('two@x', {})
    await kit.store.mailboxes.create(off.id, 'Junk')
    await deliver(off.delivery, 'two@x', 'X-Spam-Flag: YES')
    assert.equal(await counts(off.id), 'INBOX 1')
    await deliver(off.delivery, 'two@x', 'Subject: told by the front-end', true)
    assert.equal(await counts(off.id), 'INBOX 1, Junk 1')
  })

  it('what the rules of the owner file stays where they say', async () => {
    const { id, delivery } = await setUp('three@x', { junk: 'header' })
    for (const name of ['Junk', 'Work']) await kit.store.mailboxes.create(id, name)
    ruling = { stores: [{ mailbox: 'Work', flags: [] }], reject: undefined, complaint: undefined }
    await deliver(delivery, 'three@x', 'X-Spam: Yes')
    assert.equal(await counts(id), 'Work 1')
  })

  it("follows the results of Haraka's scanners", async () => {
    const { id, delivery } = await setUp('four@x', {})
    await kit.store.mailboxes.create(id, 'Junk')
    const address: Address = {
      user: 'four',
      host: 'x',
      address: 'four@x',
      format: () => '<four@x>',
      isNull: () => false,
    }
    async function queue(junkByResults: boolean, found: Record<string, Record<string, unknown>>): Promise<void> {
      const hooks = createDeliveryHooks({ delivery, harvest, log: silentLog, junkByResults, bounce: () => undefined })
      const connection: Connection = {
        uuid: 'C1',
        transaction: {
          uuid: '1',
          mail_from: address,
          rcpt_to: [address],
          notes: {},
          data_bytes: 18,
          results: { get: (plugin) => found[plugin] },
          message_stream: { get_data: (done) => done(Buffer.from('Subject: x\r\n\r\nx\r\n')) },
        },
        relaying: false,
        remote: { ip: '127.0.0.1' },
        notes: {},
      }
      await new Promise<void>((resolve) => hooks.rcpt(() => resolve(), connection, address))
      await new Promise<void>((resolve) => hooks.queue(() => resolve(), connection))
    }
    await queue(true, { rspamd: { action: 'add header', score: 9 } })
    await queue(true, { spamassassin: { flag: 'Yes', hits: '9' } })
    assert.equal(await counts(id), 'Junk 2')
    await queue(true, { rspamd: { action: 'no action' }, spamassassin: { flag: 'No' } })
    await queue(true, {})
    await queue(false, { rspamd: { action: 'reject' } })
    assert.equal(await counts(id), 'INBOX 3, Junk 2')
  })

  it('stores a Message-ID once an account within the time, and never drops what has none or failed', async () => {
    const { id, delivery } = await setUp('five@x', { duplicates: '1h' })
    const header = 'Message-ID: <a@x>\r\nSubject: x'
    assert.equal(await deliver(delivery, 'five@x', header), '250 stored')
    assert.equal(await deliver(delivery, 'five@x', `${header}\r\nX-Other: way`), '250 stored before')
    const twice = await Promise.all([1, 2, 3].map(() => deliver(delivery, 'five@x', 'Message-ID: <b@x>')))
    assert.deepEqual(twice.sort(), ['250 stored', '250 stored before', '250 stored before'])
    await deliver(delivery, 'five@x', 'Subject: none')
    await deliver(delivery, 'five@x', 'Subject: none')
    assert.equal(await counts(id), 'INBOX 4')
    now += 3_600_000
    await deliver(delivery, 'five@x', header)
    assert.equal(await counts(id), 'INBOX 5')
    ruling = { stores: [], reject: 'no', complaint: undefined }
    assert.equal(await deliver(delivery, 'five@x', 'Message-ID: <c@x>'), '550 no')
    ruling = undefined
    assert.equal(await deliver(delivery, 'five@x', 'Message-ID: <c@x>'), '250 stored')
    const other = await kit.account('six@x')
    assert.equal(await deliver(delivery, 'six@x', header), '250 stored')
    assert.equal(await counts(other), 'INBOX 1')
  })

  it('delivers recipients that another plugin accepted or rewrote, and leaves it its own', async () => {
    const { id, delivery } = await setUp('seven@x', {})
    const addressOf = (user: string): Address => ({
      ...{ user, host: 'x', address: `${user}@x` },
      ...{ format: () => `<${user}@x>`, isNull: () => false },
    })
    const hooks = createDeliveryHooks({
      delivery,
      harvest,
      log: silentLog,
      junkByResults: false,
      bounce: () => undefined,
    })
    const [ours, theirs] = [addressOf('seven'), addressOf('theirs')]
    const transaction = {
      uuid: '1',
      mail_from: addressOf('sender'),
      rcpt_to: [ours, theirs],
      notes: {},
      data_bytes: 18,
      message_stream: {
        get_data: (done: (data: Buffer) => void) => done(Buffer.from('Message-ID: <7@x>\r\n\r\nx\r\n')),
      },
    }
    const connection: Connection = { uuid: 'C1', transaction, relaying: false, remote: { ip: '127.0.0.1' }, notes: {} }
    const queue = () => new Promise((resolve) => hooks.queue((code) => resolve(code), connection))
    assert.equal(await queue(), undefined)
    assert.deepEqual(transaction.rcpt_to, [theirs])
    assert.equal(await counts(id), 'INBOX 1')
    // Sent again because the plugin of the other one failed: not stored twice.
    transaction.rcpt_to = [addressOf('seven'), theirs]
    assert.equal(await queue(), undefined)
    assert.equal(await counts(id), 'INBOX 1')
    transaction.rcpt_to = [theirs]
    assert.equal(await queue(), undefined)
    assert.deepEqual(transaction.rcpt_to, [theirs])
  })

  it('an unknown word of the setting is a mistake', () => {
    assert.throws(() => deliverySettings({ main: { junk: 'maybe' } }), /main\.junk: maybe/)
  })
})

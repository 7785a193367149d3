import assert from 'node:assert/strict'
import { createDelivery } from '../../lib/delivery/delivery'
import { isReply } from '../../lib/delivery/mail'
import { parseAliases } from '../../lib/delivery/recipients/aliases'
import { createRules } from '../../lib/delivery/rules/rules'
import { createMailRoom } from '../../lib/mailbox/mail-room'
import type { MailRoom } from '../../lib/mailbox/mailbox'
import { mailboxSettings } from '../../lib/mailbox/settings'
import { prepare } from '../../lib/mime/prepare'
import type { Store } from '../../lib/store/store'
import type { AccountId } from '../../lib/terms/names'
import { noMetrics, silentLog, systemClock } from '../../lib/terms/ports'
import { type Kit, startKit } from '../kit'

const SCRIPT = [
  'require ["fileinto", "mailbox", "special-use", "copy"];',
  'if mailboxexists "Work" { fileinto :copy "Work"; }',
  'fileinto :copy :specialuse "\\\\Archive" "Archive";',
  'keep;',
].join('\r\n')

/** How often each of these is asked. */
type Counts = Record<'find' | 'get' | 'list', number>

function counting(store: Store, counts: Counts): Store {
  const { accounts, mailboxes } = store
  return {
    ...store,
    accounts: {
      ...accounts,
      find: (name) => {
        counts.find++
        return accounts.find(name)
      },
      get: (id) => {
        counts.get++
        return accounts.get(id)
      },
    },
    mailboxes: {
      ...mailboxes,
      list: (account) => {
        counts.list++
        return mailboxes.list(account)
      },
    },
  }
}

describe('what a delivery reads of an account', function () {
  this.timeout(20_000)
  let kit: Kit
  let id: AccountId
  let room: MailRoom
  const counts: Counts = { find: 0, get: 0, list: 0 }
  let send: (to: string, spam?: boolean) => Promise<void>

  before(async () => {
    kit = await startKit()
    id = await kit.account('me@example.org')
    await kit.store.mailboxes.create(id, 'Work')
    const store = counting(kit.store, counts)
    const settings = mailboxSettings({ quota: { bytes: '10M', warn_at: '50 90' } })
    const bus = { publish: () => undefined, subscribe: () => () => undefined, close: async () => undefined }
    const common = { store, settings, clock: systemClock, log: silentLog }
    room = createMailRoom({ ...common, locks: kit.locks, bus, metrics: noMetrics, prepare })
    const forward = async () => assert.fail('nothing is sent on')
    const delivery = createDelivery({
      ...common,
      room,
      forward,
      aliases: () => parseAliases(['team@example.org me@example.org']).table,
      isLocalDomain: () => true,
      settingsOf: () => ({ full: 'temporary', subaddress: '+', subaddressMailbox: 'existing' }),
      rules: createRules({ store, clock: systemClock, log: silentLog, forward }),
    })
    send = async (to, spam = false) => {
      const accepted = await delivery.rcpt(to)
      assert.ok(accepted && !isReply(accepted))
      const octets = [Buffer.from('Subject: hello\r\n\r\nhello\r\n')]
      const [reply] = await delivery.deliver({ sender: 's@example.net', received: () => '', octets, spam }, [accepted])
      assert.equal(reply?.code, 250)
    }
    // The first one gives the account its mailboxes.
    await kit.store.scripts.put(id, 'main', SCRIPT)
    await kit.store.scripts.activate(id, 'main')
    await send('me@example.org')
    await kit.store.scripts.activate(id, undefined)
  })
  beforeEach(() => Object.assign(counts, { find: 0, get: 0, list: 0 }))
  after(async () => {
    await room.close()
    await kit.close()
  })

  it('plain mail: the account once, no list of mailboxes', async () => {
    await send('me@example.org')
    assert.deepEqual(counts, { find: 1, get: 0, list: 0 })
  })
  it('an alias: the same', async () => {
    await send('team@example.org')
    assert.deepEqual(counts, { find: 1, get: 0, list: 0 })
  })
  it('spam: the list once', async () => {
    await send('me@example.org', true)
    assert.deepEqual(counts, { find: 1, get: 0, list: 1 })
  })
  it('rules that ask for mailboxes and file into some, of a message that is spam: the list once', async () => {
    await kit.store.scripts.activate(id, 'main')
    await send('me@example.org', true)
    assert.deepEqual(counts, { find: 1, get: 0, list: 1 })
  })
})

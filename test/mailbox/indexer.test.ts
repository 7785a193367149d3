import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import type { MailRoom } from '../../lib/mailbox/mailbox'
import { find } from '../../lib/mailbox/search/find'
import { type Indexer, startIndexer } from '../../lib/mailbox/texts/indexer'
import { prepare } from '../../lib/mime/prepare'
import type { SearchKey } from '../../lib/search/key'
import { gramsOf } from '../../lib/search/text-grams'
import type { Store } from '../../lib/store/store'
import { flagSet } from '../../lib/terms/flags'
import type { AccountId } from '../../lib/terms/names'
import { noMetrics, silentLog } from '../../lib/terms/ports'
import { eventually } from '../eventually'
import { storeOrSkip, type TestStore } from '../stores'
import { mailOf, roomOver, value } from './room'

describe('the text index is built in the background', function () {
  this.timeout(120_000)
  let own: TestStore
  let store: Store
  let room: MailRoom
  let account: AccountId
  const indexers: Indexer[] = []
  const moved = new Map<string, number>()
  const logged: string[] = []
  const testLog = { ...silentLog, warn: (text: string) => void logged.push(text) }
  /** Threads are started: on a busy machine that takes long. */
  async function reaches(look: () => number | Promise<number>, expected: number): Promise<void> {
    let last: number | undefined
    await eventually(
      `${expected}`,
      async () => {
        last = await look()
        return last === expected
      },
      { within: 60_000 },
    ).catch((error: unknown) => assert.equal(last, expected, String(error)))
  }
  before(async () => {
    const found = await storeOrSkip()
    assert.ok(found)
    own = found
    store = await own.open()
    room = roomOver(store, { prepare })
    account = value(await store.accounts.create({ name: 'a@example.org', credentials: {} })).id
  })
  after(async () => {
    await room.close()
    await store.close()
    await own.remove()
  })
  afterEach(async () => {
    for (const indexer of indexers.splice(0)) await indexer.close()
  })

  function start(settings: Partial<Parameters<typeof startIndexer>[0]['settings']> = {}): Indexer {
    const move = (name: string, by: number): void => void moved.set(name, (moved.get(name) ?? 0) + by)
    const indexer = startIndexer({
      ...{ store, hub: room.hub, pool: room.pool, metrics: { ...noMetrics, move } },
      log: testLog,
      settings: { indexTexts: true, indexPace: 100, indexDelay: 0.3, indexMessage: 100_000, ...settings },
    })
    assert.ok(indexer)
    indexers.push(indexer)
    return indexer
  }
  async function deliver(...texts: string[]): Promise<void> {
    for (const text of texts) {
      value(await room.deliver({ account, bytes: Buffer.from(`Subject: ${text}\r\n\r\nbody of ${text}\r\n`) }))
    }
  }
  const progress = async () => {
    const { texts } = store
    assert.ok(texts)
    return texts.progress()
  }
  /** How many messages of INBOX a search for a word would read. */
  async function toRead(word: string): Promise<number> {
    const mail = mailOf(room, account)
    const view = value(await mail.open('INBOX', 'peek'))
    const grams = gramsOf('body', word.toUpperCase())
    const uids = await mail.mayHave(view, grams ? [grams] : [], 'messages')
    view.close()
    return uids?.length ?? view.exists
  }

  it('what is there, then what comes; what goes is taken out', async () => {
    await deliver('walnut', 'almond', 'cashew')
    assert.equal(await toRead('almond'), 3)
    start()
    await reaches(async () => (await progress()).indexed, 3)
    assert.equal(await toRead('almond'), 1)
    await deliver('hazelnut', 'chestnut')
    await reaches(async () => (await progress()).indexed, 5)
    await reaches(() => moved.get('mailbox_text_index_waiting') ?? 0, 0)
    assert.equal(await toRead('hazelnut'), 1)
    const mail = mailOf(room, account)
    const view = value(await mail.open('INBOX', 'peek'))
    value(await mail.storeFlags(view, [view.uidAt(1), view.uidAt(2)], 'add', flagSet(['\\Deleted'])))
    value(await mail.expunge(view, 'all', undefined, 'nowhere'))
    view.close()
    await reaches(async () => (await progress()).indexed, 3)
  })

  it('what is thrown away is built anew at once, of one account or of all; searches stay exact', async () => {
    const { index } = room
    assert.ok(index)
    // What new mail waits for, nobody who asks does.
    start({ indexDelay: 600 })
    await reaches(async () => (await index.status(10)).waiting, 0)
    assert.equal((await index.status(10)).state, 'complete')
    const { indexed } = await index.statusOf(account)
    for (const forgotten of [account, undefined]) {
      // The next look at all accounts would be in a minute.
      await index.rebuild(forgotten)
      await reaches(async () => (await index.statusOf(account)).indexed, indexed)
      await reaches(() => moved.get('mailbox_text_index_messages') ?? 0, indexed)
    }
    assert.ok((moved.get('mailbox_text_index_bytes') ?? 0) > 0 || (await index.status(0)).octets === 0)
  })

  it('a message that is too large is read by every search', async () => {
    const { unreadable } = await progress()
    await deliver('x'.repeat(200_000).replace(/.{60}/g, '$& '))
    start()
    await reaches(async () => (await progress()).unreadable, unreadable + 1)
    assert.equal((await progress()).waiting, 0)
  })

  it('one process builds, and another when that one ends', async () => {
    const first = start()
    await deliver('pistachio')
    await reaches(async () => (await progress()).waiting, 0)
    start()
    assert.equal(await store.texts?.lead(), undefined)
    await first.close()
    const builder = await eventually('the lead', () => store.texts?.lead())
    await builder.release()
  })

  it('an index that is damaged is thrown away and built anew; nothing is missed meanwhile', async () => {
    const { indexed } = await progress()
    assert.ok(indexed > 3)
    await store.close()
    const file = path.join(own.place.folder, 'texts.sqlite')
    writeFileSync(file, Buffer.alloc(100_000, 'rubbish'))
    store = await own.driver.open({ ...own.place, log: testLog })
    await room.close()
    room = roomOver(store, { prepare })
    assert.equal(await toRead('pistachio'), indexed + 1)
    start()
    await reaches(async () => (await progress()).indexed, indexed)
    assert.equal(await toRead('pistachio'), 2)
    assert.match(logged.join('\n'), /texts\.sqlite is damaged .* built anew/)
  })

  it('where none is wanted, what there was is thrown away', async () => {
    assert.ok((await progress()).indexed > 0)
    start({ indexTexts: false })
    await reaches(async () => (await progress()).indexed, 0)
  })

  it('a process that is killed leaves what it did whole, and the next one goes on', async () => {
    const { texts } = store
    assert.ok(texts)
    const words = Array.from({ length: 1000 }, (_, nth) => (100_000 + 7919 * nth).toString(36))
    await Promise.all(words.map((word) => deliver(word)))
    for (let killed = 0; killed < 2; killed++) {
      const child = fork(path.join(__dirname, 'index-child.ts'), [own.place.folder], {
        execArgv: ['-r', 'ts-node/register'],
      })
      let told = 0
      child.on('message', () => {
        if (++told > 2 + 3 * killed) child.kill('SIGKILL')
      })
      const [, signal] = await once(child, 'exit')
      assert.equal(signal, 'SIGKILL')
      const { indexed, waiting } = await progress()
      assert.ok(indexed > 0 && waiting > 0, `${indexed} indexed, ${waiting} wait`)
    }
    start()
    await reaches(async () => (await progress()).waiting, 0)
    const mail = mailOf(room, account)
    const view = value(await mail.open('INBOX', 'peek'))
    for (const word of words.filter((_, nth) => nth % 50 === 0)) {
      const key: SearchKey = { kind: 'text', text: word.toUpperCase() }
      assert.ok((await toRead(word)) < 20, word)
      assert.equal((await find({ room, mail, view }, key, 0)).length, 1, word)
    }
    view.close()
  })
})

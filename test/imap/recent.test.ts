import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openSqliteStore } from '../../lib/store/sqlite'
import { type Kit, startKit, Wire } from '../kit'

const ANN = 'ann@example.org'

/** A session of IMAP4rev1, and how many messages it has heard of as its own. */
class Rev1 {
  readonly wire: Wire
  #tag = 0
  constructor(kit: Kit) {
    this.wire = new Wire(kit.imap)
  }
  async say(command: string): Promise<string> {
    const tag = `t${++this.#tag}`
    this.wire.send(`${tag} ${command}\r\n`)
    return this.wire.until(new RegExp(`^${tag} OK.*\r\n`, 'm'))
  }
  async recent(): Promise<number[]> {
    const said = await this.say('SEARCH RECENT')
    return [...(/^\* SEARCH(.*)\r\n/m.exec(said)?.[1] ?? '').matchAll(/\d+/g)].map(Number)
  }
}

describe('\\Recent (RFC 3501 2.3.2)', function () {
  this.timeout(60_000)
  let folder: string
  let kits: Kit[]
  /** Two processes that share a store; notices between them are lost, so that each asks the store. */
  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'mailbox-recent-'))
    kits = [
      await startKit({ store: await openSqliteStore({ path: folder }) }),
      await startKit({ store: await openSqliteStore({ path: folder }) }),
    ]
    await kits[0]?.account(ANN)
  })
  after(async () => {
    for (const kit of kits) {
      assert.deepEqual(kit.errors, [])
      await kit.close()
    }
    rmSync(folder, { recursive: true, force: true })
  })

  it('each message is so in one session of all processes, also what arrives while they are open', async () => {
    const sessions = [...kits, ...kits].map((kit) => new Rev1(kit))
    for (const session of sessions) {
      await session.say(`LOGIN ${ANN} pass`)
      await session.say('SELECT INBOX')
    }
    const message = 'A: b\r\n\r\nx\r\n'
    const [appender] = kits.map((kit) => new Rev1(kit))
    await appender?.say(`LOGIN ${ANN} pass`)
    const MESSAGES = 60
    let done = false
    const polling = sessions.map(async (session) => {
      while (!done) await session.say('NOOP')
      await session.say('NOOP')
    })
    for (let nth = 0; nth < MESSAGES; nth++) await appender?.say(`APPEND INBOX {${message.length}+}\r\n${message}`)
    done = true
    await Promise.all(polling)
    const all = await Promise.all(sessions.map((session) => session.recent()))
    const found = all.flat().sort((a, b) => a - b)
    assert.deepEqual(
      found,
      Array.from({ length: MESSAGES }, (_nothing, index) => index + 1),
    )
    // What was told to one is not so for whoever comes later.
    const later = new Rev1(kits[1] ?? assert.fail())
    await later.say(`LOGIN ${ANN} pass`)
    assert.match(await later.say('STATUS INBOX (RECENT)'), /\(RECENT 0\)/)
    assert.match(await later.say('SELECT INBOX'), /^\* 0 RECENT\r\n/m)
    for (const session of [...sessions, later]) session.wire.close()
    appender?.wire.close()
  })

  it('a session that appends to its selected mailbox has it, nobody after it', async () => {
    const [one, two] = kits.map((kit) => new Rev1(kit))
    if (!one || !two) assert.fail()
    for (const session of [one, two]) await session.say(`LOGIN ${ANN} pass`)
    await one.say('SELECT INBOX')
    assert.match(await one.say('APPEND INBOX {11+}\r\nA: b\r\n\r\nx\r\n'), /^\* 1 RECENT\r\n/m)
    assert.match(await two.say('STATUS INBOX (RECENT)'), /\(RECENT 0\)/)
    assert.match(await two.say('SELECT INBOX'), /^\* 0 RECENT\r\n/m)
    // EXAMINE looks and takes nothing.
    await two.say('EXAMINE INBOX')
    const three = new Rev1(kits[0] ?? assert.fail())
    await three.say(`LOGIN ${ANN} pass`)
    await three.say('APPEND INBOX {11+}\r\nA: b\r\n\r\nx\r\n')
    assert.match(await two.say('NOOP'), /^\* 1 RECENT\r\n/m)
    assert.match(await one.say('NOOP'), /^\* 2 RECENT\r\n/m)
    for (const session of [one, two, three]) session.wire.close()
  })
})

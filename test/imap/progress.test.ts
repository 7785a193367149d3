import assert from 'node:assert/strict'
import { type Kit, startKit, Wire } from '../kit'

describe('IMAP INPROGRESS (RFC 9585)', () => {
  let kit: Kit
  let now = 1_700_000_000_000
  before(async () => {
    // Every look at the clock is four seconds later.
    kit = await startKit({ clock: { now: () => (now += 4000) } })
  })
  after(() => kit.close())

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
})

import assert from 'node:assert/strict'
import { bombs } from './bomb'
import { manyTexts } from './mail'

bombs('FETCH', {
  'FETCH of 500 parts of each message': {
    prepare: manyTexts,
    async run(site) {
      const alice = await site.imap()
      await alice.imap('SELECT Big')
      const items = Array.from({ length: 500 }, (_, nth) => `BODY.PEEK[]<${nth}.10>`).join(' ')
      assert.match(await alice.imap(`FETCH 1:* (${items})`), /^(?:OK|NO|BAD) /)
      assert.match(await alice.imap('NOOP'), /^OK/)
    },
  },
  'FETCH of 500 parts with 11 octets of one place': {
    prepare: manyTexts,
    async run(site) {
      const alice = await site.imap()
      await alice.imap('SELECT Big')
      assert.match(await alice.imap(`FETCH 1:* (${Array(500).fill('BODY.PEEK[]<0.10>').join(' ')})`), /^(?:OK|NO|BAD) /)
      assert.match(await alice.imap('NOOP'), /^OK/)
    },
  },
  'FETCH of 100 times the whole message': {
    prepare: manyTexts,
    async run(site) {
      const alice = await site.imap()
      await alice.imap('SELECT Big')
      const items = Array.from({ length: 100 }, (_, nth) => `BODY.PEEK[]<${nth}.1000000>`).join(' ')
      assert.match(await alice.imap(`FETCH 1:5 (${items})`), /^OK/)
      assert.ok(alice.received > 490_000_000)
    },
  },
  'FETCH of everything by a client that does not read': {
    prepare: manyTexts,
    async run(site) {
      const alice = await site.imap()
      await alice.imap('SELECT Big')
      alice.socket.pause()
      alice.send('x FETCH 1:* BODY.PEEK[]\r\ny FETCH 1:* BODY.PEEK[]\r\n')
      await new Promise((resolve) => setTimeout(resolve, 1000))
      alice.socket.resume()
      assert.match(await alice.until('y OK'), /^y OK/)
    },
  },
})

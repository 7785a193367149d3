import assert from 'node:assert/strict'
import { ALICE, bombs, type Site } from './bomb'

const PARTS = 10_000
const COPIES = 128

/** Copies cost a row each; what is kept of the message beside it is a megabyte and more. */
async function manyParts(site: Site): Promise<void> {
  const alice = await site.imap()
  await alice.imap('SELECT INBOX')
  if (alice.seen.includes(`${COPIES} EXISTS`)) {
    await alice.imap('LOGOUT')
    return
  }
  const message = `Subject: ${'s'.repeat(60_000)}\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n${'--a\r\n\r\nx\r\n'.repeat(PARTS)}--a--\r\n`
  assert.match(await alice.append('INBOX', Buffer.from(message)), /^OK/)
  for (let count = 1; count < COPIES; count *= 2) assert.match(await alice.imap(`COPY 1:${count} INBOX`), /^OK/)
  // What one such message takes is not what a hundred may take.
  await alice.imap('FETCH 1:8 (ENVELOPE BODYSTRUCTURE BODY BODY.PEEK[9999])')
  await alice.imap('LOGOUT')
}

bombs('structures', {
  'BODYSTRUCTURE and ENVELOPE of 128 messages with 10,000 parts': {
    prepare: manyParts,
    async run(site) {
      const alice = await site.imap()
      await alice.imap('SELECT INBOX')
      assert.match(await alice.imap('FETCH 1:* (ENVELOPE BODYSTRUCTURE BODY)'), /^OK/)
      assert.ok(alice.received > COPIES * PARTS * 100)
      assert.match(await alice.imap('LOGOUT'), /^OK/)
    },
  },
  'the last parts of 128 messages with 10,000 parts': {
    prepare: manyParts,
    async run(site) {
      const alice = await site.imap()
      await alice.imap('SELECT INBOX')
      assert.match(await alice.imap('FETCH 1:* (BODY.PEEK[9999] BODY.PEEK[1.MIME] BINARY.SIZE[5000])'), /^OK/)
      assert.match(await alice.imap('LOGOUT'), /^OK/)
    },
  },
  'POP3: TOP of each': {
    prepare: manyParts,
    async run(site) {
      const pop = site.connect(site.demo.pop3)
      await pop.until('+OK ')
      pop.send(`USER ${ALICE.user}\r\n`)
      await pop.until('+OK')
      pop.send(`PASS ${ALICE.password}\r\n`)
      await pop.until('+OK')
      for (let nth = 1; nth <= COPIES; nth++) pop.send(`TOP ${nth} 1\r\n`)
      pop.send('LAST-OF-ALL\r\n')
      await pop.until('-ERR unknown command')
      pop.send('QUIT\r\n')
      await pop.until('+OK')
    },
  },
})

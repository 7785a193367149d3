import assert from 'node:assert/strict'
import { kitOrSkip, Wire } from '../../kit'

describe('IMAP: the deepest part', () => {
  /** What a message is made of, and how many numbers the deepest part has, as BODYSTRUCTURE nests. */
  const rows: readonly (readonly [what: string, header: (level: number) => string, nested: RegExp])[] = [
    [
      'multiparts in multiparts',
      (level) => `Content-Type: multipart/mixed; boundary=q${level}\r\n\r\n--q${level}\r\n`,
      /"mixed"/gi,
    ],
    ['messages in messages', () => 'Content-Type: message/rfc822\r\n\r\n', /"rfc822"/gi],
  ]
  for (const [what, header, nested] of rows) {
    it(`that BODYSTRUCTURE names can be fetched, of ${what} (RFC 9051 6.4.5.1)`, async function () {
      const kit = await kitOrSkip('sqlite')
      if (!kit) return this.skip()
      try {
        const levels = Array.from({ length: 150 }, (_, level) => header(level))
        await kit.deliver(await kit.account('deep'), `Subject: deep\r\n${levels.join('')}\r\ntext\r\n`)
        const wire = new Wire(kit.imap)
        wire.send('a LOGIN deep pass\r\nb SELECT INBOX\r\n')
        await wire.until(/^b OK.*\r\n/m)
        // Each number is a part while the answer has octets, not NIL.
        let depth = 0
        for (let numbers = 1; numbers <= 110; numbers++) {
          const number = Array.from({ length: numbers }, () => 1).join('.')
          wire.send(`c${numbers} FETCH 1 BODY.PEEK[${number}]\r\n`)
          const said = await wire.until(new RegExp(`^c${numbers} (?:OK|BAD).*\\r\\n`, 'm'))
          if (/^c\d+ OK/m.test(said) && !/\] NIL/.test(said)) depth = numbers
        }
        wire.send('d FETCH 1 BODYSTRUCTURE\r\n')
        const structure = await wire.until(/^d OK.*\r\n/m)
        assert.equal(depth, structure.match(nested)?.length)
        assert.ok(depth > 100, String(depth))
        wire.close()
      } finally {
        await kit.close()
      }
    })
  }
})

import assert from 'node:assert/strict'
import { type Kit, startKit, Wire } from '../../kit'

const ANN = 'ann@example.org'

describe('bad_commands counts in a row, not over a session of days', () => {
  let kit: Kit
  before(async () => {
    const limits = { limits: { bad_commands: '3' } }
    kit = await startKit({ imap: limits, pop3: limits, sieve: limits })
    await kit.account(ANN)
  })
  after(() => kit.close())

  const login = Buffer.from(`\0${ANN}\0pass`).toString('base64')
  for (const [port, start, good, answer, bye] of [
    ['imap', `a LOGIN ${ANN} pass`, 'b NOOP', /^b OK.*\r\n/m, /^\* BYE Too many bad commands\r\n/m],
    ['pop3', `USER ${ANN}\r\nPASS pass`, 'NOOP', /^\+OK\r\n/m, /^-ERR too many bad commands, goodbye\r\n/m],
    [
      'sieve',
      `AUTHENTICATE "PLAIN" "${login}"`,
      'NOOP',
      /^OK "NOOP completed"\r\n|^OK.*\r\n/m,
      /^BYE "Too many bad commands"\r\n/m,
    ],
  ] as const) {
    it(port, async () => {
      const wire = new Wire(kit[port])
      wire.send(`${start}\r\n`)
      for (let round = 0; round < 10; round++) {
        wire.send(`x FOO\r\nx BAR\r\n${good}\r\n`)
        await wire.until(answer)
      }
      wire.send('x FOO\r\nx BAR\r\nx FOO\r\n')
      assert.match(await wire.end(), bye)
    })
  }

  it('an ID of the full size of RFC 2971 3.3 is legal before the login: 30 fields of 1024 octets', async () => {
    const fields = Array.from(
      { length: 30 },
      (_nothing, nth) => `"field-${String(nth).padStart(2, '0')}-${'x'.repeat(20)}"`,
    )
    for (const value of [`"${'v'.repeat(1024)}"`, `"${'\\"'.repeat(1024)}"`, `{1024+}\r\n${'v'.repeat(1024)}`, 'NIL']) {
      const wire = new Wire(kit.imap)
      wire.send(`a ID (${fields.map((field) => `${field} ${value}`).join(' ')})\r\nb NOOP\r\n`)
      assert.match(await wire.until(/^b OK.*\r\n/m), /^a OK/m)
      wire.send(`c ID (${[...fields, '"one-more"'].map((field) => `${field} NIL`).join(' ')})\r\n`)
      await wire.until(/^c BAD.*\r\n/m)
      wire.close()
    }
    // Nothing else is so long.
    const wire = new Wire(kit.imap)
    wire.send(`a LOGIN x ${'y'.repeat(17_000)}\r\n`)
    await wire.until(/^a BAD Line too long\r\n/m)
    wire.close()
  })
})

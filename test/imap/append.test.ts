import { type Kit, startKit, Wire } from '../kit'

describe('IMAP APPEND by the settings', () => {
  let kit: Kit
  let wire: Wire
  before(async () => {
    kit = await startKit({ imap: { session: { headers_8bit: 'refuse' }, limits: { append: '1K' } } })
    await kit.account('user')
    wire = new Wire(kit.imap)
    wire.send('a LOGIN user pass\r\n')
  })
  after(async () => {
    wire.close()
    await kit.close()
  })

  it('tells its limit (RFC 7889 2), and keeps it', async () => {
    await wire.until(/^a OK .* APPENDLIMIT=1024 .*\r\n/m)
    wire.send(`b APPEND INBOX {1025+}\r\n${'x'.repeat(1025)}\r\nc APPEND INBOX {1024+}\r\n${'x'.repeat(1024)}\r\n`)
    await wire.until(/^b NO \[TOOBIG\].*\r\nc OK .*\r\n/m)
    wire.send(`d SELECT INBOX\r\ne REPLACE 1 INBOX {1025}\r\n`)
    await wire.until(/^e NO \[TOOBIG\].*\r\n/m)
  })

  it('refuses an 8-bit header before ENABLE UTF8=ACCEPT (RFC 6855 4), not an 8-bit body', async () => {
    wire.send('f APPEND INBOX {6+}\r\nA: \xc3\xbc\r\n')
    await wire.until(/^f NO \[CANNOT\].*\r\n/m)
    wire.send('g REPLACE 1 INBOX {6+}\r\nA: \xc3\xbc\r\n')
    await wire.until(/^g NO \[CANNOT\].*\r\n/m)
    wire.send('h APPEND INBOX {10+}\r\nA: b\r\n\r\n\xc3\xbc\r\ni ENABLE UTF8=ACCEPT\r\n')
    await wire.until(/^h OK .*[\s\S]*^i OK .*\r\n/m)
    wire.send('j APPEND INBOX {6+}\r\nA: \xc3\xbc\r\n')
    await wire.until(/^j OK .*\r\n/m)
  })
})

import assert from 'node:assert/strict'
import type { AccountId } from '../../lib/terms/names'
import { type Kit, startKit, Wire } from '../kit'

describe('METADATA within its bounds', () => {
  let kit: Kit
  let id: AccountId
  let wire: Wire
  let tag = 0
  before(async () => {
    kit = await startKit()
    id = await kit.account('a@x')
    wire = new Wire(kit.imap)
    await wire.until(/^\* OK.*\r\n/m)
    assert.match(await command('LOGIN a@x pass'), /OK/)
  })
  after(async () => {
    wire.close()
    await kit.close()
  })
  async function command(text: string): Promise<string> {
    const name = `t${++tag}`
    wire.send(`${name} ${text}\r\n`)
    return (await wire.until(new RegExp(`^${name} .*\r\n`, 'm'))).slice(name.length + 1)
  }
  const set = (mailbox: string, entry: string, value: string): Promise<string> =>
    command(`SETMETADATA ${mailbox} (/private/vendor/v/${entry} {${value.length}+}\r\n${value})`)

  it('a value that is too long is refused with the limit, which is more than 1024 octets (RFC 5464 4.1, 4.3)', async () => {
    assert.match(await set('INBOX', 'long', 'x'.repeat(16 * 1024)), /^OK/)
    assert.match(await set('INBOX', 'long', 'x'.repeat(16 * 1024 + 1)), /^NO \[METADATA MAXSIZE 16384\]/)
    assert.match(
      await command('GETMETADATA (MAXSIZE 16383) INBOX /private/vendor/v/long'),
      /^OK \[METADATA LONGENTRIES 16384\]/,
    )
    assert.match(await command('SETMETADATA INBOX (/private/vendor/v/long NIL)'), /^OK/)
  })

  it('too many entries of a mailbox are refused, and nothing of the command is done (RFC 5464 4.3)', async () => {
    for (let nth = 0; nth < 100; nth++) assert.match(await set('INBOX', `n${nth}`, 'x'), /^OK/)
    const refused = await command('SETMETADATA INBOX (/private/vendor/v/n1 "y" /private/comment "one too many")')
    assert.match(refused, /^NO \[METADATA TOOMANY\]/)
    assert.match(await set('INBOX', 'n2', 'z'), /^OK/)
    const values = await kit.store.annotations.get(id, (await kit.store.mailboxes.find(id, 'INBOX'))?.id ?? 'server')
    const textOf = (name: string) => values.find((entry) => entry.name.endsWith(name))?.value.toString()
    assert.deepEqual([values.length, textOf('/n1'), textOf('/n2')], [100, 'x', 'z'])
    assert.match(await command('SETMETADATA INBOX (/private/vendor/v/n1 NIL /private/comment "fits")'), /^OK/)
  })

  it('all of an account have a bound, and what is over it may become less', async () => {
    let stored = 0
    for (let nth = 0; nth < 8; nth++) await command(`CREATE box${nth}`)
    for (let nth = 0; nth < 80; nth++) {
      const answer = await set(`box${nth % 8}`, `big${nth}`, 'x'.repeat(16 * 1024))
      if (answer.startsWith('OK')) stored++
      else assert.match(answer, /^NO \[OVERQUOTA\]/)
    }
    assert.ok(stored > 10 && stored < 40, String(stored))
    assert.match(await command('SETMETADATA box0 (/private/vendor/v/big0 "small")'), /^OK/)
    assert.match(await command('DELETE box1'), /^OK/)
    assert.match(await set('box2', 'again', 'x'.repeat(16 * 1024)), /^OK/)
    assert.deepEqual(await kit.store.check(id), [])
  })

  it('a name of more than 255 octets, and more than 100 entries at once, are BAD', async () => {
    assert.match(await set('INBOX', 'n'.repeat(255), 'x'), /^BAD/)
    const entries = Array.from({ length: 101 }, (_, nth) => `/private/vendor/v/e${nth}`)
    assert.match(await command(`GETMETADATA INBOX (${entries.join(' ')})`), /^BAD/)
    assert.match(await command(`SETMETADATA INBOX (${entries.map((name) => `${name} NIL`).join(' ')})`), /^BAD/)
  })

  it('an account that is removed leaves none behind', async () => {
    const other = await kit.account('b@x')
    assert.ok(
      (await kit.store.annotations.change(other, 'server', [{ name: '/private/comment', value: Buffer.from('x') }])).ok,
    )
    await kit.store.accounts.remove(other)
    assert.deepEqual(await kit.store.annotations.get(other, 'server'), [])
  })
})

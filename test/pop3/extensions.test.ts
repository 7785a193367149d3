import assert from 'node:assert/strict'
import { fence } from '../../lib/terms/numbers'
import type { Ini } from '../../lib/terms/settings'
import { type Kit, type KitOptions, startKit, Wire } from '../kit'
import { unstuffed } from './multiline'

const kits: Kit[] = []
async function kitOf(pop3: Ini, options: KitOptions = {}): Promise<Kit> {
  const kit = await startKit({ pop3, ...options })
  kits.push(kit)
  return kit
}
afterEach(async () => {
  for (const kit of kits.splice(0)) {
    assert.deepEqual(kit.errors, [])
    await kit.close()
  }
})

async function enter(kit: Kit, user: string, before = ''): Promise<{ wire: Wire; answer: string }> {
  const wire = new Wire(kit.pop3)
  await wire.until(/^\+OK POP3.*\r\n/)
  wire.send(`${before}USER ${user}\r\nPASS pass\r\n`)
  return { wire, answer: await wire.until(/^(?:\+OK \d+ messages|-ERR .*)\r\n/m) }
}
async function quit(wire: Wire): Promise<string> {
  wire.send('QUIT\r\n')
  return wire.end()
}
async function ask(wire: Wire, command: string): Promise<string> {
  wire.send(`${command}\r\n`)
  return wire.until(/^[+-].*\r\n/)
}
async function retrieve(wire: Wire, command: string): Promise<{ status: string; octets: Buffer }> {
  const status = await ask(wire, command)
  const octets = status.startsWith('+') ? unstuffed(await wire.until(/^(?:[\s\S]*?\r\n)?\.\r\n/)) : ''
  return { status, octets: Buffer.from(octets, 'latin1') }
}
async function capabilities(wire: Wire): Promise<string[]> {
  wire.send('CAPA\r\n')
  return (await wire.until(/\r\n\.\r\n/)).split('\r\n').slice(1, -2)
}
const ascii = (octets: Buffer): boolean => octets.every((octet) => octet < 128)
const messagesOf = async (kit: Kit, user: string, mailbox = 'INBOX'): Promise<number | undefined> => {
  const account = await kit.store.accounts.find(user)
  return account && (await kit.store.mailboxes.find(account.id, mailbox))?.messages
}

describe('POP3 UTF8 (RFC 6856 2)', () => {
  const header = 'From: Jürgen <j@x>\nSubject: Grüße\nContent-Type: multipart/mixed; boundary=b\n\n'
  const part =
    '--b\nContent-Type: text/plain; charset=utf-8; name="ü.txt"\nContent-Transfer-Encoding: 8bit\n\n.Körper\nzwei\n--b--\n'

  it('raw octets after UTF8, counted exactly; an ASCII header without it, whose octets RETR tells', async () => {
    const kit = await kitOf({})
    const id = await kit.account('u@x')
    await kit.deliver(id, header + part, 'Subject: plain\n\nx\n')
    const raw = Buffer.from((header + part).replace(/\n/g, '\r\n'))
    const { wire } = await enter(kit, 'u@x', 'UTF8\r\n')
    assert.match(await ask(wire, 'LIST 1'), new RegExp(`^\\+OK 1 ${raw.length}\\r\\n`))
    const whole = await retrieve(wire, 'RETR 1')
    assert.match(whole.status, new RegExp(`^\\+OK ${raw.length} `))
    assert.deepEqual(whole.octets, raw)
    assert.deepEqual((await retrieve(wire, 'TOP 1 0')).octets.toString(), header.replace(/\n/g, '\r\n'))
    await quit(wire)

    const old = (await enter(kit, 'u@x')).wire
    const converted = await retrieve(old, 'RETR 1')
    assert.match(converted.status, new RegExp(`^\\+OK ${converted.octets.length} `))
    const [head = '', partHead = '', body = ''] = converted.octets.toString().split('\r\n\r\n')
    assert.ok(ascii(Buffer.from(head + partHead)), 'headers of parts too')
    assert.match(head, /^Subject: =\?utf-8\?B\?/m)
    assert.match(partHead, /name\*=utf-8''%C3%BC\.txt/)
    assert.match(body, /^\.Körper\r\nzwei\r\n/, 'an 8bit body is MIME and stays')
    const top = await retrieve(old, 'TOP 1 3')
    assert.ok(converted.octets.toString().startsWith(top.octets.toString()))
    assert.ok(ascii(top.octets))
    assert.match((await retrieve(old, 'RETR 2')).octets.toString(), /^Subject: plain\r\n/)
    await quit(old)
  })

  it('utf8_headers = refuse: -ERR [UTF8], nothing is marked as read', async () => {
    const kit = await kitOf({ session: { utf8_headers: 'refuse', retr_sets_seen: 'true' } })
    const id = await kit.account('r@x')
    await kit.deliver(id, header + part, 'Subject: plain\n\nx\n')
    const { wire } = await enter(kit, 'r@x')
    assert.match(await ask(wire, 'RETR 1'), /^-ERR \[UTF8\] /)
    assert.match(await ask(wire, 'TOP 1 0'), /^-ERR \[UTF8\] /)
    assert.match((await retrieve(wire, 'RETR 2')).status, /^\+OK/)
    await quit(wire)
    assert.equal((await kit.store.mailboxes.find(id, 'INBOX'))?.unseen, 1)
  })

  it('is said before the login only, without argument; STLS is refused after it; names that are no UTF-8 too', async () => {
    const kit = await kitOf({})
    await kit.account('s@x')
    const wire = new Wire(kit.pop3)
    await wire.until(/^\+OK.*\r\n/)
    assert.match(await ask(wire, 'UTF8 x'), /^-ERR without/)
    assert.match(await ask(wire, 'UTF8'), /^\+OK/)
    assert.match(await ask(wire, 'STLS'), /^-ERR no STLS after UTF8/)
    assert.match(await ask(wire, 'USER \xff'), /^-ERR that is no UTF-8/)
    assert.match(await ask(wire, 'USER s@x'), /^\+OK/)
    assert.match(await ask(wire, 'PASS pass'), /^\+OK/)
    assert.match(await ask(wire, 'UTF8'), /^-ERR not in this state/)
    wire.close()
  })
})

describe('POP3 LANG (RFC 6856 3)', () => {
  it("speaks UTF-8 once a language was chosen, and `LANG *` is the administrator's", async () => {
    const kit = await kitOf({ session: { language: 'fr' } })
    const wire = new Wire(kit.pop3)
    assert.ok(ascii(Buffer.from(await wire.until(/^\+OK.*\r\n/), 'latin1')))
    const said = Buffer.from(await ask(wire, 'LANG *'), 'latin1').toString('utf8')
    assert.equal(said, '+OK fr langue changée\r\n')
    wire.send('LANG\r\n')
    assert.match(
      Buffer.from(await wire.until(/^\.\r\n/m), 'latin1').toString('utf8'),
      /^fr Français\r\nes Español\r\n/m,
    )
    wire.close()
  })
})

describe('POP3 LOGIN-DELAY (RFC 2449 6.5)', () => {
  it('refuses what comes too soon, after a right password only, and is announced in both states', async () => {
    let now = 1_000_000
    const kit = await kitOf({ limits: { login_delay: '60s' } }, { clock: { now: () => now } })
    await kit.account('d@x')
    const first = (await enter(kit, 'd@x')).wire
    assert.ok((await capabilities(first)).includes('LOGIN-DELAY 60'))
    await quit(first)
    now += 59_999
    const { wire, answer } = await enter(kit, 'd@x')
    assert.match(answer, /-ERR \[LOGIN-DELAY\] wait 60 seconds between logins\r\n$/)
    assert.ok((await capabilities(wire)).includes('LOGIN-DELAY 60'))
    wire.send('USER d@x\r\nPASS wrong\r\n')
    await wire.until(/-ERR \[AUTH\] /)
    now += 1
    wire.send('USER d@x\r\nPASS pass\r\n')
    assert.match(
      await wire.until(/\+OK \d+ messages\r\n/),
      /\+OK 0 messages/,
      'a refusal begins no new delay; the lock is free',
    )
    await quit(wire)
  })

  it('login_delay_answer = empty: a session without messages, which begins no new delay and removes nothing', async () => {
    let now = 1_000_000
    const kit = await kitOf(
      { limits: { login_delay: '1min', login_delay_answer: 'empty' } },
      { clock: { now: () => now } },
    )
    await kit.deliver(await kit.account('e@x'), 'Subject: a\n\nx\n')
    await quit((await enter(kit, 'e@x')).wire)
    now += 30_000
    const soft = await enter(kit, 'e@x')
    assert.match(soft.answer, /\+OK 0 messages/)
    assert.match(await ask(soft.wire, 'STAT'), /^\+OK 0 0\r\n/)
    assert.match(await ask(soft.wire, 'DELE 1'), /^-ERR no such message/)
    assert.match(await quit(soft.wire), /\+OK bye/)
    now += 30_000
    const later = await enter(kit, 'e@x')
    assert.match(later.answer, /\+OK 1 messages/)
    await quit(later.wire)
  })

  it('is not announced when there is none', async () => {
    const kit = await kitOf({})
    await kit.account('n@x')
    const { wire } = await enter(kit, 'n@x')
    assert.doesNotMatch((await capabilities(wire)).join(), /LOGIN-DELAY/)
    assert.ok((await capabilities(wire)).includes('EXPIRE NEVER'))
    wire.close()
  })
})

describe('POP3 settings of a session', () => {
  it('expire = 0: what was fetched is removed at QUIT, the rest stays (RFC 2449 6.7)', async () => {
    const kit = await kitOf({ session: { expire: '0' } })
    await kit.deliver(await kit.account('x@x'), 'Subject: a\n\nx\n', 'Subject: b\n\nx\n')
    const dropped = (await enter(kit, 'x@x')).wire
    assert.ok((await capabilities(dropped)).includes('EXPIRE 0'))
    await retrieve(dropped, 'RETR 1')
    dropped.close()
    let again = await enter(kit, 'x@x')
    while (!/messages/.test(again.answer)) again = await enter(kit, 'x@x')
    assert.match(again.answer, /\+OK 2 messages/, 'no UPDATE but by QUIT')
    await retrieve(again.wire, 'TOP 1 100')
    await retrieve(again.wire, 'RETR 2')
    assert.match(await quit(again.wire), /\+OK bye/)
    assert.equal(await messagesOf(kit, 'x@x'), 1)
  })

  it('expire = 7: what was read and lay there for seven days is removed at QUIT, unread mail never', async () => {
    let now = Date.now()
    const kit = await kitOf({ session: { expire: '7', retr_sets_seen: 'true' } }, { clock: { now: () => now } })
    await kit.deliver(await kit.account('w@x'), 'Subject: a\n\nx\n', 'Subject: b\n\nx\n')
    const { wire } = await enter(kit, 'w@x')
    assert.ok((await capabilities(wire)).includes('EXPIRE 7'))
    await retrieve(wire, 'RETR 1')
    await quit(wire)
    assert.equal(await messagesOf(kit, 'w@x'), 2)
    await quit((await enter(kit, 'w@x')).wire)
    assert.equal(await messagesOf(kit, 'w@x'), 2, 'not yet')
    now += 8 * 86_400_000
    await quit((await enter(kit, 'w@x')).wire)
    assert.equal(await messagesOf(kit, 'w@x'), 1)
  })

  for (const [policy, inbox, trash] of [
    ['delete', 1, undefined],
    ['trash', 1, 1],
    ['keep', 2, undefined],
  ] as const) {
    it(`on_delete = ${policy}`, async () => {
      const kit = await kitOf({ session: { on_delete: policy } })
      await kit.deliver(await kit.account('p@x'), 'Subject: a\n\nx\n', 'Subject: b\n\nx\n')
      const { wire } = await enter(kit, 'p@x')
      await ask(wire, 'DELE 1')
      assert.match(await quit(wire), /\+OK bye/)
      assert.equal(await messagesOf(kit, 'p@x'), inbox)
      assert.equal(await messagesOf(kit, 'p@x', 'Trash'), trash)
    })
  }

  it('order = newest-first numbers from the newest; UIDL stays with its message', async () => {
    const [old, turned] = [await kitOf({}), await kitOf({ session: { order: 'newest-first' } })]
    for (const kit of [old, turned])
      await kit.deliver(await kit.account('o@x'), 'Subject: a\n\nx\n', 'Subject: b\n\nx\n')
    const { wire } = await enter(turned, 'o@x')
    assert.match((await retrieve(wire, 'RETR 1')).octets.toString(), /Subject: b/)
    const before = await ask(wire, 'UIDL 1')
    await ask(wire, 'DELE 1')
    await quit(wire)
    const { wire: later } = await enter(turned, 'o@x')
    assert.notEqual(await ask(later, 'UIDL 1'), before, 'the id of a message that is gone comes to no other')
    await quit(later)
  })

  it('mailbox_in_name: user+mailbox@domain opens another mailbox, by PASS and by AUTH; off, it is a name like any', async () => {
    const kit = await kitOf({ session: { mailbox_in_name: 'true' } })
    const id = await kit.account('m@x')
    await kit.store.mailboxes.create(id, 'Work/2024')
    await kit.room.deliver({ account: id, bytes: Buffer.from('Subject: w\r\n\r\nx\r\n'), mailbox: 'Work/2024' })
    const there = await enter(kit, 'm+Work/2024@x')
    assert.match((await retrieve(there.wire, 'RETR 1')).octets.toString(), /Subject: w/)
    await quit(there.wire)
    assert.match((await enter(kit, 'm+None@x')).answer, /-ERR \[SYS\/PERM\] There is no such mailbox/)
    const sasl = new Wire(kit.pop3)
    sasl.send(`AUTH PLAIN ${Buffer.from('\0m+Work/2024@x\0pass').toString('base64')}\r\n`)
    await sasl.until(/\+OK 1 messages\r\n/)
    await quit(sasl)
    assert.match((await enter(await kitOf({}), 'm+Work/2024@x')).answer, /-ERR \[AUTH\]/)
  })

  it('ends idle sessions without a word and without UPDATE (RFC 1939 3)', async () => {
    const kit = await kitOf({}, { pop3Settings: { idle: 1500 } })
    await kit.deliver(await kit.account('i@x'), 'Subject: a\n\nx\n')
    const { wire } = await enter(kit, 'i@x')
    assert.match(await ask(wire, 'DELE 1'), /^\+OK/)
    assert.equal(await wire.end(), '')
    assert.equal(await messagesOf(kit, 'i@x'), 1)
  })

  it('ends a session that lasts longer than allowed, without UPDATE', async () => {
    const kit = await kitOf({}, { pop3Settings: { maxSession: 1500 } })
    await kit.deliver(await kit.account('l@x'), 'Subject: a\n\nx\n')
    const { wire } = await enter(kit, 'l@x')
    wire.send('DELE 1\r\n')
    await wire.end()
    assert.equal(await messagesOf(kit, 'l@x'), 1)
  })

  it('a lease that was lost is told at QUIT, and nothing is removed', async () => {
    const kit = await kitOf({})
    const id = await kit.account('f@x')
    await kit.deliver(id, 'Subject: a\n\nx\n')
    const { wire } = await enter(kit, 'f@x')
    await ask(wire, 'DELE 1')
    // Somebody else came in since: a higher fence, which this session cannot know of.
    await kit.store.raiseFence(id, fence(Number.MAX_SAFE_INTEGER))
    assert.equal(await quit(wire), '-ERR [SYS/TEMP] some deleted messages not removed\r\n')
    assert.equal(await messagesOf(kit, 'f@x'), 1)
  })
})

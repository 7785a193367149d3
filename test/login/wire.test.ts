import assert from 'node:assert/strict'
import { ACCOUNTS, type Demo, removeHome, startDemo } from '../e2e/demo'
import { Recorded } from './oracle/recorded'

const ALICE = 'alice@example.org'
const RIGHT = ACCOUNTS[ALICE]
const b64 = (text: string): string => Buffer.from(text).toString('base64')
const TAGGED = /^(?:\+ .*|(?:\* .*\r\n)*a .*)\r\n/

let used = 0
/** Each in a network of its own, so that no bar of one test is felt in another. */
const freshAddress = (): string => `127.30.${++used & 255}.1`

describe('logins on the wire, two workers', function () {
  this.timeout(120_000)
  let demo: Demo
  before(async () => {
    demo = await startDemo(['--nodes', '2'])
  })
  after(async () => {
    await demo?.stop()
    removeHome(demo)
  })

  async function imap(address = freshAddress()): Promise<Recorded> {
    const wire = new Recorded(demo.imap, address)
    await wire.until(/^\* OK.*\r\n/)
    return wire
  }
  const login = (wire: Recorded, password: string, name = ALICE): Promise<string> =>
    wire.ask(`a LOGIN ${name} "${password}"`, TAGGED)

  it('200 logins in flight and one bad base64: only that one is refused', async () => {
    const wires = await Promise.all(Array.from({ length: 200 }, (_, n) => imap(`127.31.${n}.1`)))
    try {
      await Promise.all(wires.map((wire) => wire.ask('a AUTHENTICATE PLAIN', TAGGED)))
      const bad = await imap()
      await bad.ask('a AUTHENTICATE PLAIN', TAGGED)
      assert.match(await bad.ask('AGFsaWNl=broken=', TAGGED), /^a BAD/)
      assert.equal(bad.end, 'open')
      // A few at once finish; the others stay in flight and finish after them.
      for (let from = 0; from < wires.length; from += 20) {
        const some = wires.slice(from, from + 20)
        const answers = await Promise.all(some.map((wire) => wire.ask(b64(`\0${ALICE}\0${RIGHT}`), TAGGED)))
        for (const answer of answers) assert.match(answer, /^a OK/m)
      }
      assert.match(await login(bad, RIGHT), /^a OK/m)
      bad.close()
    } finally {
      for (const wire of wires) wire.close()
    }
  })

  it('all guesses of one connection are counted at once, not when it ends', async () => {
    const address = freshAddress()
    const [first, second, third] = [await imap(address), await imap(address), await imap(address)]
    for (const n of [1, 2]) assert.match(await login(first, `guess ${n}`), /^a NO/)
    for (const n of [3, 4]) assert.match(await login(second, `guess ${n}`), /^a NO/)
    assert.equal(first.end, 'open')
    assert.match(await login(third, RIGHT), /^a NO \[AUTHENTICATIONFAILED\]/)
    for (const wire of [first, second, third]) wire.close()
  })

  it('guesses that come in one write are counted one by one: after the fourth nothing is told', async () => {
    const address = freshAddress()
    const guesses = [...Array.from({ length: 6 }, (_, n) => `wrong ${n}`), RIGHT]
    const wires = await Promise.all(guesses.map(() => imap(address)))
    // Two on each connection, all connections at once: three tries would end one.
    const lines = guesses.map((password) => `a LOGIN ${ALICE} "x${password}"\r\na LOGIN ${ALICE} "${password}"`)
    const answers = await Promise.all(
      wires.map((wire, n) => wire.ask(lines[n] ?? '', /(?:^a .*\r\n(?:\* .*\r\n)*){2}/m)),
    )
    const told = answers.filter((answer) => answer.includes('a OK'))
    assert.ok(told.length <= 1, 'the right one was among the first four, or is not told')
    assert.match(await login(await imap(address), RIGHT), /^a NO/, 'the account is closed to this network now')
    for (const wire of wires) wire.close()
  })

  it('names with SQL, LDAP and shell metacharacters are unknown names', async () => {
    const names = [
      `' OR '1'='1' -- @example.org`,
      `alice@example.org' --`,
      `alice@example.org'; DROP TABLE accounts; --`,
      '*@example.org',
      '*)(mail=*',
      'alice@example.org)(|(uid=*',
      'al\\2aice@example.org',
      '%@example.org',
      '_lice@example.org',
      '$(id)@example.org',
      '../alice@example.org',
      '__proto__@example.org',
      '__proto__',
      'constructor@example.org',
    ]
    for (const name of names) {
      const wire = await imap()
      const quoted = name.replace(/[\\"]/g, '\\$&')
      assert.match(await wire.ask(`a LOGIN "${quoted}" "${RIGHT}"`, TAGGED), /^a NO \[AUTHENTICATIONFAILED\]/, name)
      wire.close()
    }
  })

  for (const [what, line] of [
    ['of a command', `a NOOP ${'('.repeat(60_000)}`],
    ['of LOGIN', `a LOGIN ${'('.repeat(60_000)}`],
    ['of ID', `a ID ${'('.repeat(60_000)}`],
    ['of SEARCH', `a SEARCH ${'('.repeat(60_000)}`],
    ['of FETCH', `a FETCH 1 ${'('.repeat(60_000)}`],
    ['of a list of flags', `a STORE 1 FLAGS ${'('.repeat(60_000)}`],
    ['of LIST', `a LIST (${'['.repeat(60_000)} "" *`],
  ] as const)
    for (const when of ['before', 'after'] as const)
      it(`brackets ${when} login, 60,000 ${what}: refused at once, and the connection goes on or is ended`, async () => {
        const wire = await imap()
        if (when === 'after') {
          await login(wire, RIGHT)
          await wire.ask('a SELECT INBOX', TAGGED)
        }
        assert.match(await wire.ask(line, /^(?:a (?:BAD|NO)|\* BYE).*\r\n/m), /^(?:a (?:BAD|NO)|\* BYE)/m)
        const noop = await wire.ask('a NOOP', /^(?:a OK|\* BYE).*\r\n/m)
        assert.ok(/^a OK/m.test(noop) || wire.end === 'closed', noop)
        wire.close()
      })

  it('brackets without an end, before login: the connection is ended within its limits', async () => {
    const wire = await imap()
    let sent = 0
    for (; sent < 64 && wire.end === 'open'; sent++) {
      await wire.ask(`a NOOP ${'(['.repeat(16_000)}`, /^(?:a |\* BYE).*\r\n/m)
    }
    assert.ok(sent < 64, `${sent} lines of 32 KB`)
    wire.close()
  })
})

import assert from 'node:assert/strict'
import constants from 'haraka-constants'
import { createSmtpAuth, type SmtpConnection } from '../../../lib/haraka/login/smtp-auth'
import { directoryOf, door, person, testLog } from '../../login/room'
import { scramClient } from '../../login/sasl/scram-client'

const RIGHT = 'correct horse'
const ANN = 'ann@example.org'
const b64 = (text: string | Buffer): string => Buffer.from(text).toString('base64')

/** A connection of Haraka as far as AUTH sees it. */
async function client(ini = {}, more: Partial<SmtpConnection> = {}) {
  const { login } = door(directoryOf(await person(ANN, RIGHT)), ini)
  const auth = createSmtpAuth(() => login, { name: 'mailbox/login' }, testLog())
  const results: object[] = []
  let reply = ''
  const state = { ended: false }
  const connection: SmtpConnection = {
    uuid: 'U1',
    remote: { ip: '192.0.2.1' },
    tls: { enabled: true },
    capabilities: [],
    transaction: null,
    notes: {},
    results: { add: (_plugin, result) => results.push(result) },
    relaying: false,
    respond: (code, text, done) => {
      reply = `${code} ${text}`
      done()
    },
    disconnect: () => {
      state.ended = true
    },
    ...more,
  }
  /** As Haraka cuts a line and calls the hook; `(next)`: the hook was not interested. */
  function say(line: string): Promise<string> {
    const [, verb = '', , rest = ''] = /^([^ ]*)( +(.*))?$/.exec(line) ?? []
    const params = [verb, rest]
    return new Promise((resolve) => {
      const next = (code?: number): void => {
        if (code === constants.ok && verb.toUpperCase() !== 'NOOP') assert.deepEqual(params, ['AUTH'])
        resolve(code === constants.ok ? reply : '(next)')
      }
      auth.unrecognizedCommand(next, connection, params)
    })
  }
  return { say, connection, results, auth, state }
}

describe('SMTP AUTH', () => {
  it('PLAIN with initial response, and in two steps (RFC 4954 4)', async () => {
    const one = await client()
    assert.equal(await one.say(`AUTH PLAIN ${b64(`\0${ANN}\0${RIGHT}`)}`), '235 2.7.0 Authentication successful')
    assert.equal(one.connection.relaying, true)
    assert.equal(one.connection.notes.auth_user, ANN)
    assert.deepEqual(one.results, [{ pass: 'mailbox/login' }, { pass: 'mailbox/login', method: 'PLAIN', user: ANN }])
    assert.ok(!JSON.stringify(one.connection).includes(RIGHT))
    const two = await client()
    assert.equal(await two.say('auth plain'), '334 ')
    assert.equal(await two.say(b64(`\0${ANN}\0${RIGHT}`)), '235 2.7.0 Authentication successful')
  })

  it('LOGIN, cancelled, broken, unknown', async () => {
    const { say, connection } = await client()
    assert.equal(await say('AUTH LOGIN'), '334 VXNlcm5hbWU6')
    assert.equal(await say(b64(ANN)), '334 UGFzc3dvcmQ6')
    assert.equal(await say('*'), '501 5.0.0 Authentication cancelled')
    assert.equal(await say('AUTH LOGIN'), '334 VXNlcm5hbWU6')
    assert.equal(await say('not base64!'), '501 5.5.2 Cannot decode base64')
    assert.equal(await say('AUTH CRAM-MD5'), '504 5.5.4 Unrecognized authentication type')
    assert.equal(await say('AUTH'), '501 5.5.4 Syntax: AUTH mechanism [initial-response]')
    assert.equal(await say('AUTH PLAIN ='), '535 5.7.8 Authentication failed')
    assert.equal(await say('XFOO bar'), '(next)')
    assert.equal(connection.relaying, false)
  })

  it('SCRAM-SHA-256: the server signature comes before 235', async () => {
    const { say, connection } = await client()
    const scram = scramClient({ user: ANN, password: RIGHT })
    const first = await say(`AUTH SCRAM-SHA-256 ${b64(scram.first())}`)
    const final = await say(b64(scram.final(Buffer.from(first.slice(4), 'base64').toString())))
    assert.ok(scram.isServer(Buffer.from(final.slice(4), 'base64')))
    assert.equal(connection.relaying, false)
    assert.equal(await say(''), '235 2.7.0 Authentication successful')
    assert.equal(connection.relaying, true)
  })

  it('not twice, not in a transaction, not without TLS', async () => {
    const twice = await client()
    const plain = `AUTH PLAIN ${b64(`\0${ANN}\0${RIGHT}`)}`
    await twice.say(plain)
    assert.equal(await twice.say(plain), '503 5.5.1 Already authenticated')
    const inside = await client({}, { transaction: {} })
    assert.equal(await inside.say(plain), '503 5.5.1 Not during a mail transaction')
    const clear = await client({}, { tls: { enabled: false } })
    assert.equal(await clear.say(plain), '538 5.7.11 Encryption required for authentication')
    clear.auth.capabilities(() => undefined, clear.connection)
    assert.deepEqual(clear.connection.capabilities, [])
    const near = await client({}, { tls: { enabled: false }, remote: { ip: '127.0.0.1' } })
    near.auth.capabilities(() => undefined, near.connection)
    assert.deepEqual(near.connection.capabilities, ['AUTH SCRAM-SHA-256 PLAIN LOGIN'])
  })

  it('ends the connection after five failures, whatever they were', async () => {
    for (const name of [ANN, 'nobody@example.org']) {
      const { say, state } = await client()
      const replies: string[] = []
      for (let n = 0; n < 5; n++) {
        assert.equal(state.ended, false)
        replies.push(await say(`AUTH PLAIN ${b64(`\0${name}\0w${n}`)}`))
      }
      assert.deepEqual(new Set(replies), new Set(['535 5.7.8 Authentication failed']))
      assert.equal(state.ended, true)
    }
  })

  it('ends the connection after five exchanges that were given up, too', async () => {
    for (const end of ['*', 'not base64!']) {
      const { say, state } = await client()
      for (let n = 0; n < 5; n++) {
        assert.equal(state.ended, false)
        assert.match(await say(`AUTH SCRAM-SHA-256 ${b64(scramClient({ user: ANN, password: 'x' }).first())}`), /^334 /)
        assert.match(await say(end), /^501 /)
      }
      assert.equal(state.ended, true)
    }
  })

  it('hides what is secret from the loudest levels of the log', async () => {
    const logged: unknown[] = []
    const log = (...parts: unknown[]): number => logged.push(...parts)
    const { say, connection, auth } = await client({}, { logprotocol: log, logdebug: log })
    auth.capabilities(() => undefined, connection)
    // What Haraka does with each line before and beside our hook.
    const typed = async (line: string): Promise<void> => {
      connection.logprotocol?.(`C: ${line}`, { state: 1 })
      connection.logdebug?.({ hook: 'unrecognized_command', plugin: 'tls', params: line.split(' ')[0] })
      await say(line)
    }
    await typed(`auth plain ${b64(`\0${ANN}\0secret 1`)}`)
    await typed('AUTH LOGIN')
    await typed(b64(ANN))
    await typed(b64('secret 2'))
    connection.logprotocol?.('C: MAIL FROM:<a@b>')
    connection.logdebug?.({ hook: 'unrecognized_command', params: 'XFOO' })
    const text = JSON.stringify(logged)
    assert.ok(!text.includes(b64('secret 2')) && !text.includes(b64(`\0${ANN}\0secret 1`)))
    for (const seen of ['C: auth plain (hidden)', 'C: AUTH LOGIN', 'C: (AUTH)', 'C: MAIL FROM', 'XFOO'])
      assert.ok(text.includes(seen), seen)
  })

  it('says 454 while the login part is not open', async () => {
    const auth = createSmtpAuth(() => undefined, { name: 'mailbox/login' }, testLog())
    const { connection } = await client()
    let said = 0
    connection.respond = (code, _text, done) => {
      said = code
      done()
    }
    auth.unrecognizedCommand(() => undefined, connection, ['AUTH', 'PLAIN'])
    assert.equal(said, 454)
  })
})

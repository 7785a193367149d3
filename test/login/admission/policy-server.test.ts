import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { createPolicyServer, policyHash } from '../../../lib/login/admission/policy-server'
import { loginSettings } from '../../../lib/login/settings'
import { silentLog } from '../../../lib/terms/ports'
import { becomes } from '../../eventually'
import { directoryOf, door, peerAt, person, testLog } from '../room'

const ANN = 'ann@example.org'

type Asked = { command: string | null; authorization: string | undefined; body: Record<string, unknown> }

describe('a policy server (weakforced)', () => {
  let server: Server
  let url = ''
  const asked: Asked[] = []
  let answer: { status: number; text: string } | undefined
  before(async () => {
    server = createServer((request, response) => {
      let text = ''
      request.on('data', (piece) => {
        text += piece
      })
      request.on('end', () => {
        const command = new URL(request.url ?? '', url).searchParams.get('command')
        asked.push({ command, authorization: request.headers.authorization, body: JSON.parse(text) })
        if (!answer) return
        response.writeHead(answer.status, { 'content-type': 'application/json' })
        response.end(command === 'allow' ? answer.text : '{"status":"ok"}')
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const at = server.address()
    url = `http://127.0.0.1:${typeof at === 'object' && at ? at.port : 0}/`
  })
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  beforeEach(() => {
    asked.length = 0
    answer = { status: 200, text: '{"status":0,"msg":""}' }
  })

  function policy(more: Record<string, string> = {}, log = silentLog) {
    const ini = { weakforced: { url, password: 'super', nonce: 'n', timeout: '200ms', ...more } }
    const { policyServer } = loginSettings(ini)
    assert.ok(policyServer)
    return createPolicyServer(policyServer, log)
  }
  const ann = async (policyServer: ReturnType<typeof policy>) =>
    door(directoryOf(await person(ANN, 'secret')), {}, { policyServer })
  const reports = () => asked.filter(({ command }) => command === 'report').map(({ body }) => body)

  it('is asked before and told after, and hears nothing of the password but 12 bits of a hash', async () => {
    const { login } = await ann(policy())
    assert.equal((await login.attempt(peerAt('192.0.2.1'), ANN, 'secret')).kind, 'granted')
    assert.equal((await login.attempt(peerAt('192.0.2.1'), ANN, 'wrong')).kind, 'invalid')
    await becomes(() => reports().length, 2)
    const pwhash = policyHash('n', ANN, 'secret')
    assert.match(pwhash, /^0[0-9a-f]{3}$/)
    const whole = createHash('sha256').update(`n${ANN}\0secret`).digest('hex')
    assert.equal(pwhash, `0${whole.slice(0, 3)}`, 'the first 12 bits, shifted to the end of two octets')
    const { body, authorization } = asked[0] ?? {}
    assert.deepEqual(body, { login: ANN, remote: '192.0.2.1', pwhash, protocol: 'imap', tls: true, attrs: {} })
    assert.equal(authorization, `Basic ${Buffer.from('wforce:super').toString('base64')}`)
    assert.deepEqual(
      reports()
        .map(({ success, policy_reject }) => [success, policy_reject])
        .sort(),
      [
        [false, false],
        [true, false],
      ],
    )
    assert.doesNotMatch(JSON.stringify(asked), /secret|wrong/)
    await login.close()
  })

  it('refuses the right password like a wrong one, which is not counted here', async () => {
    const { login } = await ann(policy())
    answer = { status: 200, text: '{"status":-1,"msg":"no"}' }
    for (let nth = 0; nth < 6; nth++) {
      assert.deepEqual(await login.attempt(peerAt('192.0.2.1'), ANN, nth % 2 === 0 ? 'secret' : `wrong ${nth}`), {
        kind: 'invalid',
      })
    }
    answer = { status: 200, text: '{"status":0}' }
    assert.equal((await login.attempt(peerAt('192.0.2.1'), ANN, 'secret')).kind, 'granted')
    await becomes(() => reports().length, 7)
    assert.equal(reports().filter(({ policy_reject }) => policy_reject === true).length, 6)
    await login.close()
  })

  it('keeps nobody out when it does not answer, or everybody, as the settings say', async () => {
    const log = testLog()
    for (const [what, kind] of [
      ['allow', 'granted'],
      ['refuse', 'unavailable'],
    ] as const) {
      const { login } = await ann(policy({ on_failure: what }, log))
      for (const bad of [
        undefined,
        { status: 500, text: '' },
        { status: 200, text: 'x' },
        { status: 200, text: '{}' },
      ]) {
        answer = bad
        const begun = performance.now()
        assert.equal((await login.attempt(peerAt('192.0.2.1'), ANN, 'secret')).kind, kind, bad?.text)
        assert.ok(performance.now() - begun < 5000)
      }
      await login.close()
    }
    assert.ok(log.lines.length >= 1 && log.lines.length <= 2, 'a line a minute')
    assert.doesNotMatch(log.lines.join('\n'), /super|secret/)
  })

  it('is set up whole', () => {
    for (const weakforced of [
      { url: 'ftp://x/', password: 'p', nonce: 'n' },
      { url, password: 'p' },
      { url, nonce: 'n' },
    ])
      assert.throws(() => loginSettings({ weakforced }), /weakforced/)
    assert.equal(loginSettings({}).policyServer, undefined)
  })
})

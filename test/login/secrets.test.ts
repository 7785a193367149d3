import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { createHookChain, directoryHook } from '../../lib/haraka/login/hook'
import { openEmbeddedAttempts } from '../../lib/login/attempts/embedded'
import { hashAppPassword } from '../../lib/login/passwords/app-passwords'
import { loginSettings } from '../../lib/login/settings'
import { harakaRunner } from '../haraka/login/haraka'
import { directoryOf, door, peerAt, person, testLog } from './room'
import { scramClient } from './sasl/scram-client'

const SECRETS = ['Right-Horse-1', 'Wrong-Horse-2', 'App-Horse-3', 'Token-Horse-4']
const [RIGHT = '', WRONG = '', APP = '', TOKEN = ''] = SECRETS
const ANN = 'ann@example.org'

/** As clear text, in base64 (also as the inner part of a PLAIN response), in hexadecimal. */
function spellings(secret: string): readonly string[] {
  const plain = Buffer.from(`\0${ANN}\0${secret}`).toString('base64')
  return [secret, Buffer.from(secret).toString('base64').replace(/=+$/, ''), Buffer.from(secret).toString('hex'), plain]
}

describe('secrets', () => {
  it('are in no log of any level, hook parameter, object, metric, answer or file', async () => {
    const path = mkdtempSync(join(tmpdir(), 'login-'))
    const haraka = harakaRunner()
    const seen: unknown[] = []
    try {
      haraka.plugin('watcher', {
        login: (next, attempt, params) => {
          seen.push(inspect(attempt, { depth: 6, showHidden: true }), JSON.stringify(params))
          next()
        },
        deny: (next, attempt, params) => {
          seen.push(inspect(attempt, { depth: 6 }), inspect(params, { depth: 6 }))
          next()
        },
      })
      haraka.plugin('mailbox/login', { login: (next, attempt) => directoryHook(next, attempt) })
      const log = testLog()
      const app = { password: hashAppPassword(APP), protocols: [] }
      const directory = directoryOf(await person(ANN, RIGHT, { appPasswords: [app] }))
      const attempts = await openEmbeddedAttempts({ path, policy: loginSettings({}).policy, log })
      const { login, counted } = door(
        directory,
        {},
        {
          attempts,
          log,
          chain: createHookChain(haraka.server, log),
          verifyToken: async (token) => {
            if (token === TOKEN) throw new Error('the key server is down')
            return undefined
          },
          tell: (bar, event) => seen.push(inspect(bar), inspect(event, { depth: 6 })),
        },
      )
      for (const [n, password] of SECRETS.entries()) {
        for (let k = 0; k < 3; k++) {
          const peer = peerAt(`198.51.${n}.1`)
          seen.push(await login.attempt(peer, ANN, password + (k > 0 ? k : '')))
          seen.push(await login.sasl(peer, 'PLAIN')?.step(Buffer.from(`\0${ANN}\0${password}`)))
          const bearer = login.sasl(peer, 'OAUTHBEARER')
          seen.push(await bearer?.step(Buffer.from(`n,,\x01auth=Bearer ${password}\x01\x01`)))
          const scram = login.sasl(peer, 'SCRAM-SHA-256')
          const client = scramClient({ user: ANN, password })
          const step = await scram?.step(client.first())
          if (step?.kind === 'challenge') seen.push(await scram?.step(client.final(step.octets.toString())))
        }
      }
      await login.attempt(peerAt('192.0.2.1'), WRONG.padEnd(300, 'x').slice(0, 5), WRONG)
      await login.close()
      const files = readdirSync(path).map((name) => readFileSync(join(path, name)).toString('latin1'))
      const text = [
        ...haraka.written,
        ...log.lines,
        ...seen.map((it) => inspect(it, { depth: 8 })),
        inspect(counted, { depth: 5 }),
        ...files,
      ].join('\n')
      assert.match(text, /login failed: address=198/)
      for (const secret of SECRETS) {
        for (const spelling of spellings(secret)) assert.ok(!text.includes(spelling), 'a secret was written')
      }
      const entry = directory.people.get(ANN)
      assert.ok(entry?.password && !text.includes(entry.password.slice(20)), 'a hash was written')
    } finally {
      haraka.restore()
      rmSync(path, { recursive: true })
    }
  })
})

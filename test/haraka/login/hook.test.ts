import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import constants from 'haraka-constants'
import { createHookChain, directoryHook } from '../../../lib/haraka/login/hook'
import { directoryOf, door, peerAt, person, testLog } from '../../login/room'
import { type Attempt, harakaRunner } from './haraka'

const RIGHT = 'correct horse'
const ANN = 'ann@example.org'

/** Our line's plugin, and those that a test wants before and behind it. */
async function house(build: (haraka: ReturnType<typeof harakaRunner>, ours: () => void) => void) {
  const haraka = harakaRunner()
  build(haraka, () =>
    haraka.plugin('mailbox/login', {
      login: (next, attempt) => directoryHook(next, attempt),
    }),
  )
  const log = testLog()
  const people = directoryOf(await person(ANN, RIGHT), await person('bob@example.org', 'bobs'))
  return { haraka, ...door(people, {}, { chain: createHookChain(haraka.server, log), log }), log }
}

describe('the hook login, run by Haraka itself', () => {
  let restore = (): void => undefined
  afterEach(() => restore())
  async function answers(
    build: (haraka: ReturnType<typeof harakaRunner>, ours: () => void) => void,
    user = ANN,
    password = RIGHT,
  ) {
    const { haraka, login, log } = await house(build)
    restore = haraka.restore
    const answer = await login.attempt(peerAt('192.0.2.1'), user, password)
    const barred = []
    for (let n = 0; n < 5; n++) await login.attempt(peerAt('192.0.2.2'), user, `wrong ${n}`)
    for (const word of [password, 'wrong']) barred.push((await login.attempt(peerAt('192.0.2.2'), user, word)).kind)
    return { kind: answer.kind, barred, log, written: haraka.written }
  }

  it('asks our directories', async () => {
    assert.deepEqual((await answers((_, ours) => ours())).kind, 'granted')
    restore()
    assert.deepEqual((await answers((_, ours) => ours(), ANN, 'no')).kind, 'invalid')
  })

  it('fails closed when nobody cares', async () => {
    assert.equal((await answers(() => undefined)).kind, 'invalid')
  })

  it('a plugin refuses before us', async () => {
    const { kind } = await answers((haraka, ours) => {
      haraka.plugin('country', { login: (next) => next(constants.deny, 'not from there') })
      ours()
    })
    assert.equal(kind, 'invalid')
  })

  it('a plugin in one file lets its own user in as an account; an account of nobody stays out', async () => {
    const own = (account: string | undefined) => (haraka: ReturnType<typeof harakaRunner>, ours: () => void) => {
      ours()
      haraka.plugin('own', {
        login: async (next: (code?: number) => void, attempt: Attempt) => {
          if (attempt.user !== 'guest@example.org' || attempt.password() !== 'ticket 42') return next()
          attempt.account = account
          next(constants.ok)
        },
      })
    }
    assert.equal((await answers(own('bob@example.org'), 'guest@example.org', 'ticket 42')).kind, 'granted')
    restore()
    assert.equal((await answers(own('who@example.org'), 'guest@example.org', 'ticket 42')).kind, 'invalid')
    restore()
    assert.equal((await answers(own(undefined), 'guest@example.org', 'ticket 42')).kind, 'invalid')
    restore()
    assert.equal((await answers(own('bob@example.org'), 'guest@example.org', 'wrong')).kind, 'invalid')
  })

  const OPENERS: Record<string, (haraka: ReturnType<typeof harakaRunner>, ours: () => void) => void> = {
    'a plugin that throws': (haraka, ours) => {
      haraka.plugin('broken', {
        login: () => {
          throw new Error('oops')
        },
      })
      ours()
    },
    'a deny hook that says OK, as karma does': (haraka, ours) => {
      haraka.plugin('karma', { deny: (next) => next(constants.ok) })
      ours()
    },
    'a plugin that always says OK, without an account': (haraka) => {
      haraka.plugin('open', { login: (next) => next(constants.ok) })
    },
    'a plugin that says OK for an account': (haraka) => {
      haraka.plugin('open', {
        login: (next, attempt) => {
          attempt.account = ANN
          next(constants.ok)
        },
      })
    },
    'a plugin that answers twice': (haraka, ours) => {
      haraka.plugin('twice', {
        login: (next) => {
          next()
          next(constants.ok)
        },
      })
      ours()
    },
  }
  for (const [what, build] of Object.entries(OPENERS)) {
    it(`${what} does not open a barred account`, async () => {
      const { haraka, login, attempts, clock } = await house(build)
      restore = haraka.restore
      const who = { user: ANN, address: '192.0.2.2' }
      for (let n = 0; n < 4; n++) await attempts.record(who, { kind: 'failure', mark: `${n}` }, clock.now())
      for (const word of [RIGHT, 'wrong']) {
        assert.deepEqual(await login.attempt(peerAt('192.0.2.2'), ANN, word), { kind: 'invalid' })
      }
    })
  }

  it('karma itself, which turns every DENY round, opens nothing', async function () {
    let karma: { hook_deny(this: object, next: (code?: number) => void, attempt: object, params: unknown[]): void }
    try {
      karma = createRequire(__filename)('haraka-plugin-karma')
    } catch {
      return this.skip() // an optional dependency of Haraka
    }
    const plugin = Object.assign(Object.create(karma), {
      name: 'karma',
      deny_exclude_hooks: [],
      deny_exclude_plugins: [],
      should_we_skip: () => false,
    })
    const overruled: unknown[] = []
    const { haraka, login, attempts, clock } = await house((runner, ours) => {
      runner.plugin('karma', {
        deny: (next, attempt, params) =>
          karma.hook_deny.call(
            plugin,
            (code) => {
              overruled.push(code)
              next(code)
            },
            attempt,
            params,
          ),
      })
      ours()
    })
    restore = haraka.restore
    assert.deepEqual(await login.attempt(peerAt('192.0.2.1'), ANN, 'wrong'), { kind: 'invalid' })
    assert.deepEqual(overruled, [constants.ok])
    const who = { user: ANN, address: '192.0.2.2' }
    for (let n = 0; n < 4; n++) await attempts.record(who, { kind: 'failure', mark: `${n}` }, clock.now())
    assert.deepEqual(await login.attempt(peerAt('192.0.2.2'), ANN, RIGHT), { kind: 'invalid' })
    assert.equal((await login.attempt(peerAt('192.0.2.3'), ANN, RIGHT)).kind, 'granted')
  })

  it('the plugin of docs/login.md, in one file, as Haraka loads it', async () => {
    const docs = readFileSync(join(__dirname, '../../../docs/login.md'), 'utf8')
    const code = /```js\n([\s\S]*?)```/.exec(docs)?.[1] ?? ''
    const guests = { config: { get: () => 'ticket 42' } }
    runInNewContext(code, { exports: guests, OK: constants.ok, DENY: constants.deny })
    const hook: unknown = Reflect.get(guests, 'hook_login')
    assert.ok(typeof hook === 'function')
    const people = directoryOf(await person('reception@example.org', RIGHT))
    const haraka = harakaRunner()
    restore = haraka.restore
    haraka.plugin('guests', { login: (next, attempt) => Reflect.apply(hook, guests, [next, attempt]) })
    haraka.plugin('mailbox/login', { login: (next, attempt) => directoryHook(next, attempt) })
    const { login } = door(people, {}, { chain: createHookChain(haraka.server, testLog()) })
    const answer = await login.attempt(peerAt('192.0.2.1'), 'guest@example.org', 'ticket 42')
    assert.equal(answer.kind === 'granted' && answer.identity.name, 'reception@example.org')
    assert.equal((await login.attempt(peerAt('192.0.2.1'), 'guest@example.org', 'ticket 41')).kind, 'invalid')
    assert.equal((await login.attempt(peerAt('192.0.2.1'), 'reception@example.org', RIGHT)).kind, 'granted')
  })

  it('a plugin that rejects: temporary, and Haraka lives', async () => {
    const { haraka, login, log } = await house((runner, ours) => {
      runner.plugin('rejecting', {
        login: async () => {
          throw new Error('cannot reach my server')
        },
      })
      ours()
    })
    restore = haraka.restore
    assert.equal((await login.attempt(peerAt('192.0.2.1'), ANN, RIGHT)).kind, 'unavailable')
    assert.equal((await login.attempt(peerAt('192.0.2.1'), ANN, 'wrong')).kind, 'unavailable')
    assert.ok(log.lines.includes('login hook of rejecting: cannot reach my server'))
  })

  it('a plugin that never answers: temporary, barred or not', async () => {
    const { haraka, login, attempts, clock } = await house((runner, ours) => {
      runner.plugin('silent', { login: () => undefined }, 0.02)
      ours()
    })
    restore = haraka.restore
    assert.equal((await login.attempt(peerAt('192.0.2.1'), ANN, RIGHT)).kind, 'unavailable')
    const who = { user: ANN, address: '192.0.2.1' }
    for (let n = 0; n < 4; n++) await attempts.record(who, { kind: 'failure', mark: `${n}` }, clock.now())
    assert.equal((await login.attempt(peerAt('192.0.2.1'), ANN, RIGHT)).kind, 'unavailable')
  })

  it('many attempts at once do not disturb each other', async () => {
    const { haraka, login } = await house((_, ours) => ours())
    restore = haraka.restore
    const kinds = await Promise.all(
      Array.from({ length: 20 }, (_, n) => login.attempt(peerAt(`198.51.${n}.1`), ANN, n % 2 ? RIGHT : 'wrong')),
    )
    assert.deepEqual(
      kinds.map(({ kind }) => kind),
      kinds.map((_, n) => (n % 2 ? 'granted' : 'invalid')),
    )
  })

  it('Haraka logs no password, at its loudest', async () => {
    const { haraka, login, log } = await house((runner, ours) => {
      runner.plugin('karma', { deny: (next) => next() })
      ours()
      runner.plugin('behind', { login: (next, attempt) => next(constants.deny, { user: attempt.user }) })
    })
    restore = haraka.restore
    await login.attempt(peerAt('192.0.2.1'), ANN, RIGHT)
    await login.attempt(peerAt('192.0.2.1'), ANN, 'a wrong secret')
    await login.attempt(peerAt('192.0.2.1'), 'nobody@example.org', 'a wrong secret')
    const text = [...haraka.written, ...log.lines].join('\n')
    assert.match(text, /running login hooks/)
    for (const secret of [RIGHT, 'a wrong secret']) assert.ok(!text.includes(secret))
  })
})

import assert from 'node:assert/strict'
import constants from 'haraka-constants'
import { hooks } from '../../lib/haraka/hooks'
import { type HarakaPlugin, HOOK, type Next } from '../../lib/haraka/host'
import { createNotifier } from '../../lib/haraka/outbound/notice'
import type { Host } from '../../lib/haraka/plugin'

type Registered = readonly [hook: string, method: string, priority: number | undefined]

/** As Haraka's own: methods are called by name, settings are asked by name. */
function fakePlugin(settings: Record<string, unknown> = {}): { plugin: HarakaPlugin; registered: Registered[] } {
  const registered: Registered[] = []
  const silent = (): void => undefined
  const plugin: HarakaPlugin = {
    name: 'mailbox/test',
    config: {
      get: (name) => settings[name],
      module_config() {
        return this
      },
    },
    register_hook: (...entry) => registered.push([entry[0], entry[1], entry[2]]),
    haraka_require: () => undefined,
    ...{ loginfo: silent, lognotice: silent, logwarn: silent, logerror: silent, logdebug: silent },
  }
  return { plugin, registered }
}

describe('hooks of our plugins', () => {
  it('answer with the codes of the installed Haraka', () => {
    for (const [name, code] of Object.entries(HOOK)) assert.equal(Reflect.get(constants, name), code, name)
  })

  it('are methods that Haraka finds by name, each with its priority', () => {
    const { plugin, registered } = fakePlugin()
    const called: string[] = []
    const rcpt = (next: Next, who: string): void => {
      called.push(who)
      next()
    }
    hooks(plugin, { rcpt: [rcpt, -10], capabilities: (next) => next(906) })
    assert.deepEqual(registered, [
      ['rcpt', 'mailbox_rcpt', -10],
      ['capabilities', 'mailbox_capabilities', 0],
    ])
    const codes: (number | undefined)[] = []
    for (const [hook, method] of registered) {
      const run: unknown = Reflect.get(plugin, method)
      assert.ok(typeof run === 'function', hook)
      Reflect.apply(run, plugin, [(code?: number) => codes.push(code), hook])
    }
    assert.deepEqual([called, codes], [['rcpt'], [undefined, 906]])
  })
})

describe('mails about lockouts', () => {
  it('come from the postmaster of config/me, as the manual says, where the settings name nobody', () => {
    const { plugin } = fakePlugin({ me: 'mx.example.org' })
    const log = { debug() {}, info() {}, warn() {}, error() {} }
    const host: Pick<Host, 'plugin' | 'log'> = { plugin, log }
    assert.equal(createNotifier(host).from, 'postmaster@mx.example.org')
  })
})

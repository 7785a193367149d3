import assert from 'node:assert/strict'
import { type Evidence, verdictOf } from '../../../lib/login/admission/verdict'

const RIGHT: Evidence = {
  chain: { kind: 'accepted' },
  outcome: 'right',
  opens: true,
  byPlugin: false,
  second: undefined,
  busy: false,
}
const CLOSED: Partial<Evidence> = { opens: false, chain: { kind: 'refused' } }

// [what, evidence, kind, reason, learned]
const ROWS: readonly (readonly [string, Partial<Evidence>, string, string, string?])[] = [
  ['the right password', {}, 'granted', 'right', 'success'],
  ['a plugin names the account', { outcome: 'unknown', byPlugin: true }, 'granted', 'plugin', 'success'],
  [
    'a plugin names it, our directories are down',
    { outcome: 'unavailable', byPlugin: true },
    'granted',
    'plugin',
    'success',
  ],
  ['password and code', { second: 'right' }, 'granted', 'right', 'success'],
  ['the code is to come', { second: 'missing' }, 'incomplete', 'code-missing', 'incomplete'],
  ['a wrong code', { second: 'wrong' }, 'refused', 'wrong-code', 'failure'],
  ['barred, with a second factor', { second: 'unlooked' }, 'refused', 'plugin-named-nobody', 'failure'],
  ['a wrong password', { ...CLOSED, outcome: 'wrong' }, 'refused', 'wrong-password', 'failure'],
  ['nobody', { ...CLOSED, outcome: 'unknown' }, 'refused', 'unknown-user', 'failure'],
  ['disabled', { ...CLOSED, outcome: 'disabled' }, 'refused', 'disabled', 'failure'],
  ['protocol taken away', { ...CLOSED, outcome: 'protocol' }, 'refused', 'protocol-not-allowed', 'failure'],
  ['a plugin refuses the right password', { ...CLOSED }, 'refused', 'refused-by-plugin', 'failure'],
  ['a plugin accepts, and names nobody of ours', { opens: false }, 'refused', 'plugin-named-nobody', 'failure'],
  ['the directory is down', { ...CLOSED, outcome: 'unavailable' }, 'unavailable', 'directory'],
  ['too many wait', { ...CLOSED, outcome: 'unavailable', busy: true }, 'unavailable', 'busy'],
  ['a plugin cannot say', { opens: false, chain: { kind: 'unavailable' } }, 'unavailable', 'plugin'],
  ['a wrong code, but somebody cannot say', { second: 'wrong', outcome: 'unavailable' }, 'unavailable', 'directory'],
]

describe('the verdict about an attempt', () => {
  for (const [what, evidence, kind, reason, learned] of ROWS)
    it(`${what}: ${kind}`, () => {
      assert.deepEqual(verdictOf({ ...RIGHT, ...evidence }), { kind, reason, ...(learned && { learned }) })
    })
})

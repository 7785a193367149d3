import assert from 'node:assert/strict'
import { explanationLines } from '../../lib/cli/watch/locks-explain'
import { explainLock } from '../../lib/locks/explain'
import type { Holder } from '../../lib/locks/locks'
import { lockSettings } from '../../lib/locks/settings'
import { ownLock } from '../../lib/mailbox/verbs/lock-request'
import { fence } from '../../lib/terms/numbers'

const NOW = 1_800_000_000_000
const ANN = 'ann@example.org'

const holder = (protocol: Holder['protocol'], more: Partial<Holder> = {}): Holder => ({
  ...{
    id: 'a1b2c3d4e5',
    account: 'A1',
    access: protocol === 'pop3' ? 'exclusive' : 'shared',
    mode: 'strict',
    protocol,
  },
  ...{ address: '192.0.2.7', client: undefined, since: NOW - 3 * 3600_000, activeAt: NOW - 60_000 },
  ...{ fence: fence(1), process: '17.boot', ...more },
})

function said(holders: readonly Holder[], overrides: Record<string, string> = {}, waiters = 0): string {
  const own = ownLock({ overrides })
  const explained = explainLock({ account: ANN, settings: lockSettings({}), own, holders, waiters })
  return explanationLines(explained, NOW, (milliseconds) => `${milliseconds / 60_000} min`).join('\n')
}

describe('why somebody is not let in', () => {
  it('an IMAP session keeps POP3 out, and what to do is said', () => {
    const text = said([holder('imap', { client: 'Thunderbird' })], {}, 1)
    assert.equal(
      text,
      `ann@example.org: mode = strict (mailbox_locks.ini), takeover = never (mailbox_locks.ini)
in now:
  IMAP from 192.0.2.7 (Thunderbird), for 180 min, idle for 1 min, lease a1b2c3d4
1 waits
who wants in:
  POP3 is refused after 8 s, because IMAP from 192.0.2.7 (Thunderbird) is in
  IMAP goes in
  webmail goes in
  an administrator goes in
what you can do:
  end a session now: haraka-mailbox locks kick ann@example.org --lease a1b2c3d4
  let POP3 in beside IMAP and webmail, for this account: haraka-mailbox accounts set ann@example.org --override lock.mode=pop3
  for all accounts: mode and takeover in config/mailbox_locks.ini`,
    )
  })

  it('a POP3 session keeps everybody out', () => {
    const text = said([holder('pop3')], { 'lock.wait': '1s' })
    assert.match(text, /IMAP is refused after 1 s, because POP3 from 192\.0\.2\.7 is in/)
    assert.match(text, /--override lock\.takeover=idle:300/)
    assert.doesNotMatch(text, /goes in/)
  })

  it("says which settings are the account's own", () => {
    const text = said([holder('imap')], { 'lock.mode': 'pop3', 'lock.takeover': 'idle:60' })
    assert.match(text, /mode = pop3 \(the account's own\), takeover = idle:60 \(the account's own\)/)
    assert.doesNotMatch(text, /refused/)
    assert.throws(() => ownLock({ overrides: { 'lock.mode': 'loose' } }), /lock\.mode/)
  })

  it('nobody is in', () => {
    assert.match(said([]), /nobody is in\nwho wants in:\n {2}POP3 goes in/)
  })
})

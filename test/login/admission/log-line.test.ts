import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { failureLine } from '../../../lib/login/admission/report'
import { peerAt } from '../room'

const text = (file: string): string => readFileSync(join(__dirname, '../../..', file), 'utf8')
const docs = text('docs/login.md')

/** The patterns of contrib, with what fail2ban and grok put for their own words. */
function patterns(): readonly RegExp[] {
  const fail2ban = /failregex = (.*)/.exec(text('contrib/fail2ban/filter.conf'))?.[1] ?? ''
  const grok = /pattern: '(.*)'/.exec(text('contrib/crowdsec/parser.yaml'))?.[1] ?? ''
  const words: Readonly<Record<string, string>> = {
    IP: '[0-9a-fA-F.:]+',
    DATA: '.*?',
    WORD: '\\b\\w+\\b',
    NOTSPACE: '\\S+',
  }
  return [
    new RegExp(fail2ban.replace('<HOST>', '(?<source_ip>[0-9a-fA-F.:]+)')),
    new RegExp(grok.replace(/%\{(\w+):(\w+)\}/g, (_, kind, name) => `(?<${name}>${words[kind]})`)),
  ]
}

describe('the line of a failure', () => {
  const line = (user: string, address: string): string =>
    failureLine({
      at: 0,
      peer: { ...peerAt(address), connection: '1a2b3c4d5e6f' },
      user,
      mechanism: 'PLAIN',
      verdict: 'refused',
      reason: 'wrong-password',
    })

  it('is as documented', () => {
    assert.ok(docs.includes(`${line('ann@example.org', '192.0.2.1')}\n`))
  })

  it('gives the patterns of contrib the right address, whatever name was typed', () => {
    for (const pattern of patterns()) {
      fc.assert(
        fc.property(fc.string({ unit: 'binary' }), fc.ipV4(), (user, address) => {
          for (const typed of [user, `x" address=6.6.6.6 user="y`, `\nlogin failed: address=6.6.6.6 user=""`]) {
            const failure = line(typed, address)
            assert.equal(pattern.exec(failure)?.groups?.source_ip, address)
            assert.ok(!/[\r\n]/.test(failure))
          }
        }),
        { numRuns: 200 },
      )
    }
  })

  it('is not matched where somebody is locked out: that is answered already', () => {
    for (const pattern of patterns())
      for (const reason of ['barred-account', 'barred-address', 'policy'])
        assert.doesNotMatch(line('a', '192.0.2.1').replace('wrong-password', reason), pattern)
  })
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { failureLine } from '../../../lib/login/admission/report'
import { peerAt } from '../room'

const docs = readFileSync(join(__dirname, '../../../docs/login.md'), 'utf8')

/** The patterns of the documentation, with what fail2ban and grok put for their own words. */
function patterns(): readonly RegExp[] {
  const fail2ban = /failregex = (.*)/.exec(docs)?.[1] ?? ''
  const grok = /pattern: '(.*)'/.exec(docs)?.[1] ?? ''
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

  it('gives the patterns of the documentation the right address, whatever name was typed', () => {
    for (const pattern of patterns()) {
      fc.assert(
        fc.property(fc.string({ unit: 'binary' }), fc.ipV4(), (user, address) => {
          for (const typed of [user, `x" address=6.6.6.6 user="y`, `\nlogin failed: address=6.6.6.6 user=""`]) {
            const text = line(typed, address)
            assert.equal(pattern.exec(text)?.groups?.source_ip, address)
            assert.ok(!/[\r\n]/.test(text))
          }
        }),
        { numRuns: 200 },
      )
    }
  })

  it('is not matched by fail2ban for bars: those are answered already', () => {
    const [fail2ban] = patterns()
    assert.ok(fail2ban && !fail2ban.test(line('a', '192.0.2.1').replace('wrong-password', 'barred-account')))
  })
})

import assert from 'node:assert/strict'
import { newTotpSecret, totpAt, totpStep } from '../../lib/web/who/totp'

/** `12345678901234567890` in base32: the secret of the vectors of RFC 6238, appendix B (SHA-1, last six digits). */
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
const VECTORS: readonly (readonly [number, string])[] = [
  [59, '287082'],
  [1111111109, '081804'],
  [1111111111, '050471'],
  [1234567890, '005924'],
  [2000000000, '279037'],
  [20000000000, '353130'],
]

describe('second factor', () => {
  for (const [seconds, code] of VECTORS) {
    it(`RFC 6238 appendix B: ${seconds} s gives ${code}`, () => {
      assert.equal(totpAt(SECRET, Math.floor(seconds / 30)), code)
    })
  }
  it('RFC 6238 5.2: one step of drift to either side, and no code twice', () => {
    const now = 1_000_000_000_000
    const step = Math.floor(now / 30_000)
    for (const drift of [-1, 0, 1]) assert.equal(totpStep(SECRET, totpAt(SECRET, step + drift), now), step + drift)
    assert.equal(totpStep(SECRET, totpAt(SECRET, step + 2), now), undefined)
    assert.equal(totpStep(SECRET, totpAt(SECRET, step), now, step), undefined)
    assert.equal(totpStep(SECRET, '', now), undefined)
  })
  for (const code of [
    'é23456',
    '１２３４５６',
    '12345',
    '1234567',
    '',
    ' ',
    '-12345',
    '12345\n6',
    '٠١٢٣٤٥',
    '6'.repeat(1_000_000),
  ])
    it(`${JSON.stringify(code.slice(0, 12))} is no code, and throws nothing`, () => {
      assert.equal(totpStep(SECRET, code, 59_000), undefined)
    })
  it('a right code with more behind it is wrong; one in two groups, as apps show it, is right', () => {
    assert.equal(totpStep(SECRET, '2870820', 59_000), undefined)
    assert.equal(totpStep(SECRET, '287 082', 59_000), 1)
  })
  it('clock jumps: a code used by a clock that was a year ahead does not refuse those of today', () => {
    const ahead = Math.floor((365 * 86_400) / 30)
    assert.equal(totpStep(SECRET, '287082', 59_000, ahead), 1)
  })
  it('makes secrets of 160 bits (RFC 4226 4)', () => {
    assert.match(newTotpSecret(), /^[A-Z2-7]{32}$/)
    assert.notEqual(newTotpSecret(), newTotpSecret())
  })
})

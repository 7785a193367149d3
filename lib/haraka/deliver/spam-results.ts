import { spamPercent } from '../../delivery/spam'
import type { Scan } from '../../sieve/world'
import type { Results } from '../host'

/** rspamd's actions for what it takes for spam; `greylist` and `no action` are not. */
const ACTIONS = ['add header', 'rewrite subject', 'reject', 'quarantine']

/** Whether haraka-plugin-rspamd (`action`) or haraka-plugin-spamassassin (`flag`) found spam. */
export function isSpam(results: Results | undefined): boolean {
  const { action } = results?.get('rspamd') ?? {}
  const { flag } = results?.get('spamassassin') ?? {}
  return (
    (typeof action === 'string' && ACTIONS.includes(action)) ||
    (typeof flag === 'string' && /^(?:yes|true)$/i.test(flag))
  )
}

const number = (value: unknown): number =>
  typeof value === 'number' || typeof value === 'string' ? Number(value) : NaN
const VIRUS_SCANNERS = ['clamd', 'avg', 'esets', 'virus']

/** What scanners found, for the tests `spamtest` and `virustest` (RFC 5235). */
export function scanOf(results: Results | undefined): Scan {
  const rspamd = results?.get('rspamd') ?? {}
  const assassin = results?.get('spamassassin') ?? {}
  const spam =
    spamPercent(number(rspamd.score), number(rspamd.required_score)) ??
    spamPercent(number(assassin.score ?? assassin.hits), number(assassin.reqd ?? assassin.required)) ??
    (isSpam(results) ? 100 : undefined)
  const has = (key: 'fail' | 'pass'): boolean =>
    VIRUS_SCANNERS.some((name) => [results?.get(name)?.[key] ?? []].flat().length > 0)
  return { spam, virus: has('fail') ? 5 : has('pass') ? 1 : undefined }
}

import type { Results } from './host'

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

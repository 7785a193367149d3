// @ts-check

/** What logs and lockouts say in a word, as an administrator says it. */

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** @param {number} span milliseconds */
export function spanWords(span) {
  if (span >= 2 * DAY && span % DAY === 0) return `${span / DAY} days`
  if (span >= HOUR && span % HOUR === 0) return `${span / HOUR} h`
  return `${Math.round(span / MINUTE)} min`
}

/** @type {Readonly<Record<string, string>>} */
const SCOPES = {
  account: 'this account from this network',
  address: 'every account from this address',
  spread: 'this account from networks that are not known',
  recipients: 'delivery from this address',
}
/** @param {string} scope */
export const scopeWords = (scope) => SCOPES[scope] ?? scope

/** @param {string} scope */
const failureWord = (scope) => (scope === 'recipients' ? 'unknown recipient' : 'wrong password')

/** @param {{ scope: string, failures: number, window: number }} lockout */
export const evidenceWords = ({ scope, failures, window }) =>
  `${failures} ${failureWord(scope)}${failures === 1 ? '' : 's'} in ${spanWords(window)}`

/** @type {Readonly<Record<string, string>>} */
const REASONS = {
  right: 'right password',
  plugin: 'a plugin said so',
  'wrong-password': 'wrong password',
  'unknown-user': 'no such account',
  'wrong-code': 'wrong code of the second factor',
  'code-missing': 'the code of the second factor was missing',
  'wrong-token': 'wrong token',
  disabled: 'the account is disabled',
  'protocol-not-allowed': 'the account may not use this protocol',
  'barred-account': 'locked out: this account from this network',
  'barred-address': 'locked out: this address',
  'barred-spread': 'locked out: known networks only',
  busy: 'the server was busy',
  directory: 'the directory did not answer',
  'unknown-recipients': 'many unknown recipients',
  'refused-by-plugin': 'a plugin refused it',
  'plugin-named-nobody': 'a plugin accepted it for nobody',
}
/** @param {string} reason */
export const reasonWords = (reason) => REASONS[reason] ?? reason

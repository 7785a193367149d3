import type { Entry, LockExplanation } from '../../locks/explain'
import type { Holder } from '../../locks/locks'

const NAMES = { pop3: 'POP3', imap: 'IMAP', webmail: 'webmail', admin: 'an administrator', api: 'the API' } as const

const seconds = (milliseconds: number): string => `${Math.round(milliseconds / 1000)} s`

const who = ({ protocol, address, client }: Holder): string =>
  `${NAMES[protocol]} from ${address}${client === undefined ? '' : ` (${client})`}`

const entryLine = ({ protocol, obstacle, wait }: Entry): string =>
  obstacle === undefined
    ? `  ${NAMES[protocol]} goes in`
    : `  ${NAMES[protocol]} is refused after ${seconds(wait)}, because ${who(obstacle)} is in`

/** What an operator can do about who is kept out. */
function adviceFor({ account, mode, takeover, holders, entries }: LockExplanation): readonly string[] {
  const refused = entries.filter(({ obstacle }) => obstacle !== undefined)
  if (refused.length === 0) return []
  const set = `haraka-mailbox accounts set ${account} --override`
  const kept = refused.some(({ protocol }) => protocol === 'pop3') && holders.every(({ access }) => access === 'shared')
  return [
    'what you can do:',
    `  end a session now: haraka-mailbox locks kick ${account} --lease ${holders[0]?.id.slice(0, 8)}`,
    ...(kept && mode === 'strict'
      ? [`  let POP3 in beside IMAP and webmail, for this account: ${set} lock.mode=pop3`]
      : []),
    ...(takeover === 'never' && !kept
      ? [`  let others end a POP3 session that is idle for 5 min, for this account: ${set} lock.takeover=idle:300`]
      : []),
    '  for all accounts: mode and takeover in config/mailbox_locks.ini',
  ]
}

/** @param age how long something is, in words */
export function explanationLines(said: LockExplanation, now: number, age: (milliseconds: number) => string): string[] {
  const { account, mode, takeover, overridden, holders, waiters, entries } = said
  const from = (key: string): string => (overridden.includes(key) ? "the account's own" : 'mailbox_locks.ini')
  const idle = takeover === 'never' ? 'never' : `idle:${takeover / 1000}`
  const inNow = holders.map(
    (holder) =>
      `  ${who(holder)}, for ${age(now - holder.since)}, idle for ${age(now - holder.activeAt)}, lease ${holder.id.slice(0, 8)}`,
  )
  return [
    `${account}: mode = ${mode} (${from('mode')}), takeover = ${idle} (${from('takeover')})`,
    holders.length === 0 ? 'nobody is in' : 'in now:',
    ...inNow,
    ...(waiters > 0 ? [`${waiters} wait${waiters === 1 ? 's' : ''}`] : []),
    'who wants in:',
    ...entries.map(entryLine),
    ...adviceFor(said),
  ]
}

import type { LockHolder } from '../terms/fault'

/** How much a refused client learns about who is inside: setting `tell_holder`. */
export type TellHolder = 'protocol' | 'address' | 'no'

const NAMES: Readonly<Record<string, string>> = {
  pop3: 'POP3',
  imap: 'IMAP',
  webmail: 'webmail',
  admin: 'an administrator',
}

/** ` by POP3 since 10:02`, ` by POP3 from 192.0.2.7 since 10:02`, or nothing; the time is the server's own zone. */
export function holderText(by: LockHolder | undefined, tell: TellHolder): string {
  if (!by || tell === 'no') return ''
  const time = new Date(by.since).toTimeString().slice(0, 5)
  const from = tell === 'address' ? ` from ${by.address}` : ''
  return ` by ${NAMES[by.protocol] ?? 'a program'}${from} since ${time}`
}

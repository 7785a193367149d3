const MAX = 255

/** One spelling of a name, in every protocol and directory. Empty: no user has it. */
export function accountName(user: string, defaultDomain: string): string {
  const name = user.trim().normalize('NFC').toLowerCase()
  if (name === '' || Buffer.byteLength(name) > MAX || /[\x00-\x20\x7f]/.test(name)) return ''
  return defaultDomain === '' || name.includes('@') ? name : `${name}@${defaultDomain}`
}

/** For logs: printable, bounded, in quotes; what an attacker typed cannot make a second line or field. */
export const quoted = (text: string): string => `"${text.slice(0, MAX).replace(/[^\x21\x23-\x5b\x5d-\x7e]/g, '?')}"`

/** The same of names that may have blanks and other scripts: mailboxes, programs. */
export const quotedText = (text: string): string =>
  `"${text.slice(0, MAX).replace(/[\x00-\x1f"\\\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g, '?')}"`

/** `user+mailbox@domain` where the protocol takes it, else the name as it is. The mailbox keeps its spelling. */
export function splitMailbox(
  peer: { readonly mailboxInName?: boolean },
  user: string,
): { user: string; mailbox?: string } {
  const parts = peer.mailboxInName ? /^([^+]+)\+([^@]+)((?:@.*)?)$/s.exec(user) : null
  return parts ? { user: `${parts[1]}${parts[3]}`, mailbox: parts[2] ?? '' } : { user }
}

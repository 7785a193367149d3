/** Commands of SMTP (RFC 5321 4.1.1, 3207, 3030), and of Haraka and proxies. What begins with none of them may be a password in a wrong place. */
const COMMANDS = [
  ...[
    'HELO',
    'EHLO',
    'LHLO',
    'MAIL',
    'RCPT',
    'DATA',
    'BDAT',
    'RSET',
    'NOOP',
    'QUIT',
    'VRFY',
    'EXPN',
    'HELP',
    'STARTTLS',
  ],
  ...['SEND', 'SOML', 'SAML', 'TURN', 'ETRN', 'XCLIENT', 'XFORWARD', 'PROXY', 'INTERNALCMD'],
]
const COMMAND = new RegExp(`^(?:${COMMANDS.join('|')})(?: |\\r?\\n?$)`, 'i')
/** X and capitals: a private command (RFC 5321 4.1.5). */
const PRIVATE = /^X[A-Z]{1,5}(?: |$)/
/** `AUTH` with a mechanism that is one: what stands there in its place may be the secret. */
const AUTH =
  /^(AUTH +(?:PLAIN|LOGIN|EXTERNAL|ANONYMOUS|OAUTHBEARER|XOAUTH2|CRAM-MD5|DIGEST-MD5|NTLM|GSSAPI|SCRAM-SHA-[0-9-]+(?:-PLUS)?))(?=[\s]|$)(.*)$/is
/** Where Haraka logs a line of the client: PROTOCOL, and PROTOCOL after the end. */
const PREFIX = /^(C: (?:\(after-disconnect\): )?|pipeline: )(.*)$/s

const HIDDEN = '(hidden)'

/**
 * What Haraka is about to log of a connection, without the octets of an AUTH exchange.
 * @param running an exchange is under way, so that whole lines of the client are secret
 */
export function masked(parts: readonly unknown[], running: boolean): unknown[] {
  return parts.map((part) => {
    if (typeof part === 'string') {
      const [, prefix, line = ''] = PREFIX.exec(part) ?? []
      return prefix === undefined ? part : `${prefix}${maskedLine(line, running)}`
    }
    return typeof part === 'object' && part !== null ? maskedObject(part, running) : part
  })
}

function maskedLine(line: string, running: boolean): string {
  if (running) return '(AUTH)'
  if (COMMAND.test(line) || PRIVATE.test(line)) return line
  const [, auth, rest = ''] = AUTH.exec(line) ?? []
  if (auth !== undefined) return rest.trim() === '' ? auth : `${auth} ${HIDDEN}`
  return /^\s*AUTH\b/i.test(line) ? `AUTH ${HIDDEN}` : HIDDEN
}

/** Who talks before it is its turn (`line`), and the first parameter of a hook. */
function maskedObject(part: object, running: boolean): object {
  const line: unknown = Reflect.get(part, 'line')
  if (typeof line === 'string' || Buffer.isBuffer(line))
    return { ...part, line: maskedLine(line.toString('latin1'), running) }
  const params: unknown = Reflect.get(part, 'params')
  if (Reflect.get(part, 'hook') !== 'unrecognized_command' || typeof params !== 'string' || params === 'AUTH')
    return part
  return { ...part, params: maskedLine(params, running) }
}

import { failed, ok, type Result } from '../terms/fault'
import { canonicalMailboxName } from '../terms/names'

export interface NameLimits {
  /** octets of one level and of the whole name, in UTF-8 */
  readonly level: number
  readonly total: number
  readonly depth: number
}

const NAME_LIMITS: NameLimits = { level: 200, total: 1000, depth: 20 }

/** RFC 9051 5.1: no control characters (C0, DEL, C1) and no line or paragraph separator. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/
/** Half of a surrogate pair is no Unicode text. */
const LONE_SURROGATE = /\p{Surrogate}/u

/** The one spelling of a name: NFC (RFC 5198 3, which RFC 9051 5.1 asks for), INBOX in capitals. */
export const spellMailbox = (nameUtf8: string): string => canonicalMailboxName(nameUtf8.normalize('NFC'))

/** @returns the name as it is kept; `a/` is `a` (RFC 9051 6.3.4). Faults: bad-mailbox-name. */
export function checkNewName(nameUtf8: string, limits: NameLimits = NAME_LIMITS): Result<string> {
  const name = spellMailbox(nameUtf8.endsWith('/') ? nameUtf8.slice(0, -1) : nameUtf8)
  const why = mistakeIn(name, limits)
  return why === undefined ? ok(name) : failed({ kind: 'bad-mailbox-name', why })
}

function mistakeIn(name: string, limits: NameLimits): string | undefined {
  const levels = name.split('/')
  if (name === '') return 'a name must not be empty'
  if (levels.includes('')) return 'no level of a name may be empty'
  // Clients make folders of names, and mbsync then takes the whole account for an attack.
  if (levels.includes('.') || levels.includes('..')) return 'no level of a name may be . or ..'
  if (CONTROL.test(name)) return 'a name must not contain control characters'
  if (LONE_SURROGATE.test(name)) return 'a name must be Unicode text'
  // RFC 9051 5.1.1: `#` at the start means a namespace.
  if (name.startsWith('#')) return 'a name must not begin with #'
  if (levels.length > limits.depth) return `a name has at most ${limits.depth} levels`
  if (levels.some((level) => Buffer.byteLength(level) > limits.level))
    return `a level has at most ${limits.level} octets`
  if (Buffer.byteLength(name) > limits.total) return `a name has at most ${limits.total} octets`
  return undefined
}

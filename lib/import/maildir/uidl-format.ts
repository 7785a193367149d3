/** What a server makes a POP3 unique id of. */
interface UidlFacts {
  readonly uid: number
  readonly validity: number
  /** Maildir: the file's name before `:2,` */
  readonly file?: string
  readonly guid?: string
}

export type UidlFormat = (facts: UidlFacts) => string | undefined

/** Formats that have names. Cyrus is what Dovecot's manual calls so. */
export const UIDL_FORMATS = { dovecot: '%08Xu%08Xv', courier: 'UID%u-%v', cyrus: '%v.%u' } as const

const VARIABLE = /(%0?\d*[Xx]?[uvfg]|%%)/

/**
 * Dovecot's `pop3_uidl_format`: %u UID, %v UIDVALIDITY, %f file name, %g GUID; with a width, filled with 0 or blanks, and X for hexadecimal.
 * @returns undefined for a format with other variables (%m, the MD5 of mbox)
 */
export function uidlFormat(format: string): UidlFormat | undefined {
  const pieces = format.split(VARIABLE)
  if (pieces.some((piece, index) => index % 2 === 0 && piece.includes('%'))) return undefined
  return (facts) => {
    const words = pieces.map((piece, index) => (index % 2 === 0 ? piece : expand(piece, facts)))
    return words.includes(undefined) ? undefined : words.join('')
  }
}

function expand(variable: string, { uid, validity, file, guid }: UidlFacts): string | undefined {
  const [, zero = '', width = '', hex = '', key = '%'] = /^%(0?)(\d*)([Xx]?)([uvfg])$/.exec(variable) ?? []
  switch (key) {
    case 'u':
    case 'v':
      return (key === 'u' ? uid : validity).toString(hex ? 16 : 10).padStart(Number(width), zero || ' ')
    case 'f':
      return file
    case 'g':
      return guid ?? file
    default:
      return key
  }
}

/** Header fields of a message or part. Text here is latin1: one character is one octet, nothing is decoded yet. */
export interface Field {
  /** lower case */
  readonly name: string
  /** unfolded: line ends taken out, blanks kept (RFC 5322 2.2.3), trimmed */
  readonly value: string
}

/** Fields beyond these octets are not looked at (the octets themselves stay). */
const HEADER_LIMIT = 1024 * 1024
const FIELD_LIMIT = 5_000
const NAME_LIMIT = 1_000
const TAB = 9
const LF = 10
const CR = 13
const SPACE = 32
/** A byte order mark before the first field, which some programs that write files put there: not part of its name. */
const MARK = '\xef\xbb\xbf'

export function parseFields(bytes: Buffer, start: number, bodyStart: number): Field[] {
  const text = bytes.toString('latin1', start, Math.min(bodyStart, start + HEADER_LIMIT))
  const fields: Field[] = []
  let name = ''
  let value: string[] = []
  const finish = (): void => {
    if (name !== '') fields.push({ name, value: value.join('').trim() })
    name = ''
  }
  for (const raw of (text.startsWith(MARK) ? text.slice(MARK.length) : text).split('\n')) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw
    if (line.startsWith(' ') || line.startsWith('\t')) {
      value.push(line)
      continue
    }
    finish()
    if (fields.length >= FIELD_LIMIT) break
    const colon = line.indexOf(':')
    if (colon <= 0) continue
    const candidate = line.slice(0, colon).trimEnd()
    // RFC 5322 2.2: names are printable ASCII; anything else is not a field.
    if (!/^[\x21-\x39\x3b-\x7e]+$/.test(candidate)) continue
    name = candidate.toLowerCase()
    value = [line.slice(colon + 1)]
  }
  finish()
  return fields
}

/**
 * How a field's text is compared: RFC 5322 2.2.3 takes line ends out of a fold and leaves its blanks, which are spaces for one
 * sender, a tab for another and several for a third. A run of them counts as one blank, in SEARCH, SORT, rules and the web search.
 */
export const unfoldedText = (text: string): string => (FOLDS.test(text) ? text.replace(/[ \t\r\n]+/g, ' ') : text)
const FOLDS = /[\t\r\n]| {2}/

/** Where the fields of a whole message with CRLF line ends are over: before its empty line. */
export function headerEnd(octets: Buffer): number {
  const end = octets.indexOf('\r\n\r\n')
  return end < 0 ? octets.length : end + 2
}
/** The header fields of a whole message with CRLF line ends. */
export const messageFields = (octets: Buffer): Field[] => parseFields(octets, 0, headerEnd(octets))

export const fieldOf = (fields: readonly Field[], name: string): string | undefined =>
  fields.find((field) => field.name === name)?.value

/** Chooses the fields named, or all others. */
export interface FieldChoice {
  /** lower case */
  readonly names: ReadonlySet<string>
  readonly which: 'only' | 'not'
}

export const fieldChoice = (names: readonly string[], which: 'only' | 'not'): FieldChoice => ({
  names: new Set(names.map((name) => name.toLowerCase())),
  which,
})

/**
 * The octets of the chosen fields as they stand, with the empty line at the end. A header without an empty line stays so
 * (RFC 9051 6.4.5.1, HEADER.FIELDS and HEADER.FIELDS.NOT).
 */
export function headerFields(header: Buffer, { names, which }: FieldChoice): Buffer {
  // One string that is searched and cut costs a fraction of as many views of a buffer.
  const text = header.toString('latin1')
  /** runs of lines, however many fields they are */
  const kept: string[] = []
  let run = 0
  let keep = false
  for (let at = text.startsWith(MARK) ? MARK.length : 0, next = 0; at < text.length; at = next) {
    next = text.indexOf('\n', at) + 1 || text.length
    const first = text.charCodeAt(at)
    if (first === LF || (first === CR && text.charCodeAt(at + 1) === LF)) {
      kept.push(text.slice(keep ? run : at, next))
      keep = false
      break
    }
    if (first !== SPACE && first !== TAB) {
      const line = text.slice(at, Math.min(next, at + NAME_LIMIT))
      const name = line.slice(0, Math.max(0, line.indexOf(':')))
      const wanted = names.has(name.trimEnd().toLowerCase()) === (which === 'only')
      if (wanted && !keep) run = at
      if (keep && !wanted) kept.push(text.slice(run, at))
      keep = wanted
    }
  }
  if (keep) kept.push(text.slice(run))
  return Buffer.from(kept.join(''), 'latin1')
}

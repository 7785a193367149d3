/** RFC 5229: names are compared without case; `${0}` to `${9}` are what the last `:matches` found. */
export interface Variables {
  set(name: string, value: string): void
  get(name: string): string
  matched(values: readonly string[]): void
  /** Puts values in for `${name}`; what is no reference stays as it is. */
  expand(text: string): string
}

const MOST = 128
const LONGEST = 8_000
const NAME = /^[a-z_][a-z0-9_]*$/i
const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*|\d{1,3})\}/g

/** RFC 5228 2.4.2.4: `${hex: 24 24}` and `${unicode: 24}`. */
export function encodedCharacters(text: string): string {
  return text
    .replace(/\$\{hex:((?:\s*[0-9a-f]{1,2}(?=[\s}]))+)\s*\}/gi, (_whole, list: string) =>
      Buffer.from(
        list
          .trim()
          .split(/\s+/)
          .map((one) => Number.parseInt(one, 16)),
      ).toString('utf8'),
    )
    .replace(/\$\{unicode:((?:\s*[0-9a-f]{1,6}(?=[\s}]))+)\s*\}/gi, (whole, list: string) => {
      const codes = list
        .trim()
        .split(/\s+/)
        .map((one) => Number.parseInt(one, 16))
      const valid = codes.every((code) => code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff))
      return valid ? String.fromCodePoint(...codes) : whole
    })
}

export function createVariables(extensions: ReadonlySet<string>): Variables {
  const values = new Map<string, string>()
  let found: readonly string[] = []
  const get = (name: string): string =>
    /^\d/.test(name) ? (found[Number(name)] ?? '') : (values.get(name.toLowerCase()) ?? '')
  return {
    get,
    set(name, value) {
      if (!NAME.test(name)) throw new Error(`${name} is no name of a variable`)
      if (values.size >= MOST && !values.has(name.toLowerCase())) throw new Error('too many variables')
      values.set(name.toLowerCase(), value.slice(0, LONGEST))
    },
    matched(list) {
      found = list
    },
    expand(text) {
      const plain = extensions.has('encoded-character') ? encodedCharacters(text) : text
      if (!extensions.has('variables')) return plain
      return plain.replace(REFERENCE, (_whole, name: string) => get(name)).slice(0, LONGEST * 8)
    },
  }
}

/** RFC 5229 4.1.3: only the letters of US-ASCII change. */
const lower = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
const upper = (text: string): string => text.replace(/[a-z]+/g, (letters) => letters.toUpperCase())

/** RFC 5229 4.1: modifiers in the order of their precedence, highest first. */
export function modified(value: string, has: (modifier: string) => boolean): string {
  let text = value
  if (has('lower')) text = lower(text)
  if (has('upper')) text = upper(text)
  if (has('lowerfirst')) text = lower(text.slice(0, 1)) + text.slice(1)
  if (has('upperfirst')) text = upper(text.slice(0, 1)) + text.slice(1)
  if (has('quotewildcard')) text = text.replace(/[*?\\]/g, '\\$&')
  return has('length') ? String([...text].length) : text
}

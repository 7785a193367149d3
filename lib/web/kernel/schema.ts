/**
 * One description of a value for three uses: the check of what a client sent, its TypeScript type, and the OpenAPI document.
 * Numbers and booleans may come as text, as they do in a query.
 */
export interface Schema<T> {
  readonly json: Readonly<Record<string, unknown>>
  readonly optional: boolean
  /** Throws `Invalid`. */
  read(value: unknown, at: string): T
}
export type Of<S> = S extends Schema<infer T> ? T : never

export class Invalid extends Error {
  override readonly name = 'Invalid'
}
const wrong = (at: string, expected: string): never => {
  throw new Invalid(`${at === '' ? 'the body' : at}: expected ${expected}`)
}

/** @param max characters */
export const text = (max = 10_000): Schema<string> => ({
  json: { type: 'string', maxLength: max },
  optional: false,
  read: (value, at) =>
    typeof value === 'string' && value.length <= max ? value : wrong(at, `text of at most ${max} characters`),
})

/** A name that people give: something, and on one line. @param max characters */
export const oneLine = (max: number): Schema<string> => ({
  json: { type: 'string', minLength: 1, maxLength: max, pattern: '^[^\\x00-\\x1f\\x7f\\u2028\\u2029]+$' },
  optional: false,
  read: (value, at) => {
    const fits = typeof value === 'string' && value.length <= max && !/[\x00-\x1f\x7f\u2028\u2029]/.test(value)
    return fits && value.trim() !== '' ? value.trim() : wrong(at, `one line of 1 to ${max} characters`)
  },
})

export const choice = <const T extends string>(...words: readonly T[]): Schema<T> => ({
  json: { type: 'string', enum: words },
  optional: false,
  read: (value, at) => words.find((word) => word === value) ?? wrong(at, `one of ${words.join(', ')}`),
})

export const whole = (min = 0, max = Number.MAX_SAFE_INTEGER): Schema<number> => ({
  json: { type: 'integer', minimum: min, maximum: max },
  optional: false,
  read: (value, at) => {
    const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value
    const fits = typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max
    return fits ? number : wrong(at, `a whole number from ${min} to ${max}`)
  },
})

export const flag = (): Schema<boolean> => ({
  json: { type: 'boolean' },
  optional: false,
  read: (value, at) =>
    value === true || value === 'true' || value === '1'
      ? true
      : value === false || value === 'false' || value === '0'
        ? false
        : wrong(at, 'true or false'),
})

export const list = <T>(of: Schema<T>, max = 10_000): Schema<readonly T[]> => ({
  json: { type: 'array', items: of.json, maxItems: max },
  optional: false,
  read: (value, at) =>
    Array.isArray(value) && value.length <= max
      ? value.map((item, index) => of.read(item, `${at}[${index}]`))
      : wrong(at, `a list of at most ${max}`),
})

export const optional = <T>(of: Schema<T>): Schema<T | undefined> => ({
  json: of.json,
  optional: true,
  read: (value, at) => (value === undefined || value === null ? undefined : of.read(value, at)),
})

/** Anything that the answer describes in words only. */
export const any = (description: string): Schema<unknown> => ({
  json: { description },
  optional: false,
  read: (value) => value,
})

/** A number that need not be whole; answers only. */
export const amount = (): Schema<number> => ({
  json: { type: 'number', minimum: 0 },
  optional: false,
  read: (value, at) => (typeof value === 'number' && value >= 0 ? value : wrong(at, 'a number')),
})

/** Values by name; answers only. */
export const record = <T>(of: Schema<T>): Schema<unknown> => ({
  json: { type: 'object', additionalProperties: of.json },
  optional: false,
  read: (value) => value,
})

/** Whether a value has a field: `attachments.uid` is in any item of a list. */
export function has(value: unknown, field: string): boolean {
  const [first = '', ...rest] = field.split('.')
  if (Array.isArray(value)) return value.some((item) => has(item, field))
  if (typeof value !== 'object' || value === null) return false
  const inner = new Map<string, unknown>(Object.entries(value)).get(first)
  return inner !== undefined && (rest.length === 0 || has(inner, rest.join('.')))
}

type Fields = Readonly<Record<string, Schema<unknown>>>
type ObjectOf<F extends Fields> = { readonly [K in keyof F]: Of<F[K]> }

/** Unknown fields are refused: a misspelt one would be lost without a word. */
export function object<F extends Fields>(fields: F): Schema<ObjectOf<F>> {
  const entries = Object.entries(fields)
  return {
    json: {
      type: 'object',
      properties: Object.fromEntries(entries.map(([name, schema]) => [name, schema.json])),
      required: entries.filter(([, schema]) => !schema.optional).map(([name]) => name),
      additionalProperties: false,
    },
    optional: false,
    read: (value, at) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong(at, 'an object')
      const given = new Map<string, unknown>(Object.entries(value))
      const unknown = [...given.keys()].find((name) => !Object.hasOwn(fields, name))
      if (unknown !== undefined) throw new Invalid(`${unknown.slice(0, 60)}: there is no such field`)
      const read = entries.map(([name, schema]) => [name, schema.read(given.get(name), at ? `${at}.${name}` : name)])
      return Object.fromEntries(read) as ObjectOf<F> // each field was read by its own schema
    },
  }
}

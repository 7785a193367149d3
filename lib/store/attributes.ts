import type { Account } from './account'

/** JSON of an `Account` without its id and its name, as every driver keeps it. */
type Attributes = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Attributes =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What each account has, and what stands for it where it cannot be read. */
const NEEDED: Readonly<
  Record<
    keyof Pick<Account, 'disabled' | 'protocols' | 'overrides' | 'admin' | 'credentials'>,
    [is: (value: unknown) => boolean, none: unknown]
  >
> = {
  disabled: [(value) => typeof value === 'boolean', false],
  protocols: [(value) => Array.isArray(value) && value.every((one) => typeof one === 'string'), []],
  overrides: [(value) => isObject(value) && Object.values(value).every((one) => typeof one === 'string'), {}],
  admin: [(value) => typeof value === 'boolean', false],
  credentials: [isObject, {}],
}

export const isWholeAccount = (attributes: Attributes): boolean =>
  Object.entries(NEEDED).every(([key, [is]]) => is(attributes[key])) && typeof attributes.createdAt === 'number'

/** What can be read of them, and what an account needs. @param now milliseconds since 1970 */
export function attributesFrom(attributes: Attributes, now: number): Attributes {
  const needed = Object.entries(NEEDED).map(([key, [is, none]]) => [key, is(attributes[key]) ? attributes[key] : none])
  const { createdAt } = attributes
  return { ...attributes, ...Object.fromEntries(needed), createdAt: typeof createdAt === 'number' ? createdAt : now }
}

/** @returns undefined: it is no JSON of attributes */
export function parsedAttributes(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}

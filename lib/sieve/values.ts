export type Value = string | readonly string[] | number | true

/** RFC 6609 3.2: a script that another one runs. */
export interface Included {
  readonly location: 'personal' | 'global'
  readonly name: string
}

export const textOf = (value: Value | undefined): string => (typeof value === 'string' ? value : '')
export const textsOf = (value: Value | undefined): readonly string[] =>
  Array.isArray(value) ? value : typeof value === 'string' ? [value] : []
export const numberOf = (value: Value | undefined): number => (typeof value === 'number' ? value : 0)

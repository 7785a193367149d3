import { DAY } from './calendar'
import { sizeOf } from './sizes'

/**
 * Reads an .ini (as Haraka's config gives it: sections of text values) into typed settings, and collects every mistake so
 * that an operator sees them all at once. Units: durations `ms s min h d` (plain number: seconds), sizes `K M G`.
 */
export type Ini = Readonly<Record<string, unknown>>

export class SettingsError extends Error {
  override readonly name = 'SettingsError'
  constructor(
    readonly file: string,
    readonly mistakes: readonly string[],
  ) {
    super(`${file}: ${mistakes.join('; ')}`)
  }
}

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: DAY }

export interface SettingsReader {
  text(key: string, fallback: string): string
  choice<T extends string>(key: string, choices: readonly T[], fallback: T): T
  boolean(key: string, fallback: boolean): boolean
  number(key: string, fallback: number, limits?: { readonly min?: number; readonly max?: number }): number
  /** @returns milliseconds; `fallback` in the same spelling as the .ini, such as `8s` */
  duration(key: string, fallback: string): number
  /** @returns bytes */
  size(key: string, fallback: string): number
  /** words separated by spaces or commas */
  list(key: string, fallback: readonly string[]): readonly string[]
  /** all keys of a section as text */
  section(name: string): Readonly<Record<string, string>>
  /** A mistake that the caller found itself. */
  complain(text: string): void
  /** Throws `SettingsError` when anything was wrong, unknown keys of the sections that were read included. */
  done(): void
}

/** One setting as it was read. */
export interface ReadSetting {
  readonly file: string
  /** `section.key` */
  readonly key: string
  /** undefined: the default is in force */
  readonly given: string | undefined
  readonly fallback: string
}

let observer: ((setting: ReadSetting) => void) | undefined

/** All settings that are read in `run`, at once, for people who ask what is in force. */
export function settingsReadIn(run: () => void): readonly ReadSetting[] {
  const all = new Map<string, ReadSetting>()
  observer = (setting) => void all.set(`${setting.file} ${setting.key}`, setting)
  try {
    run()
  } finally {
    observer = undefined
  }
  return [...all.values()]
}

/** Keys are `section.key`; `main.key` is what stands above the first section. */
export function readSettings(file: string, ini: Ini): SettingsReader {
  const mistakes: string[] = []
  const known = new Map<string, Set<string>>()
  const whole = new Set<string>()

  function sectionOf(name: string): Record<string, unknown> {
    const found = ini[name]
    return typeof found === 'object' && found !== null ? { ...found } : {}
  }
  function raw(key: string, fallback: string): string | undefined {
    const dot = key.lastIndexOf('.')
    const section = key.slice(0, dot)
    const name = key.slice(dot + 1)
    known.set(section, (known.get(section) ?? new Set()).add(name))
    const value = sectionOf(section)[name]
    const isGiven = value !== undefined && value !== null && value !== ''
    const given = isGiven ? (Array.isArray(value) ? value.join(' ') : String(value).trim()) : undefined
    observer?.({ file, key, given, fallback })
    return given
  }
  function parsed<T>(
    key: string,
    fallback: T,
    expected: string,
    parse: (text: string) => T | undefined,
    shown = String(fallback),
  ): T {
    const text = raw(key, shown)
    if (text === undefined) return fallback
    const value = parse(text)
    if (value !== undefined) return value
    mistakes.push(`${key} = ${text}: expected ${expected}`)
    return fallback
  }
  function scaled(units: Readonly<Record<string, number>>, plain: string) {
    return (text: string): number | undefined => {
      const match = /^(\d+(?:\.\d+)?)\s*([a-zA-Z]*)$/.exec(text)
      const unit = match ? units[match[2] === '' ? plain : (match[2] ?? '')] : undefined
      return match && unit !== undefined ? Math.round(Number(match[1]) * unit) : undefined
    }
  }
  const milliseconds = scaled(MILLISECONDS, 's')

  return {
    text: (key, fallback) => raw(key, fallback) ?? fallback,
    choice: (key, choices, fallback) =>
      parsed(key, fallback, `one of ${choices.join(', ')}`, (text) => choices.find((choice) => choice === text)),
    boolean: (key, fallback) =>
      parsed(key, fallback, 'true or false', (text) =>
        /^(true|yes|on|1)$/i.test(text) ? true : /^(false|no|off|0)$/i.test(text) ? false : undefined,
      ),
    number: (key, fallback, { min = 0, max = Number.MAX_SAFE_INTEGER } = {}) =>
      parsed(key, fallback, `a whole number from ${min} to ${max}`, (text) => {
        const value = Number(text)
        return Number.isInteger(value) && value >= min && value <= max ? value : undefined
      }),
    duration: (key, fallback) =>
      parsed(key, milliseconds(fallback) ?? 0, 'a time such as 500ms, 8s, 10min, 2h or 30d', milliseconds, fallback),
    size: (key, fallback) => parsed(key, sizeOf(fallback) ?? 0, 'a size such as 64K, 25M or 1G', sizeOf, fallback),
    list: (key, fallback) =>
      raw(key, fallback.join(' '))
        ?.split(/[\s,]+/)
        .filter(Boolean) ?? fallback,
    section: (name) => {
      whole.add(name)
      return Object.fromEntries(Object.entries(sectionOf(name)).map(([key, value]) => [key, String(value).trim()]))
    },
    complain: (text) => mistakes.push(text),
    done: () => {
      for (const [section, keys] of known) {
        if (whole.has(section)) continue
        for (const key of Object.keys(sectionOf(section))) {
          if (!keys.has(key)) mistakes.push(`unknown setting ${section}.${key}`)
        }
      }
      if (mistakes.length > 0) throw new SettingsError(file, mistakes)
    },
  }
}

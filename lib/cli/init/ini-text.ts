import type { Ini } from '../../terms/settings'

/** One setting of an .ini file. */
export interface Setting {
  readonly section: string
  readonly key: string
  readonly value: string
}

const isHeader = (line: string): boolean => /^\s*\[[^\]]+\]\s*$/.test(line)

function put(lines: readonly string[], { section, key, value }: Setting): string[] {
  const line = `${key} = ${value}`
  const header = lines.findIndex((text) => text.trim() === `[${section}]`)
  // What stands above the first section is [main] too.
  const from = section === 'main' ? 0 : header + 1
  if (header < 0 && section !== 'main') return [...lines, `[${section}]`, line, '']
  const next = lines.findIndex((text, index) => index > header && isHeader(text))
  const end = next < 0 ? lines.length : next
  const find = (pattern: RegExp): number =>
    lines.findIndex((text, index) => index >= from && index < end && pattern.test(text))
  const active = find(new RegExp(`^\\s*${key}\\s*=`))
  if (active >= 0) return lines.with(active, line)
  // Below the line of the manual that explains it.
  const shown = find(new RegExp(`^;\\s*${key}\\s*=`))
  return lines.toSpliced((shown < 0 ? header : shown) + 1, 0, line)
}

/** The text with these settings in it; comments and everything else stay. */
export const withSettings = (text: string, settings: readonly Setting[]): string =>
  settings.reduce<readonly string[]>(put, text.split('\n')).join('\n')

/** A section as Haraka's config gives it; empty when it is not there. */
export const sectionOf = (ini: Ini, name: string): Readonly<Record<string, unknown>> => {
  const section = ini[name]
  return typeof section === 'object' && section !== null ? { ...section } : {}
}

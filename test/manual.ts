import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The settings that a commented .ini of config/ shows (`;key = value`), by section; '' before the first. */
export function settingsOfManual(file: string): Record<string, Record<string, string>> {
  const ini: Record<string, Record<string, string>> = {}
  let section = ''
  for (const line of readFileSync(join(__dirname, '../config', file), 'utf8').split('\n')) {
    section = /^\[(\w+)\]$/.exec(line)?.[1] ?? section
    const [, key, value] = /^;([a-z0-9_]+) = ?(.*)$/.exec(line) ?? []
    if (key !== undefined && value !== undefined) ini[section] = { ...ini[section], [key]: value }
  }
  return ini
}

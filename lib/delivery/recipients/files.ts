import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import type { Log } from '../../terms/ports'
import { spellDomain } from './address'
import { type AliasTable, parseAliases } from './aliases'

/**
 * What config/mailbox_aliases and config/host_list say, parsed once a change. Not read by `plugin.config.get`: Haraka keeps one
 * reload callback a file, the last reader's (that of host_list is its own `rcpt_to.in_host_list`'s), and copies the list at each call.
 */
export interface RecipientFiles {
  aliases(): AliasTable
  /** domains of host_list */
  isListed(domain: string): boolean
}

/** Haraka takes a change as soon after it has happened. */
const LOOK_EVERY = 5000

/** @param lookEvery milliseconds between two looks, which questions bring about */
export function openRecipientFiles(home: string, log: Log, lookEvery = LOOK_EVERY): RecipientFiles {
  const folder = path.join(home, 'config')
  const aliases = followed(path.join(folder, 'mailbox_aliases'), log, lookEvery, (lines) => {
    const { table, mistakes } = parseAliases(lines)
    for (const mistake of mistakes) log.error(`config/mailbox_aliases: ${mistake}`)
    return table
  })
  const hosts = followed(
    path.join(folder, 'host_list'),
    log,
    lookEvery,
    (lines) => new Set<string>(lines.map(spellDomain)),
  )
  return { aliases, isListed: (domain) => hosts().has(domain) }
}

function followed<T>(file: string, log: Log, lookEvery: number, parse: (lines: readonly string[]) => T): () => T {
  let stamp = stampOf(file)
  let value = parse(linesOf(file))
  let nextLook = performance.now() + lookEvery

  function look(): void {
    try {
      const now = stampOf(file)
      if (now === stamp) return
      stamp = now
      value = parse(linesOf(file))
      log.info(`${file} has changed and was read again`)
    } catch (error) {
      log.error(`${file} has changed, what it said before stays in force: ${String(error)}`)
    }
  }
  return () => {
    if (performance.now() >= nextLook) {
      nextLook = performance.now() + lookEvery
      look()
    }
    return value
  }
}

/** Another one after each change. */
function stampOf(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false })
  return stats ? `${stats.ino} ${stats.mtimeMs} ${stats.size}` : ''
}

/** As Haraka reads a list; a file that is missing has no lines. */
function linesOf(file: string): string[] {
  try {
    const lines = readFileSync(file, 'utf8').split(/\r\n|\r|\n/)
    return lines.map((line) => line.trim()).filter((line) => !/^(?:$|[;#])/.test(line))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

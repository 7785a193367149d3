import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { bootId, UNKNOWN_BOOT } from '../../processes/identity'

/**
 * The table is `locks.<boot>.<number>.sqlite`, the highest number of this boot. One that is damaged keeps its name, with a file
 * `.damaged` beside it, and the next number takes its place: processes may have it open still, and SQLite finds logs by name. What other
 * boots left is nobody's any more: each process in it is gone.
 */
const NAME = /^locks\.(\w+)\.(\d+)\.sqlite(-wal|-shm|\.damaged|\.new-.*)?$/

/** milliseconds; clocks of file systems tick every ten at most */
const COARSE = 100

const namesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : [])
const markOf = (file: string): string => `${file}.damaged`

export const fileOf = (folder: string, number: number): string =>
  path.join(folder, `locks.${bootId()}.${number}.sqlite`)

/** The number of the table now, or of the one that is to be made: from 1, and none that anything is left of. */
export function newest(folder: string): number {
  let highest = 0
  for (const name of namesIn(folder)) {
    const [, boot, number, rest = ''] = NAME.exec(name) ?? []
    // What is not whole yet is not the table yet.
    if (boot === bootId() && !rest.startsWith('.new-')) highest = Math.max(highest, Number(number))
  }
  const file = fileOf(folder, highest)
  return existsSync(file) && !existsSync(markOf(file)) ? highest : highest + 1
}

/** 0: there is no such file */
const inodeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.ino ?? 0

/** What the names of a table stand for. Who has it open does not notice when one of them stands for another file. */
export interface Names {
  /** the table's file is there */
  readonly there: boolean
  readonly inodes: string
}
export function namesOf(file: string): Names {
  const inodes = [file, `${file}-wal`, `${file}-shm`].map(inodeOf)
  return { there: inodes[0] !== 0, inodes: inodes.join(' ') }
}

/** When a name in the folder was made or went, in milliseconds since 1970; undefined: so short ago that another one may have the same time. */
export function namesChanged(folder: string): number | undefined {
  const at = statSync(folder, { throwIfNoEntry: false })?.mtimeMs
  return at !== undefined && Date.now() - at > COARSE ? at : undefined
}

/** @returns whether this process was the first to find the damage */
export function markDamaged(file: string, why: string): boolean {
  try {
    writeFileSync(markOf(file), `${why}\n`, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (existsSync(markOf(file))) return false
    throw error
  }
}

export function removeOtherBoots(folder: string): void {
  if (bootId() === UNKNOWN_BOOT) return
  for (const name of namesIn(folder)) {
    const [, boot] = NAME.exec(name) ?? []
    if (boot !== undefined && boot !== bootId()) rmSync(path.join(folder, name), { force: true })
  }
}

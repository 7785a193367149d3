import { readFile } from 'node:fs/promises'
import path from 'node:path'

/** No path, and no file that begins with a dot. */
const NAME = /^[\p{L}\p{N}_][\p{L}\p{N}_ .-]{0,127}$/u

/** Scripts of the administrator: `NAME.sieve` in this folder, read each time so that a change counts at once. */
export function globalScripts(folder: string): (name: string) => Promise<string | undefined> {
  return async (name) => {
    if (folder === '' || !NAME.test(name)) return undefined
    try {
      return await readFile(path.join(folder, `${name}.sieve`), 'utf8')
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
      throw error
    }
  }
}

import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { AccountId } from '../../terms/names'

/**
 * Sieve scripts and what vacation remembers: a folder an account, `<data>/sieve/<account id>/`, shared by all processes. A script is
 * one file, put there whole.
 */
export interface Scripts {
  /** the active script and its version; undefined: none */
  active(account: AccountId): Promise<{ readonly text: string; readonly version: string } | undefined>
  put(account: AccountId, text: string): Promise<void>
  remove(account: AccountId): Promise<void>
  /** Whether `what` was not done within `milliseconds`, and from now on is. */
  due(account: AccountId, what: string, milliseconds: number, now: number): Promise<boolean>
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT'

export function scriptFiles(folder: string): Scripts {
  const folderOf = (account: AccountId): string => path.join(folder, account)
  const active = (account: AccountId): string => path.join(folderOf(account), 'active.sieve')

  async function write(file: string, text: string): Promise<void> {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
    const draft = `${file}.${process.pid}`
    await writeFile(draft, text, { mode: 0o600 })
    await rename(draft, file)
  }

  return {
    async active(account) {
      const file = active(account)
      try {
        const { mtimeMs, size } = await stat(file)
        return { text: await readFile(file, 'utf8'), version: `${account} ${mtimeMs} ${size}` }
      } catch (error) {
        if (isMissing(error)) return undefined
        throw error
      }
    },
    put: (account, text) => write(active(account), text),
    remove: (account) => rm(folderOf(account), { recursive: true, force: true }),
    async due(account, what, milliseconds, now) {
      const digest = createHash('sha256').update(what).digest('hex').slice(0, 32)
      const file = path.join(folderOf(account), 'told', digest)
      const last = await stat(file).catch((error: unknown) => {
        if (isMissing(error)) return undefined
        throw error
      })
      if (last && now - last.mtimeMs < milliseconds) return false
      await write(file, '')
      return true
    },
  }
}

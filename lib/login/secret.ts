import { randomBytes } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** Keys digests of passwords in memory and in the attempt log; made once, the same for all processes. */
export function loginSecret(folder: string): Buffer {
  const file = path.join(folder, 'secret')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (!existsSync(file)) {
    // Written whole and then named: of several processes one wins, and nobody reads half a secret.
    const draft = `${file}.${process.pid}`
    writeFileSync(draft, randomBytes(32), { mode: 0o600 })
    try {
      linkSync(draft, file)
    } catch {
      // another process was faster
    }
    unlinkSync(draft)
  }
  return readFileSync(file)
}

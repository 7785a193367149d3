import { readFile, stat } from 'node:fs/promises'
import type { Directory } from '../directory'
import { bareEntry } from './entry'

/**
 * `name:{SCHEME}hash` lines, further fields ignored, `#` for comments: what Dovecot's passwd-file has. Read again when the
 * file changes. Rejects when it cannot be read: a temporary error, not "unknown user".
 */
export function passwdFileDirectory(path: string): Directory {
  let read: { readonly stamp: string; readonly verifiers: ReadonlyMap<string, string> } | undefined

  async function verifiers(): Promise<ReadonlyMap<string, string>> {
    const { mtimeMs, size, ino } = await stat(path)
    const stamp = `${mtimeMs} ${size} ${ino}`
    if (read?.stamp !== stamp) read = { stamp, verifiers: parsePasswd(await readFile(path, 'utf8')) }
    return read.verifiers
  }

  return {
    lookup: async (user) => {
      const verifier = (await verifiers()).get(user)
      return verifier === undefined ? undefined : bareEntry(user, verifier)
    },
  }
}

export function parsePasswd(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    const [, name, verifier] = /^([^:#\s][^:]*):([^:]*)/.exec(line) ?? []
    // A password without a scheme would be one that everybody who reads the file knows; `*` and `!` are disabled users.
    if (name !== undefined && verifier !== undefined && /^[{$]/.test(verifier)) found.set(name.toLowerCase(), verifier)
  }
  return found
}

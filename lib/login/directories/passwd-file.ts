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

/** All users of a file in its order, names in lower case. */
export function passwdLines(text: string): readonly { readonly name: string; readonly verifier: string }[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const [, name, verifier] = /^([^:#\s][^:]*):([^:]*)/.exec(line) ?? []
    return name === undefined || verifier === undefined ? [] : [{ name: name.toLowerCase(), verifier }]
  })
}

export function parsePasswd(text: string): ReadonlyMap<string, string> {
  // A password without a scheme would be one that everybody who reads the file knows; `*` and `!` are disabled users.
  const usable = passwdLines(text).filter(({ verifier }) => /^[{$]/.test(verifier))
  return new Map(usable.map(({ name, verifier }) => [name, verifier]))
}

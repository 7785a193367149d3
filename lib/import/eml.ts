import { readdirSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { canonicalMailboxName } from '../terms/names'
import { madeUidl } from './maildir-names'
import { crlf, type Source, type SourceMessage, usualUse } from './source'

/** A folder of `.eml` files: folders are mailboxes, files at the top go into `into`. */
export function emlSource(root: string, into: string): Source {
  const files = readdirSync(root, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.eml$/i.test(entry.name))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .sort()
  const mailboxes = new Map<string, string[]>()
  for (const file of files) {
    const folder = path.dirname(file)
    const name = folder === '.' ? into : canonicalMailboxName(folder.normalize('NFC'))
    mailboxes.set(name, [...(mailboxes.get(name) ?? []), file])
  }
  const message = (file: string): SourceMessage => ({
    label: file,
    uid: undefined,
    uidl: madeUidl(file),
    flags: [],
    internalDate: Math.floor(statSync(path.join(root, file)).mtimeMs),
    read: async () => crlf(await readFile(path.join(root, file))),
  })
  return {
    name: `files ${root}`,
    subscriptions: async () => [],
    close: async () => undefined,
    async *mailboxes() {
      for (const [name, own] of mailboxes) {
        yield {
          name,
          uids: undefined,
          count: own.length,
          specialUse: usualUse(name),
          async *messages() {
            for (const file of own) yield message(file)
          },
        }
      }
    },
  }
}

import { readdirSync } from 'node:fs'
import path from 'node:path'
import type { Tree } from '../tree'
import { baseOf, highestUid, type MaildirIndex } from './names'

/**
 * `courierpop3dsizelist`, by base name: `/<version> <next> <uidvalidity>`, then `<file> <size> <uid>:<uidvalidity>[:<utf8>]`; POP3 says
 * `UID<uid>-<uidvalidity>`, or the base name where the UID is 0. Before version 2 there is no first line, and all are base names.
 */
export function parseSizelist(text: string | undefined): ReadonlyMap<string, string> {
  const uidls = new Map<string, string>()
  for (const line of (text ?? '').split('\n')) {
    const [, file, numbers = ''] = /^([^/].*?) \d+(?: (\d+:\d+(?::\d)?))?$/.exec(line) ?? []
    if (file === undefined) continue
    const [uid = '0', validity] = numbers.split(':')
    uidls.set(baseOf(file), Number(uid) > 0 ? `UID${uid}-${validity}` : baseOf(file))
  }
  return uidls
}

/** `courierimapuiddb`: `1 <uidvalidity> <next uid>`, then `<uid> <base name>`. */
export function parseUiddb(text: string, uidls: ReadonlyMap<string, string>): MaildirIndex | undefined {
  const [head = '', ...lines] = text.split('\n')
  const [version, validity, next] = head.split(' ').map(Number)
  if (version !== 1 || !validity) return undefined
  const entries = new Map<string, { uid: number; uidl?: string }>()
  for (const line of lines) {
    const [, uid, file] = /^(\d+) (.+)$/.exec(line) ?? []
    if (uid === undefined || file === undefined) continue
    const uidl = uidls.get(baseOf(file))
    entries.set(baseOf(file), { uid: Number(uid), ...(uidl && { uidl }) })
  }
  return { kind: 'courier', validity, next: Math.max(next || 1, highestUid(entries) + 1), entries }
}

/**
 * `courierimapkeywords`, by base name. `:list` has the keywords, a line each, an empty line, then `<file>:<number>...`. A file of a message's own
 * name has its keywords, a line each, and goes before that; `.<n>.<file>` is an earlier state of it.
 */
export function courierKeywords(tree: Tree, directory: string): ReadonlyMap<string, readonly string[]> {
  const folder = path.join(directory, 'courierimapkeywords')
  const list = tree.text(folder, ':list')
  const found = new Map<string, readonly string[]>()
  if (list === undefined) return found
  const [names = '', files = ''] = list.split(/\n\n|^\n/)
  const keywords = names.split('\n')
  for (const line of files.split('\n')) {
    const [, file, numbers = ''] = /^(.+):([\d ]*)$/.exec(line) ?? []
    if (file)
      found.set(
        baseOf(file),
        numbers.split(' ').flatMap((one) => (one && keywords[Number(one)]) || []),
      )
  }
  const rank = (file: string): number => Number(/^\.(\d+)\./.exec(file)?.[1] ?? Number.MAX_SAFE_INTEGER)
  const own = readdirSync(folder).filter((file) => file !== ':list')
  for (const file of own.sort((a, b) => rank(a) - rank(b))) {
    const text = tree.text(folder, file) ?? ''
    found.set(
      baseOf(file.replace(/^\.\d+\./, '')),
      text.split('\n').filter((word) => word !== ''),
    )
  }
  return found
}

import { createHash } from 'node:crypto'
import type { UidlFormat } from './uidl-format'

/** What the index files of a Maildir folder say of its messages, by base name (the part before `:2,`). */
export interface MaildirIndex {
  readonly kind: 'dovecot' | 'courier'
  readonly validity: number
  readonly next: number
  readonly entries: ReadonlyMap<string, { readonly uid: number; readonly uidl?: string }>
}

/** No argument list: it would not hold a million UIDs. */
export const highestUid = (entries: MaildirIndex['entries']): number => {
  let most = 0
  for (const { uid } of entries.values()) if (uid > most) most = uid
  return most
}

export const baseOf = (file: string): string => file.split(/[:;]2,/)[0] ?? file

/** `,S=107` and `,W=110` in a base name (Dovecot, and Courier's `S=`). */
export function sizeIn(file: string, key: 'S' | 'W'): number | undefined {
  const [, size] = new RegExp(`,${key}=(\\d{1,15})(?:,|$)`).exec(baseOf(file)) ?? []
  return size === undefined ? undefined : Number(size)
}

/** Whether a file holds what clients see: by its two sizes no line end is missing, or the export here says so. */
export const holdsOctets = (file: string, size: number): boolean =>
  (sizeIn(file, 'S') === size && sizeIn(file, 'W') === size) || /^\d+\.M\d+V\d+\.octets(?:,|$)/.test(baseOf(file))

/**
 * `dovecot-uidlist`: version 3 is `3 V<uidvalidity> N<next uid> G<guid>`, then `<uid> <key><value>... :<file>`, where P is a POP3
 * UIDL and G a GUID that is not the file's name; version 1 is `1 <uidvalidity> <next uid>`, then `<uid> <file>`.
 */
export function parseDovecotUidlist(text: string, uidlOf: UidlFormat): MaildirIndex | undefined {
  const [head = '', ...lines] = text.split('\n')
  const words = head.split(' ')
  const number = (key: string): number => Number(words.find((word) => word.startsWith(key))?.slice(1))
  const [version, second, third] = words
  const [validity, next] = version === '3' ? [number('V'), number('N')] : [Number(second), Number(third)]
  if ((version !== '3' && version !== '1') || !(validity > 0)) return undefined
  const entries = new Map<string, { uid: number; uidl?: string }>()
  for (const line of lines) {
    const found = version === '3' ? /^(\d+) (?:(.*?) )?:(.+)$/.exec(line) : /^(\d+)() (.+)$/.exec(line)
    const [, uid, options = '', file] = found ?? []
    if (uid === undefined || file === undefined) continue
    const extra = (key: string) =>
      options
        .split(' ')
        .find((word) => word.startsWith(key))
        ?.slice(1)
    const base = baseOf(file)
    const uidl = extra('P') || uidlOf({ uid: Number(uid), validity, file: base, guid: extra('G') ?? base })
    // A later line of one file replaces the earlier one.
    entries.set(base, { uid: Number(uid), ...(uidl && { uidl }) })
  }
  const most = highestUid(entries)
  return { kind: 'dovecot', validity, next: Math.max(next || 1, most + 1), entries }
}

const FLAGS: Readonly<Record<string, string>> = {
  D: '\\Draft',
  F: '\\Flagged',
  R: '\\Answered',
  S: '\\Seen',
  T: '\\Deleted',
  P: '$Forwarded',
}

/** `dovecot-keywords`: `<number> <keyword>` a line; the letters a to z in a file's name are the numbers 0 to 25. */
export function parseKeywords(text: string | undefined): ReadonlyMap<string, string> {
  const keywords = new Map<string, string>()
  for (const line of (text ?? '').split('\n')) {
    const [, number, keyword] = /^(\d+) (\S+)$/.exec(line) ?? []
    if (number !== undefined && keyword !== undefined && Number(number) < 26) {
      keywords.set(String.fromCharCode(97 + Number(number)), keyword)
    }
  }
  return keywords
}

export function flagsOf(file: string, keywords: ReadonlyMap<string, string>): readonly string[] {
  const [, letters = ''] = /[:;]2,([A-Za-z]*)/.exec(file) ?? []
  return [...letters].flatMap((letter) => FLAGS[letter] ?? keywords.get(letter) ?? [])
}

/** A UIDL that names a message at each reading of a source that has none (RFC 1939 7: 1 to 70 characters). */
export const madeUidl = (...parts: readonly (string | Buffer)[]): string => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part).update('\0')
  return hash.digest('hex').slice(0, 40)
}

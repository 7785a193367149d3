import type { Part } from '../prepared'

/** section-spec of RFC 9051 6.4.5.1 without HEADER.FIELDS, which is taken out of HEADER. */
export interface Section {
  readonly path: readonly number[]
  readonly text: 'all' | 'header' | 'text' | 'mime'
}

export interface OctetRange {
  readonly start: number
  readonly end: number
}

/** The part that a path names; a message that is no multipart has its body as part 1. */
export function partAt(root: Part, path: readonly number[]): Part | undefined {
  let message: Part | undefined = root
  let part: Part | undefined
  for (const number of path) {
    const inside: Part | undefined = part ? (part.message ?? (part.type === 'multipart' ? part : undefined)) : message
    message = undefined
    if (!inside) return undefined
    part =
      inside.type === 'multipart' ? inside.children[number - 1] : number === 1 && inside !== part ? inside : undefined
    if (!part) return undefined
  }
  return part
}

/** Octets of a section, or undefined when the message has no such part. */
export function sectionRange(root: Part, { path, text }: Section): OctetRange | undefined {
  if (path.length === 0) {
    if (text === 'header') return { start: 0, end: root.bodyStart }
    return { start: text === 'text' ? root.bodyStart : 0, end: root.bodyEnd }
  }
  const part = partAt(root, path)
  if (!part) return undefined
  switch (text) {
    case 'all':
      return { start: part.bodyStart, end: part.bodyEnd }
    case 'mime':
      return { start: part.headerStart, end: part.bodyStart }
    case 'header':
      return part.message && { start: part.message.headerStart, end: part.message.bodyStart }
    case 'text':
      return part.message && { start: part.message.bodyStart, end: part.message.bodyEnd }
  }
}

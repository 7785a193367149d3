import type { Part } from '../../mime/prepared'

/** A leaf of a message's structure with its number (RFC 9051 6.4.5.1). */
export interface Leaf {
  readonly path: string
  readonly part: Part
}

const MOST_LEAVES = 1000

/** Leaves in order; messages inside are leaves too (one downloads them). */
export function leavesOf(root: Part): readonly Leaf[] {
  const leaves: Leaf[] = []
  function walk(part: Part, path: readonly number[]): void {
    if (leaves.length >= MOST_LEAVES) return
    if (part.type === 'multipart') {
      part.children.forEach((child, index) => void walk(child, [...path, index + 1]))
      return
    }
    leaves.push({ part, path: path.length === 0 ? '1' : path.join('.') })
  }
  walk(root, [])
  return leaves
}

const param = (params: Part['params'] | undefined, name: string): string | undefined =>
  params?.find(([key]) => key === name)?.[1]

/** characters; file systems take 255 octets, and a character has up to four of them */
const LONGEST_NAME = 150
const LONGEST_EXTENSION = 20

/** Cut in the middle, so that the extension stays. */
function shortened(name: string): string {
  const characters = [...name]
  if (characters.length <= LONGEST_NAME) return name
  const dot = characters.lastIndexOf('.')
  const extension = dot >= characters.length - LONGEST_EXTENSION ? characters.slice(dot) : []
  return [...characters.slice(0, LONGEST_NAME - extension.length), ...extension].join('')
}

/** Never empty, no path, nothing that a browser or a shell might take for something else. RFC 2183 2.3: `filename` before `name`. */
export function fileNameOf({ disposition, params, type, subtype, message }: Part): string {
  const given = param(disposition?.params, 'filename') ?? param(params, 'name') ?? ''
  const clean = shortened(
    given
      .replace(/^.*[\\/]/, '')
      .replace(/[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]/g, '')
      .trim(),
  )
  return clean === '' || /^\.+$/.test(clean) ? `${type}.${message ? 'eml' : subtype.replace(/[^\w-]/g, '')}` : clean
}

const isText = ({ type, subtype, disposition }: Part): boolean =>
  type === 'text' && (subtype === 'plain' || subtype === 'html') && disposition?.type !== 'attachment'

/** What a reader shows as a file: everything that is not the text, nor a picture inside the HTML. */
export function isAttachment(part: Part): boolean {
  if (isText(part) && param(part.disposition?.params, 'filename') === undefined) return false
  return !(part.id !== undefined && part.type === 'image' && part.disposition?.type !== 'attachment')
}

export const attachmentsOf = (root: Part): readonly Leaf[] => leavesOf(root).filter(({ part }) => isAttachment(part))

/** The parts to show, in the order of preference of RFC 2046 5.1.4: plain for text, the last html for HTML. */
export function bodiesOf(root: Part): { readonly plain: readonly Part[]; readonly html: readonly Part[] } {
  const texts = leavesOf(root).filter(({ part }) => isText(part) && !isAttachment(part))
  return {
    plain: texts.filter(({ part }) => part.subtype === 'plain').map(({ part }) => part),
    html: texts.filter(({ part }) => part.subtype === 'html').map(({ part }) => part),
  }
}

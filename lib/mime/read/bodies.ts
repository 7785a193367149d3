import type { Part } from '../prepared'

/** A leaf of a message's structure with its number (RFC 9051 6.4.5.1); a message inside is a leaf too. */
export interface Leaf {
  readonly path: string
  readonly part: Part
}

/** What a reader shows of a message, and what it lists because it does not show it (after RFC 8621 4.1.4). */
export interface Bodies {
  /** in order, where there is a choice the plain text */
  readonly text: readonly Leaf[]
  /** in order, where there is a choice the HTML */
  readonly html: readonly Leaf[]
  /** everything that is in neither */
  readonly files: readonly Leaf[]
  /** Pictures that belong to an HTML part (RFC 2387); those that it does not name are files too. */
  readonly pictures: readonly Leaf[]
}

const NOTHING: Bodies = { text: [], html: [], files: [], pictures: [] }

export const parameterOf = (params: Part['params'] | undefined, name: string): string | undefined =>
  params?.find(([key]) => key === name)?.[1]

export const isHtml = ({ part }: Leaf): boolean => part.subtype === 'html'
const isText = ({ type, subtype }: Part): boolean => type === 'text' && (subtype === 'plain' || subtype === 'html')
const isNamed = ({ params, disposition }: Part): boolean =>
  (parameterOf(disposition?.params, 'filename') ?? parameterOf(params, 'name')) !== undefined
const bare = (id: string): string => id.trim().replace(/^<|>$/g, '')

const numberOf = (path: readonly number[]): string => (path.length === 0 ? '1' : path.join('.'))

/** Leaves in order. @param inside number of the message whose root this is; empty: the message itself */
export function leavesOf(root: Part, inside: readonly number[] = []): readonly Leaf[] {
  const leaves: Leaf[] = []
  function walk(part: Part, path: readonly number[]): void {
    if (part.type === 'multipart') part.children.forEach((child, index) => void walk(child, [...path, index + 1]))
    else leaves.push({ part, path: numberOf(path) })
  }
  walk(root, startOf(root, inside))
  return leaves
}

/** RFC 9051 6.4.5.1: a message that is no multipart has its body as part 1. */
const startOf = (root: Part, inside: readonly number[]): readonly number[] =>
  root.type === 'multipart' ? inside : [...inside, 1]

const all = (some: readonly Bodies[]): Bodies => ({
  text: some.flatMap(({ text }) => text),
  html: some.flatMap(({ html }) => html),
  files: some.flatMap(({ files }) => files),
  pictures: some.flatMap(({ pictures }) => pictures),
})

/** RFC 2046 5.1.4: one content in many forms; here alone something is shown in place of something else. */
function alternative(forms: readonly Bodies[]): Bodies {
  const withHtml = forms.filter(({ html }) => html.some(isHtml))
  const plain = forms.filter((form) => form.text.length > 0 && !withHtml.includes(form))
  const { files, pictures } = all(forms)
  return {
    text: all(plain.length > 0 ? plain : withHtml).text,
    html: all(withHtml.length > 0 ? withHtml : plain).html,
    files,
    pictures,
  }
}

/** RFC 2387: a root, and what it uses. */
function related({ params, children }: Part, shown: readonly Bodies[]): Bodies {
  const start = parameterOf(params, 'start')
  const named = start === undefined ? -1 : children.findIndex(({ id }) => id !== undefined && bare(id) === bare(start))
  const first = children.findIndex((child) => isText(child) || child.type === 'multipart')
  const at = Math.max(0, named >= 0 ? named : first)
  const root = shown[at] ?? NOTHING
  const others = all(shown.filter((_, index) => index !== at))
  const isPicture = ({ part }: Leaf): boolean => part.type === 'image' && part.id !== undefined
  const [pictures, files] = root.html.some(isHtml)
    ? [others.files.filter(isPicture), others.files.filter((leaf) => !isPicture(leaf))]
    : [[], others.files]
  return {
    ...root,
    // Texts beside the root are nothing that a page shows by itself.
    files: [...root.files, ...new Set([...others.text, ...others.html, ...files])],
    pictures: [...root.pictures, ...pictures, ...others.pictures],
  }
}

/** A form of one content, the first of some parts, or a later one. */
type Place = 'form' | 'first' | 'later'

function bodiesAt(part: Part, path: readonly number[], place: Place): Bodies {
  if (part.type === 'multipart') {
    const forms = part.subtype === 'alternative' || part.subtype === 'related'
    const shown = part.children.map((child, index) =>
      bodiesAt(child, [...path, index + 1], forms ? 'form' : index === 0 ? 'first' : 'later'),
    )
    if (part.subtype === 'alternative') return alternative(shown)
    if (part.subtype === 'related') return related(part, shown)
    // RFC 2046 5.1.3: independent, in order.
    return all(shown)
  }
  const leaf: Leaf = { part, path: numberOf(path) }
  const named = isNamed(part)
  const shows = isText(part) && part.disposition?.type !== 'attachment' && (place !== 'later' || !named)
  return {
    text: shows ? [leaf] : [],
    html: shows ? [leaf] : [],
    // A text with a name is a file; where a message begins with it, it is both.
    files: shows && (!named || place === 'form') ? [] : [leaf],
    pictures: [],
  }
}

/** @param inside number of the message whose root this is; empty: the message itself */
export const bodiesOf = (root: Part, inside: readonly number[] = []): Bodies =>
  bodiesAt(root, startOf(root, inside), 'first')

/** For lists of messages: without a look at the octets, so what an HTML part names is not known. */
export const hasFiles = (root: Part): boolean => bodiesOf(root).files.length > 0

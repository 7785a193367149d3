import { type DefaultTreeAdapterTypes, defaultTreeAdapter, parse, type TreeAdapter } from 'parse5'

/** What a browser would make of HTML, as far as it decides how long the browser takes. */
export interface HtmlShape {
  readonly elements: number
  readonly depth: number
  /** More than a browser does at once. The counts then stop where that was found. */
  readonly heavy: boolean
  /** Content-IDs of the pictures that it shows (RFC 2392), without brackets */
  readonly contentIds: readonly string[]
}

/** Browsers take time in proportion to elements, and to the square of the depth. Newsletters have up to 5,000 and 60. */
export const MOST_ELEMENTS = 50_000
export const MOST_DEPTH = 200
/** of one element: what cleans them looks at all for each that it takes away */
const MOST_ATTRIBUTES = 1000
/** characters of style sheets */
const MOST_STYLE = 512 * 1024
const MOST_CONTENT_IDS = 1000

class TooMuch extends Error {}

type Tree = DefaultTreeAdapterTypes.DefaultTreeAdapterMap
type Node = Tree['node']

function decoded(address: string): string {
  try {
    return decodeURIComponent(address)
  } catch {
    return address
  }
}

/** Elements below each other, looked at without recursion. */
function depthOf(root: Node): number {
  let deepest = 0
  let level: Node[] = [root]
  while (level.length > 0) {
    const below = level.flatMap((node) => [
      ...('childNodes' in node ? node.childNodes : []),
      ...('content' in node ? node.content.childNodes : []),
    ])
    level = below.filter((node) => 'tagName' in node)
    if (level.length > 0) deepest++
  }
  return deepest
}

/**
 * Parses as browsers do (WHATWG HTML 13.2.6), so that what may be left open (`p`, `li`, `td`) is no depth, and what the rules
 * for misnested tags make of a few octets is counted. It ends where a bound is passed, so its time is bounded as well.
 * @param mostElements from there on it is heavy
 */
export function htmlShape(html: string, mostElements = MOST_ELEMENTS): HtmlShape {
  const contentIds = new Set<string>()
  let elements = 0
  let open = 0
  let deepest = 0
  let style = 0
  const tree: TreeAdapter<Tree> = {
    ...defaultTreeAdapter,
    createElement(tagName, namespace, attributes) {
      elements++
      if (elements > mostElements || attributes.length > MOST_ATTRIBUTES) throw new TooMuch()
      const src = tagName === 'img' ? attributes.find(({ name }) => name === 'src')?.value.trim() : undefined
      if (src !== undefined && /^cid:/i.test(src) && contentIds.size < MOST_CONTENT_IDS) {
        contentIds.add(decoded(src.slice(4)))
      }
      // Of all that elements say, the parser asks for this alone (13.2.6, HTML integration points).
      const asked = attributes.filter(({ name }) => name === 'encoding')
      return defaultTreeAdapter.createElement(tagName, namespace, asked)
    },
    adoptAttributes: () => undefined,
    insertText(parent, text) {
      if ('tagName' in parent && parent.tagName === 'style') style += text.length
      if (style > MOST_STYLE) throw new TooMuch()
    },
    insertTextBefore: () => undefined,
    appendChild(parent, child) {
      if ('data' in child) return
      defaultTreeAdapter.appendChild(parent, child)
    },
    onItemPush() {
      deepest = Math.max(deepest, ++open)
      if (open > MOST_DEPTH) throw new TooMuch()
    },
    onItemPop() {
      open--
    },
  }
  try {
    const depth = depthOf(parse(html, { treeAdapter: tree, scriptingEnabled: false }))
    return { elements, depth, heavy: depth > MOST_DEPTH, contentIds: [...contentIds] }
  } catch (error) {
    if (!(error instanceof TooMuch)) throw error
    return { elements, depth: deepest, heavy: true, contentIds: [...contentIds] }
  }
}

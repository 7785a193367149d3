/** Lines of plain text that grow by words, blocks, items and quotes, as elements of HTML ask for them. */
export interface Lines {
  /** Text whose runs of white space are one blank. */
  text(chars: string): void
  /** Text as it stands, of `<pre>`. */
  preformatted(chars: string): void
  /** `<br>` */
  lineEnd(): void
  /** Where a block starts or ends. @param gap `line`: a new line; `paragraph`: an empty line between */
  block(gap: 'line' | 'paragraph'): void
  /** Where a cell of a table starts or ends. */
  cell(): void
  /** A blank, when something follows on the line. */
  blank(): void
  /** @param first the number of the first item; undefined: items have no numbers */
  openList(first: number | undefined): void
  closeList(): void
  item(): void
  openQuote(): void
  closeQuote(): void
  /** there was more than the limit */
  readonly full: boolean
  result(): string
}

/** Lists and quotes that are shown as such; what is deeper stays at this level. */
const MOST_LEVELS = 10
/** Without width and without meaning: newsletters fill their preview with them, and words are found without them. */
const FILLERS = /(?:[\0\u00ad\u200b\u2060\ufeff]|\u034f)+/g
const NO_BREAK_SPACE = /\u00a0/g
/** White space of HTML, the blank that does not break, and joiners, which count as white space beside it and as letters alone. */
const BLANKS = /[ \t\n\f\r\u00a0\u200c\u200d]+/g
const COLLAPSES = /[ \t\n\f\r]/

function blanksOf(run: string): string {
  if (COLLAPSES.test(run)) return ' '
  const hard = run.match(NO_BREAK_SPACE)?.length ?? 0
  if (hard > 0) return ' '.repeat(Math.min(hard, 8))
  return run.slice(0, 2)
}

/** @param limit characters of the result */
export function createLines(limit: number): Lines {
  const pieces: string[] = []
  const lists: (number | undefined)[] = []
  let size = 0
  let full = false
  let quotes = 0
  /** line ends that come before the next word */
  let breaks = 0
  /** the fewest quotes that were open since the last word: the empty lines belong to them */
  let outside = 0
  let empty = true
  let gap = ''
  let mark: string | undefined

  function push(piece: string): void {
    if (full || piece === '') return
    const kept = size + piece.length > limit ? piece.slice(0, limit - size) : piece
    if (kept.length < piece.length) full = true
    size += kept.length
    pieces.push(kept)
  }
  const quoted = (levels: number): string => '> '.repeat(Math.min(levels, MOST_LEVELS))
  const indent = (levels: number): string => '  '.repeat(Math.min(Math.max(levels, 0), MOST_LEVELS))

  function startLine(): void {
    if (size > 0) {
      for (let count = 1; count < breaks && !full; count++) push(`\n${quoted(outside).trimEnd()}`)
      if (breaks > 0) push('\n')
    }
    push(quoted(quotes) + indent(lists.length - (mark === undefined ? 0 : 1)) + (mark ?? ''))
    mark = undefined
    breaks = 0
    outside = quotes
    gap = ''
  }
  function write(words: string): void {
    if (empty) startLine()
    else if (gap !== '') push(gap)
    gap = ''
    empty = false
    push(words)
  }
  function block(lines: number): void {
    breaks = Math.max(breaks, lines)
    empty = true
    gap = ''
  }

  return {
    get full() {
      return full
    },
    text(chars) {
      const words = chars.replace(FILLERS, '').replace(BLANKS, blanksOf)
      const start = words.search(/[^ ]/)
      if (start < 0) {
        // A block that holds nothing but a blank is an empty line.
        if (empty && chars.includes('\u00a0')) breaks = Math.min(2, breaks + 1)
        else if (words !== '' && gap === '') gap = words
        return
      }
      if (start > 0 && gap === '') gap = words.slice(0, start)
      let end = words.length
      while (words[end - 1] === ' ') end--
      write(words.slice(start, end))
      gap = words.slice(end)
    },
    preformatted(chars) {
      let at = 0
      for (let stop = chars.indexOf('\n'); stop >= 0 && !full; stop = chars.indexOf('\n', at)) {
        if (stop > at) write(chars.slice(at, stop))
        // As many line ends as there are, each of which counts in the limit.
        breaks = Math.min(breaks + 1, limit)
        empty = true
        at = stop + 1
      }
      if (at < chars.length) write(chars.slice(at))
    },
    lineEnd() {
      breaks = empty ? Math.min(2, breaks + 1) : 1
      empty = true
      gap = ''
    },
    block: (kind) => block(kind === 'line' ? 1 : 2),
    cell() {
      if (!empty) gap = '\t'
    },
    blank() {
      if (!empty && gap === '') gap = ' '
    },
    openList(first) {
      block(lists.length > 0 ? 1 : 2)
      lists.push(first)
    },
    closeList() {
      lists.pop()
      block(lists.length > 0 ? 1 : 2)
    },
    item() {
      block(1)
      const number = lists.at(-1)
      if (number !== undefined) lists[lists.length - 1] = number + 1
      mark = number === undefined ? '- ' : `${number}. `
    },
    openQuote() {
      block(2)
      quotes++
    },
    closeQuote() {
      block(2)
      quotes = Math.max(0, quotes - 1)
      outside = Math.min(outside, quotes)
    },
    result: () => pieces.join(''),
  }
}

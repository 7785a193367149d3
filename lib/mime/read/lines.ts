const LF = 10
const BLOCK = 1024

function countByOctet(bytes: Buffer, start: number, end: number): number {
  let lines = 0
  for (let at = start; at < end; at++) if (bytes[at] === LF) lines++
  return lines
}

/** Line ends between two offsets. Fast for text as it is, not slow for text that is all line ends. */
function countLines(bytes: Buffer, start: number, end: number): number {
  let lines = 0
  for (let at = bytes.indexOf(LF, start); at >= 0 && at < end; at = bytes.indexOf(LF, at + 1)) {
    lines++
    if (lines % 256 === 0 && at - start < lines * 8) return lines + countByOctet(bytes, at + 1, end)
  }
  return lines
}

/**
 * Counts for one message; a last line without a line end is a line (the one before a delimiter never has its own, RFC 2046 5.1.1).
 * Messages inside messages ask for almost the same octets again: when that adds up to more than twice
 * the message, a table of line ends answers, so that the whole stays linear.
 */
export function createLineCounter(bytes: Buffer): (start: number, end: number) => number {
  let budget = 2 * bytes.length
  let upTo: Uint32Array | undefined

  function table(): Uint32Array {
    const counts = new Uint32Array(Math.floor(bytes.length / BLOCK) + 1)
    for (let block = 1, lines = 0; block < counts.length; block++) {
      lines += countByOctet(bytes, (block - 1) * BLOCK, block * BLOCK)
      counts[block] = lines
    }
    return counts
  }
  function before(counts: Uint32Array, offset: number): number {
    const block = Math.floor(offset / BLOCK)
    return (counts[block] ?? 0) + countByOctet(bytes, block * BLOCK, offset)
  }

  function lineEnds(start: number, end: number): number {
    budget -= end - start
    if (budget >= 0) return countLines(bytes, start, end)
    upTo ??= table()
    return before(upTo, end) - before(upTo, start)
  }
  return (start, end) => lineEnds(start, end) + (end > start && bytes[end - 1] !== LF ? 1 : 0)
}

/** RFC 5322 2.2.3: in a header a run of blanks is one, as the header itself is compared; in a body it is not. */
export const inHeader = (pattern: string): string => pattern.replace(/[ \t\r\n]+/g, ' ')

/** Up to here the engine's own search is fast whatever the text is; long patterns can be made to cost their length for each character. */
const SHORT = 32

/** For each place of a pattern how much of its beginning ends there (Knuth, Morris and Pratt). */
function borders(pattern: string): Uint32Array {
  const table = new Uint32Array(pattern.length)
  for (let at = 1, border = 0; at < pattern.length; at++) {
    while (border > 0 && pattern.charCodeAt(at) !== pattern.charCodeAt(border)) border = table[border - 1] ?? 0
    if (pattern.charCodeAt(at) === pattern.charCodeAt(border)) border++
    table[at] = border
  }
  return table
}

/** `text.includes(pattern)`, in time that grows with the lengths' sum, not with their product. */
export function contains(text: string, pattern: string): boolean {
  if (pattern.length <= SHORT) return text.includes(pattern)
  // Where not even the beginning is, which is nearly everywhere, there is no need to look further.
  const first = text.indexOf(pattern.slice(0, SHORT))
  if (first < 0) return false
  const table = borders(pattern)
  for (let at = first, have = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    while (have > 0 && code !== pattern.charCodeAt(have)) have = table[have - 1] ?? 0
    if (code === pattern.charCodeAt(have)) have++
    if (have === pattern.length) return true
  }
  return false
}

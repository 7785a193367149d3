/** RFC 5322 2.2.3: in a header a run of blanks is one, as the header itself is compared; in a body it is not. */
export const inHeader = (pattern: string): string => pattern.replace(/[ \t\r\n]+/g, ' ')

/** Up to here the engine's own search is fast whatever the text is; long patterns can be made to cost their length for each character. */
const SHORT = 32

/** Flat: texts that were put together or cut out cost several times as much a character. */
function codesOf(text: string): Uint16Array {
  const octets = Buffer.from(text, 'utf16le')
  return new Uint16Array(octets.buffer, octets.byteOffset, text.length)
}

/** For each place of a pattern how much of its beginning ends there (Knuth, Morris and Pratt). */
function borders(pattern: Uint16Array): Uint32Array {
  const table = new Uint32Array(pattern.length)
  for (let at = 1, border = 0; at < pattern.length; at++) {
    while (border > 0 && pattern[at] !== pattern[border]) border = table[border - 1] ?? 0
    if (pattern[at] === pattern[border]) border++
    table[at] = border
  }
  return table
}

/** `text.includes(pattern)`, in time that grows with the lengths' sum, not with their product. */
export function contains(text: string, pattern: string): boolean {
  if (pattern.length <= SHORT) return text.includes(pattern)
  // Where not even its pieces are, which is nearly everywhere, there is no need to look further.
  const first = text.indexOf(pattern.slice(0, SHORT))
  if (first < 0) return false
  for (let at = SHORT; at + SHORT <= pattern.length; at += SHORT)
    if (!text.includes(pattern.slice(at, at + SHORT))) return false
  const wanted = codesOf(pattern)
  const codes = codesOf(text)
  const table = borders(wanted)
  for (let at = first, have = 0; at < codes.length; at++) {
    const code = codes[at]
    while (have > 0 && code !== wanted[have]) have = table[have - 1] ?? 0
    if (code === wanted[have]) have++
    if (have === wanted.length) return true
  }
  return false
}

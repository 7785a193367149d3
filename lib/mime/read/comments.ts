/** Comments of RFC 5322 3.2.2, which hold others and quoted pairs. */

/** The octet after the comment that begins here; a comment that does not end goes to the end. */
export function commentEnd(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const c = text[at]
    if (c === '\\') at++
    else if (c === '(') depth++
    else if (c === ')' && --depth === 0) return at + 1
  }
  return text.length
}

/** The text with a blank in place of each comment. Quoted strings are no place for them. */
export function outsideComments(text: string): string {
  let outside = ''
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const c = text.charAt(at)
    if (c === '"') quoted = !quoted
    if (c === '\\' && quoted) outside += c + text.charAt(++at)
    else if (c === '(' && !quoted) {
      outside += ' '
      at = commentEnd(text, at) - 1
    } else outside += c
  }
  return outside
}

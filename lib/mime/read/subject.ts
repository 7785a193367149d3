/** Base subject (RFC 5256 2.1) of a decoded subject, and whether it was a reply or forward. */
export function baseSubject(subject: string): { base: string; isReply: boolean } {
  let text = subject
    .replace(/[\t\r\n ]+/g, ' ')
    .trim()
    .slice(0, 2000)
  let isReply = false
  for (;;) {
    const before = text
    while (/\(fwd\)$/i.test(text)) {
      text = text.slice(0, -5).trimEnd()
      isReply = true
    }
    for (;;) {
      const leader = /^(?:\[[^[\]]*\]\s*)*(?:re|fwd?)\s*(?:\[[^[\]]*\]\s*)?:\s*/i.exec(text)
      if (leader) {
        text = text.slice(leader[0].length)
        isReply = true
        continue
      }
      const blob = /^\[[^[\]]*\]\s*/.exec(text)
      if (!blob || blob[0].length === text.length) break
      text = text.slice(blob[0].length)
    }
    const wrapped = /^\[fwd:(.*)\]$/i.exec(text)
    if (wrapped) {
      text = (wrapped[1] ?? '').trim()
      isReply = true
    }
    if (text === before) return { base: text, isReply }
  }
}

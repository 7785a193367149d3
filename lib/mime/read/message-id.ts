const MESSAGE_ID = /<(?:[^<>\s"]|"(?:[^"\\<>\r\n]|\\[^\r\n])*")+>/g

/**
 * The message ids of a header field. Two spellings of one id are made the same: quotes that quote nothing special are taken
 * away (RFC 5256, THREAD=REFERENCES).
 */
export function messageIds(text: string | undefined): string[] {
  if (text === undefined) return []
  const found: string[] = text.slice(0, 256 * 1024).match(MESSAGE_ID) ?? []
  return found.map((id) => (id.includes('"') ? id.replace(/"((?:[^"\\]|\\.)*)"/g, unquoted) : id))
}

const unquoted = (_whole: string, inside: string): string => inside.replace(/\\(.)/g, '$1')

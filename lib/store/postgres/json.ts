/**
 * JSON whose keys PostgreSQL can read: a NUL, which mail may have in an encoded word, would end each statement that takes one key
 * out of it.
 */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value)
  if (!text.includes('\\u0000')) return text
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'string' ? item.replaceAll('\0', '\ufffd') : item,
  )
}

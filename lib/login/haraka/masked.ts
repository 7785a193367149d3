/**
 * What Haraka is about to log of a connection, without the octets of an AUTH exchange.
 * @param running an exchange is under way, so that whole lines of the client are secret
 */
export function masked(parts: readonly unknown[], running: boolean): unknown[] {
  return parts.map((part) => {
    if (typeof part === 'string') return maskedLine(part, running)
    const hook = typeof part === 'object' && part !== null && Reflect.get(part, 'hook') === 'unrecognized_command'
    return hook && running ? { ...part, params: '(AUTH)' } : part
  })
}

function maskedLine(text: string, running: boolean): string {
  const [, prefix] = /^(C: |pipeline: )/.exec(text) ?? []
  if (prefix === undefined) return text
  return running ? `${prefix}(AUTH)` : text.replace(/^(\w+: AUTH \S+ ).+$/is, '$1(hidden)')
}

import type { EndReason } from '../locks'
import type { PeerMessage } from '../ports'

/** Reasons for which one process ends a lease of another. */
const REASONS = ['kicked', 'taken-over', 'released', 'expired', 'closed'] as const satisfies readonly EndReason[]

/** Who dials says so first; a watcher says nothing more. */
export const HELLO = 'hello\n'

/** `look`: another file is the table now. */
export type Message = PeerMessage | { readonly kind: 'look' }

export const encodeMessage = (message: Message): string => `${JSON.stringify(message)}\n`

/** `undefined`: not one of ours. */
export function decodeMessage(line: string): Message | 'hello' | undefined {
  if (line === HELLO.trimEnd()) return 'hello'
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value !== 'object' || value === null) return undefined
    const { kind, account, id, reason: why }: Readonly<Record<string, unknown>> = { ...value }
    if (kind === 'look') return { kind }
    if (typeof account !== 'string' || typeof id !== 'string') return undefined
    if (kind === 'granted') return { kind, account, id }
    const reason = REASONS.find((known) => known === why)
    return kind === 'end' && reason ? { kind, account, id, reason } : undefined
  } catch {
    return undefined
  }
}

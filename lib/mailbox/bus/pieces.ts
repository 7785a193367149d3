import type { Notice } from '../mailbox'
import { encodeFrame } from './frames'

/** PostgreSQL carries less than 8000 octets in a notification; a name goes before. */
const OCTETS = 7800
/** pieces of one turn: more is "something changed" */
const MOST = 20

/**
 * Notices as texts that PostgreSQL carries, whole lines each. What does not fit, because there is too much or one is too long, is said as
 * `gap`: whoever hears it looks into the store.
 */
export function piecesOf(notices: readonly Notice[]): string[] {
  const pieces: string[] = []
  let piece = ''
  let octets = 0
  for (const notice of notices) {
    const line = encodeFrame(notice)
    const length = Buffer.byteLength(line)
    if (length > OCTETS) return [encodeFrame({ kind: 'gap' })]
    if (octets + length > OCTETS) {
      pieces.push(piece)
      piece = ''
      octets = 0
    }
    piece += line
    octets += length
  }
  pieces.push(piece)
  return pieces.length > MOST ? [encodeFrame({ kind: 'gap' })] : pieces
}

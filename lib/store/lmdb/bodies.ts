import { chunkKey } from './keys'
import type { Tables } from './tables'

/** Octets of a message lie in chunks, so that reading a header does not copy 25 MB. */
const CHUNK = 128 * 1024

export function writeBody({ bodies }: Tables, account: number, message: number, bytes: Buffer): void {
  for (let start = 0, chunk = 0; start < bytes.length || chunk === 0; start += CHUNK, chunk++) {
    void bodies.put(chunkKey(account, message, chunk), bytes.subarray(start, start + CHUNK))
  }
}

export function removeBody({ bodies }: Tables, account: number, message: number, size: number): void {
  const chunks = Math.max(1, Math.ceil(size / CHUNK))
  for (let chunk = 0; chunk < chunks; chunk++) void bodies.remove(chunkKey(account, message, chunk))
}

/** Octets `start` to `end`, or undefined when the message is gone. */
export function readBody(
  { bodies }: Tables,
  account: number,
  message: number,
  start: number,
  end: number,
): Buffer | undefined {
  const pieces: Buffer[] = []
  const last = Math.max(start, end - 1)
  for (let chunk = Math.floor(start / CHUNK); chunk <= Math.floor(last / CHUNK); chunk++) {
    const value = bodies.get(chunkKey(account, message, chunk))
    if (!value) return chunk === 0 || pieces.length === 0 ? undefined : Buffer.concat(pieces)
    const from = chunk * CHUNK
    pieces.push(value.subarray(Math.max(0, start - from), Math.max(0, Math.min(value.length, end - from))))
  }
  const [only] = pieces
  if (pieces.length !== 1 || !only) return Buffer.concat(pieces)
  // A few octets must not keep their chunk in memory.
  return only.length < CHUNK / 8 ? Buffer.from(only) : only
}

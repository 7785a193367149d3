import { NotTaken } from '../tree'

/**
 * A block of LZ4: sequences of literals and of matches in what came before them. (Node has no LZ4, and Dovecot's files are not those
 * of the program lz4.)
 */
function lz4Block(block: Buffer, largest: number): Buffer {
  const out = Buffer.alloc(largest)
  let to = 0
  let at = 0
  const octet = (): number => {
    const value = block[at++]
    if (value === undefined) throw new NotTaken('its LZ4 data are cut off')
    return value
  }
  const lengthOf = (nibble: number): number => {
    let length = nibble
    if (nibble === 15) {
      for (let more = 255; more === 255; ) {
        more = octet()
        length += more
      }
    }
    return length
  }
  while (at < block.length) {
    const token = octet()
    const literals = lengthOf(token >> 4)
    if (at + literals > block.length || to + literals > largest) throw new NotTaken('its LZ4 data are damaged')
    block.copy(out, to, at, at + literals)
    at += literals
    to += literals
    if (at >= block.length) break
    const distance = octet() | (octet() << 8)
    const length = lengthOf(token & 15) + 4
    if (distance === 0 || distance > to || to + length > largest) throw new NotTaken('its LZ4 data are damaged')
    // A match may reach into what it writes itself.
    for (let left = length; left > 0; left--, to++) out[to] = out[to - distance] ?? 0
  }
  return out.subarray(0, to)
}

/** Dovecot's stream: a magic word, the size of a chunk, then chunks with their length before them; numbers are big-endian. */
export const DOVECOT_LZ4 = Buffer.from('Dovecot-LZ4\x0d\x2a\x9b\xc5', 'latin1')

export function dovecotLz4(octets: Buffer, largest: number): Buffer {
  const head = DOVECOT_LZ4.length
  if (octets.length < head + 4) throw new NotTaken('its LZ4 data are cut off')
  const most = octets.readUInt32BE(head)
  if (most === 0 || most > 8 * 1024 ** 2) throw new NotTaken('its LZ4 data are damaged')
  const chunks: Buffer[] = []
  let size = 0
  for (let at = head + 4; at < octets.length; ) {
    if (at + 4 > octets.length) throw new NotTaken('its LZ4 data are cut off')
    const length = octets.readUInt32BE(at)
    const end = at + 4 + length
    if (length === 0 || end > octets.length) throw new NotTaken('its LZ4 data are cut off')
    const chunk = lz4Block(octets.subarray(at + 4, end), most)
    size += chunk.length
    if (size > largest) throw new NotTaken('it unpacks to too many octets')
    chunks.push(Buffer.from(chunk))
    at = end
  }
  return Buffer.concat(chunks)
}

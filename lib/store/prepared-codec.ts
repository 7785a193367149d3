import type { Part, PreparedMessage, SearchKeys } from '../mime/prepared'

/**
 * A prepared message as one value: five lengths and the header's size, then envelope, BODYSTRUCTURE, BODY, structure
 * (JSON) and preview, and the header, which values of earlier versions lack. FETCH slices it; the structure is decoded only
 * when a part is asked for.
 */
const HEAD = 28
const NOTHING = Buffer.alloc(0)

export function encodePrepared(prepared: PreparedMessage): Buffer {
  const structure = Buffer.from(JSON.stringify(prepared.structure))
  const preview = Buffer.from(prepared.preview)
  const parts = [prepared.envelope, prepared.bodyStructure, prepared.body, structure, preview]
  const head = Buffer.allocUnsafe(HEAD)
  head.writeUInt32BE(prepared.size, 0)
  head.writeUInt32BE(prepared.headerSize, 4)
  parts.forEach((part, index) => {
    head.writeUInt32BE(part.length, 8 + 4 * index)
  })
  return Buffer.concat([head, ...parts, prepared.header ?? NOTHING])
}

/** octets of a prepared value that `preparedFault` looks at */
export const PREPARED_HEAD = HEAD

/** What does not fit in a prepared value of `length` octets for a message of `size` octets; undefined: it fits. */
export function preparedFault(head: Buffer, length: number, size: number): string | undefined {
  if (head.length < HEAD) return 'is prepared in part'
  if (head.readUInt32BE(0) !== size) return `is prepared as one of ${head.readUInt32BE(0)} octets, ${size} are kept`
  const parts = [0, 1, 2, 3, 4].reduce((sum, part) => sum + head.readUInt32BE(8 + 4 * part), HEAD)
  return length === parts || length === parts + head.readUInt32BE(4) ? undefined : 'is prepared in part'
}

export function decodePrepared(value: Buffer, keys: () => SearchKeys): PreparedMessage {
  let at = HEAD
  const slice = (index: number): Buffer => {
    const length = value.readUInt32BE(8 + 4 * index)
    at += length
    return value.subarray(at - length, at)
  }
  const envelope = slice(0)
  const bodyStructure = slice(1)
  const body = slice(2)
  const structure = slice(3)
  const preview = slice(4)
  const size = value.readUInt32BE(0)
  const headerSize = value.readUInt32BE(4)
  const rest = value.subarray(at)
  let tree: Part | undefined
  let known: SearchKeys | undefined
  return {
    size,
    headerSize,
    header: rest.length === headerSize ? rest : undefined,
    envelope,
    bodyStructure,
    body,
    get structure(): Part {
      const parsed: Part = tree ?? JSON.parse(structure.toString())
      tree = parsed
      return parsed
    },
    get keys(): SearchKeys {
      known ??= keys()
      return known
    },
    get preview(): string {
      return preview.toString()
    },
  }
}

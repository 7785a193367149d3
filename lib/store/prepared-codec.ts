import type { Part, PreparedMessage, SearchKeys } from '../mime/prepared'

/**
 * A prepared message as one value: five lengths and the header's size, then envelope, BODYSTRUCTURE, BODY, structure
 * (JSON) and preview, and the header, which values of earlier versions lack. FETCH slices it; the structure is decoded only
 * when a part is asked for.
 */
const HEAD = 28
const NOTHING = Buffer.alloc(0)

export function encodePrepared(prepared: PreparedMessage): Buffer {
  if (prepared instanceof DecodedMessage) return prepared.value
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

/** A class, not an object of getters: those of a literal are made anew for each message. */
class DecodedMessage implements PreparedMessage {
  #structure: Part | undefined
  #keys: SearchKeys | undefined

  constructor(
    readonly value: Buffer,
    readonly readKeys: () => SearchKeys,
  ) {}

  /** The five parts follow one another; `nth` = 5 is the header behind them. */
  #slice(nth: number): Buffer {
    let start = HEAD
    for (let index = 0; index < nth; index++) start += this.value.readUInt32BE(8 + 4 * index)
    return this.value.subarray(start, nth < 5 ? start + this.value.readUInt32BE(8 + 4 * nth) : undefined)
  }
  get size(): number {
    return this.value.readUInt32BE(0)
  }
  get headerSize(): number {
    return this.value.readUInt32BE(4)
  }
  get envelope(): Buffer {
    return this.#slice(0)
  }
  get bodyStructure(): Buffer {
    return this.#slice(1)
  }
  get body(): Buffer {
    return this.#slice(2)
  }
  get structure(): Part {
    const parsed: Part = this.#structure ?? JSON.parse(this.#slice(3).toString())
    this.#structure = parsed
    return parsed
  }
  get preview(): string {
    return this.#slice(4).toString()
  }
  get header(): Buffer | undefined {
    const rest = this.#slice(5)
    return rest.length === this.headerSize ? rest : undefined
  }
  get keys(): SearchKeys {
    this.#keys ??= this.readKeys()
    return this.#keys
  }
}

export const decodePrepared = (value: Buffer, keys: () => SearchKeys): PreparedMessage =>
  new DecodedMessage(value, keys)

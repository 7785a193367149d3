import type { FileHandle } from 'node:fs/promises'

const WINDOW = 1024 * 1024

/** A file read mostly forwards: one window of it is in memory. */
export interface MboxFile {
  readonly size: number
  /** fewer octets at the end of the file; valid until the next call */
  at(offset: number, length: number): Promise<Buffer>
}

export function mboxFile(handle: FileHandle, size: number): MboxFile {
  const window = Buffer.alloc(Math.min(WINDOW, size))
  let from = 0
  let filled = 0
  return {
    size,
    async at(offset, length) {
      const end = Math.min(offset + length, size)
      if (offset >= end) return Buffer.alloc(0)
      if (offset >= from && end <= from + filled) return window.subarray(offset - from, end - from)
      if (end - offset > window.length) return read(handle, Buffer.alloc(end - offset), offset)
      from = offset
      filled = (await read(handle, window.subarray(0, Math.min(window.length, size - offset)), offset)).length
      return window.subarray(0, Math.min(end - offset, filled))
    },
  }
}

/** Fills `into` from the file; fewer octets when the file has become shorter. */
async function read(handle: FileHandle, into: Buffer, offset: number): Promise<Buffer> {
  let filled = 0
  while (filled < into.length) {
    const { bytesRead } = await handle.read(into, filled, into.length - filled, offset + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return into.subarray(0, filled)
}

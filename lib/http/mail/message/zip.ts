import { crc32 } from 'node:zlib'
import { turn } from '../../../work/turns'

/** One file of an archive; its octets are asked for when it is its turn. */
export interface Zipped {
  readonly name: string
  readonly octets: () => Promise<Buffer>
}

/** Octets that are counted at a stretch. */
const PIECE = 1024 * 1024
const VERSION = 20
/** Names are UTF-8 (APPNOTE 4.4.4, bit 11). */
const UTF8 = 0x0800
const LOCAL = 0x04034b50
const CENTRAL = 0x02014b50
const END = 0x06054b50
/** 1 January 1980, the first that there is: files of messages have no times. */
const FIRST_DAY = 0x0021

async function checkOf(octets: Buffer): Promise<number> {
  let check = 0
  for (let at = 0; at < octets.length; at += PIECE) {
    await turn()
    check = crc32(octets.subarray(at, at + PIECE), check)
  }
  return check
}

/** What both headers of a file have in common. */
function shared(check: number, size: number, name: Buffer): Buffer {
  const fields = Buffer.alloc(26)
  fields.writeUInt16LE(VERSION, 0)
  fields.writeUInt16LE(UTF8, 2)
  fields.writeUInt16LE(FIRST_DAY, 8)
  fields.writeUInt32LE(check, 10)
  fields.writeUInt32LE(size, 14)
  fields.writeUInt32LE(size, 18)
  fields.writeUInt16LE(name.length, 22)
  return fields
}
const number32 = (value: number): Buffer => {
  const octets = Buffer.alloc(4)
  octets.writeUInt32LE(value)
  return octets
}

function centralHeader(fields: Buffer, name: Buffer, offset: number): Buffer {
  const made = Buffer.alloc(2)
  made.writeUInt16LE(VERSION)
  // No comment, first disk, no attributes.
  return Buffer.concat([number32(CENTRAL), made, fields, Buffer.alloc(10), number32(offset), name])
}

function endRecord(files: number, size: number, offset: number): Buffer {
  const end = Buffer.alloc(22)
  end.writeUInt32LE(END, 0)
  end.writeUInt16LE(files, 8)
  end.writeUInt16LE(files, 10)
  end.writeUInt32LE(size, 12)
  end.writeUInt32LE(offset, 16)
  return end
}

/** `a.txt`, `a (2).txt`: no two files of an archive have one name. */
export function distinct(names: readonly string[]): readonly string[] {
  const taken = new Set<string>()
  /** by name: the number that the next one of it tries first */
  const next = new Map<string, number>()
  return names.map((name) => {
    const dot = name.lastIndexOf('.') > 0 ? name.lastIndexOf('.') : name.length
    const key = name.toLowerCase()
    let free = name
    let count = next.get(key) ?? 2
    while (taken.has(free.toLowerCase())) free = `${name.slice(0, dot)} (${count++})${name.slice(dot)}`
    next.set(key, count)
    taken.add(free.toLowerCase())
    return free
  })
}

/**
 * Files as a ZIP archive (PKWARE APPNOTE 6.3.9, 4.3), one in memory at a time, stored as they are: what is attached to mail is
 * mostly compressed already. All of them are parts of one message, so sizes need no ZIP64.
 */
export async function* zip(files: readonly Zipped[]): AsyncGenerator<Buffer> {
  const central: Buffer[] = []
  let offset = 0
  for (const file of files) {
    const octets = await file.octets()
    const name = Buffer.from(file.name)
    const fields = shared(await checkOf(octets), octets.length, name)
    const local = Buffer.concat([number32(LOCAL), fields, name])
    central.push(centralHeader(fields, name, offset))
    yield local
    yield octets
    offset += local.length + octets.length
  }
  const directory = Buffer.concat(central)
  yield directory
  yield endRecord(files.length, directory.length, offset)
}

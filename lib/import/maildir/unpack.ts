import { spawn } from 'node:child_process'
import { promisify } from 'node:util'
import zlib from 'node:zlib'
import { textOf } from '../../terms/errors'
import { sizeText } from '../../terms/sizes'
import { NotTaken } from '../tree'
import { DOVECOT_LZ4, dovecotLz4 } from './lz4'

/** Messages that a server keeps packed, known by their first octets: Dovecot's names do not tell. */
interface Packing {
  readonly name: string
  readonly magic: Buffer
  unpack(octets: Buffer, largest: number): Promise<Buffer>
}

const magic = (text: string): Buffer => Buffer.from(text, 'latin1')

const PACKINGS: readonly Packing[] = [
  { name: 'gzip', magic: magic('\x1f\x8b\x08'), unpack: (octets, largest) => inNode(zlib.gunzip, octets, largest) },
  // RFC 8878 3.1.1
  { name: 'zstd', magic: magic('\x28\xb5\x2f\xfd'), unpack: zstd },
  { name: 'bzip2', magic: magic('BZh'), unpack: byProgram('bzip2') },
  { name: 'xz', magic: magic('\xfd7zXZ\0'), unpack: byProgram('xz', '--memlimit-decompress=256MiB') },
  { name: 'LZ4', magic: DOVECOT_LZ4, unpack: async (octets, largest) => dovecotLz4(octets, largest) },
]

/** `BZh` alone could be the beginning of a line. */
const isBzip2 = (octets: Buffer): boolean =>
  /^BZh[1-9](?:1AY&SY|\x17\x72\x45\x38\x50\x90)/.test(octets.toString('latin1', 0, 10))
/** Dovecot's mail-crypt */
const ENCRYPTED = magic('CRYPTED\x03\x07')

/** The message of a file, unpacked where it was packed. Rejects when it cannot be, or has more than `largest` octets then. */
export async function unpacked(
  octets: Buffer,
  largest: number,
): Promise<{ readonly octets: Buffer; readonly by: string | undefined }> {
  if (octets.subarray(0, ENCRYPTED.length).equals(ENCRYPTED)) {
    throw new NotTaken('encrypted by Dovecot (mail-crypt): bring it by IMAP, or let doveadm write a copy without')
  }
  const packing = PACKINGS.find(
    ({ name, magic: first }) => octets.subarray(0, first.length).equals(first) && (name !== 'bzip2' || isBzip2(octets)),
  )
  if (!packing) return { octets, by: undefined }
  try {
    return { octets: await packing.unpack(octets, largest), by: packing.name }
  } catch (error) {
    throw new NotTaken(`packed by ${packing.name}, and cannot be unpacked: ${textOf(error)}`)
  }
}

type Inflate = (octets: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>

async function inNode(unpack: typeof zlib.gunzip, octets: Buffer, largest: number): Promise<Buffer> {
  const promised: Inflate = promisify(unpack)
  return promised(octets, { maxOutputLength: largest }).catch((error: unknown) => {
    const isBomb = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
    throw isBomb ? new NotTaken(tooMuch(largest)) : error
  })
}

/** Node has it from 22.15 on. */
function zstd(octets: Buffer, largest: number): Promise<Buffer> {
  const own: unknown = Reflect.get(zlib, 'zstdDecompress')
  return isUnpack(own) ? inNode(own, octets, largest) : byProgram('zstd')(octets, largest)
}

const isUnpack = (own: unknown): own is typeof zlib.gunzip => typeof own === 'function'

const tooMuch = (largest: number): string =>
  `it has more than ${sizeText(largest)} then; --largest says how many are taken`

/** bzip2, xz and zstd write what they unpack to their standard output with `-dc`. */
function byProgram(program: string, ...more: readonly string[]): Packing['unpack'] {
  return (octets, largest) =>
    new Promise((resolve, reject) => {
      const child = spawn(program, ['-dc', ...more], { stdio: ['pipe', 'pipe', 'pipe'] })
      const pieces: Buffer[] = []
      let size = 0
      let said = ''
      child.once('error', (error) => {
        const isMissing = 'code' in error && error.code === 'ENOENT'
        reject(isMissing ? new NotTaken(`the program ${program} is needed for it, and is not installed`) : error)
      })
      child.stdout.on('data', (piece: Buffer) => {
        size += piece.length
        if (size <= largest) return pieces.push(piece)
        child.kill('SIGKILL')
        return reject(new NotTaken(tooMuch(largest)))
      })
      child.stderr.on('data', (piece: Buffer) => {
        said = (said + piece).slice(0, 200)
      })
      child.once('close', (code) => {
        if (code === 0) resolve(Buffer.concat(pieces))
        else reject(new NotTaken(said.trim().split('\n')[0] || `${program} ended with ${code}`))
      })
      // It may end before it has read all; what it says then counts.
      child.stdin.on('error', () => undefined)
      child.stdin.end(octets)
    })
}

import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'

/**
 * A file of passwords that everybody knows, one a line, in the order of their octets (`LC_ALL=C sort -u`): as they are, or
 * as SHA-1 in hexadecimal with anything behind a colon, as Have I Been Pwned gives them. It is never read whole: some
 * thirty reads of 4 KB find a password among a billion.
 */
export interface KnownPasswords {
  /** Rejects when the file cannot be read. */
  has(password: string): Promise<boolean>
  /** Whether nothing waits: what can be asked another time is then asked. */
  idle(): boolean
}

const PAGE = 4096
/** Waiting at once: what is over that comes again with the next login. */
const IDLE = 100
/** places that are looked at to see whether a file is sorted */
const SAMPLES = 200

const SHA1 = /^[0-9A-Fa-f]{40}(?::.*)?$/

interface Lines {
  /** octets of the file */
  readonly size: number
  /** whether its lines are hashes */
  readonly hashed: boolean
  /** The first whole line that begins at or behind an octet; undefined: there is none within a page. */
  lineAt(from: number): Promise<{ readonly key: Buffer; readonly end: number } | undefined>
}

async function linesOf(file: FileHandle): Promise<Lines> {
  const { size } = await file.stat()
  const page = Buffer.alloc(PAGE)
  let hashed = false

  async function lineAt(from: number) {
    // The line before must have ended: one octet earlier is looked at, too.
    const at = Math.max(0, from - 1)
    const { bytesRead } = await file.read(page, 0, PAGE, at)
    const octets = page.subarray(0, bytesRead)
    const begin = from === 0 ? 0 : octets.indexOf(10) + 1
    if ((begin === 0 && from > 0) || begin >= octets.length) return undefined
    const feed = octets.indexOf(10, begin)
    if (feed < 0 && at + bytesRead < size) return undefined
    const end = feed < 0 ? octets.length : feed
    const text = octets.subarray(begin, octets[end - 1] === 13 ? end - 1 : end)
    const key = hashed ? Buffer.from(text.toString('latin1', 0, 40).toLowerCase()) : Buffer.from(text)
    return { key, end: at + end + 1 }
  }
  const first = await lineAt(0)
  hashed = first !== undefined && SHA1.test(first.key.toString('latin1'))
  return { size, hashed, lineAt }
}

async function search({ size, hashed, lineAt }: Lines, password: string): Promise<boolean> {
  const wanted = Buffer.from(hashed ? createHash('sha1').update(password).digest('hex') : password)
  // The line that is looked for begins at `low` or behind it, and before `high`.
  let [low, high] = [0, size]
  while (low < high) {
    const middle = low + Math.floor((high - low) / 2)
    const line = await lineAt(middle)
    const order = line === undefined ? 1 : line.key.compare(wanted)
    if (order === 0) return true
    if (order > 0) high = middle
    else low = line?.end ?? high
  }
  return false
}

async function within<T>(path: string, run: (lines: Lines) => Promise<T>): Promise<T> {
  const file = await open(path, 'r')
  try {
    return await run(await linesOf(file))
  } finally {
    await file.close()
  }
}

/** The file may be replaced at any time. */
export function knownPasswords(path: string): KnownPasswords {
  let waiting = 0
  let last: Promise<unknown> = Promise.resolve()
  return {
    // One after another: many logins at once must not need as many open files.
    has(password) {
      waiting++
      const asked = last
        .then(() => within(path, (lines) => search(lines, password)))
        .finally(() => {
          waiting--
        })
      last = asked.catch(() => undefined)
      return asked
    },
    idle: () => waiting < IDLE,
  }
}

/** @returns why passwords would not be found in it. Rejects when it cannot be read. */
export const whatIsWrongWith = (path: string): Promise<string | undefined> =>
  within(path, async ({ size, hashed, lineAt }) => {
    if (size === 0) return 'is empty'
    let before: Buffer = Buffer.alloc(0)
    for (let nth = 0; nth < SAMPLES; nth++) {
      const line = await lineAt(Math.floor((size * nth) / SAMPLES))
      // Behind the last line nothing begins.
      if (line === undefined) continue
      if (line.key.compare(before) < 0) return 'is not sorted by octets: LC_ALL=C sort -u'
      if (hashed && !/^[0-9a-f]{40}$/.test(line.key.toString('latin1'))) return 'has lines that are no SHA-1'
      before = line.key
    }
    return undefined
  })

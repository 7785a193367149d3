import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
} from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import path from 'node:path'
import { textOf } from '../terms/errors'
import { sizeText } from '../terms/sizes'
import type { PassedOverList } from './remarks'

/** The folder of a source. Its owner may have put links, pipes and devices into it; the reader has more rights than that person. */
export interface Tree {
  /** its real path */
  readonly root: string
  /** where its files have to lie when they are opened; undefined: links out of it are followed */
  readonly top: string | undefined
  /** entries of a folder, sorted by name; what cannot be gone into is named */
  entries(folder: string): readonly TreeEntry[]
  /** the same one after another: a folder of messages may have a million */
  each(folder: string, look: (entry: TreeEntry) => void): void
  /** an index file whole; undefined: it is not there, or is named as not read */
  text(...parts: readonly string[]): string | undefined
  /** for people, below the root */
  named(file: string): string
  readonly passedOver: PassedOverList
}

export interface TreeEntry {
  readonly name: string
  readonly at: string
  readonly kind: 'folder' | 'file'
  readonly isLink: boolean
}

export interface TreeOptions {
  /** links that lead out of the folder are followed too */
  readonly outsideLinks?: boolean
}

/** Links can make a small tree endless. */
const MOST_FOLDERS = 20_000

export class NotTaken extends Error {}

export function openTree(root: string, passedOver: PassedOverList, { outsideLinks = false }: TreeOptions): Tree {
  if (!statSync(root, { throwIfNoEntry: false })) throw new Error(`there is no ${root}`)
  const top = realpathSync(root)
  if (!statSync(top).isDirectory()) throw new Error(`${root} is no folder`)
  const named = (file: string): string => path.relative(top, file) || '.'
  let folders = 0

  /** the folders that a file is found in, each where it is in truth: links may have led here */
  function above(at: string): readonly string[] {
    const found: string[] = []
    for (let folder = path.dirname(at); isBelow(top, folder); folder = path.dirname(folder))
      found.push(realpathSync(folder))
    return found
  }

  /** where a link leads, or why it is not followed */
  function target(at: string): { readonly entry?: 'folder' | 'file'; readonly why?: string } {
    let real: string
    try {
      real = realpathSync(at)
    } catch {
      return { why: 'a link that leads nowhere, or in a circle' }
    }
    if (!outsideLinks && !isBelow(top, real)) {
      return { why: `a link that leads out of the folder, to ${real}; --outside-links follows it` }
    }
    const found = statSync(real)
    if (found.isFile()) return { entry: 'file' }
    if (!found.isDirectory()) return { why: 'a link to what is no file and no folder' }
    // A folder within itself would come again and again.
    if (above(at).some((folder) => isBelow(real, folder))) return { why: 'a link to a folder that it lies in' }
    return { entry: 'folder' }
  }

  function kindOf(entry: Dirent, at: string): 'folder' | 'file' | undefined {
    if (entry.name.includes('\ufffd')) {
      passedOver.add(named(at), 'its name is not UTF-8, and it cannot be opened by it: rename it first', true)
      return undefined
    }
    if (entry.isFile()) return 'file'
    if (entry.isDirectory()) return 'folder'
    const { entry: kind, why = 'no file and no folder (a pipe, a socket or a device)' } = entry.isSymbolicLink()
      ? target(at)
      : {}
    if (kind === undefined) passedOver.add(named(at), why, entry.isSymbolicLink())
    return kind
  }

  function each(folder: string, look: (entry: TreeEntry) => void): void {
    if (++folders > MOST_FOLDERS) {
      passedOver.add(named(folder), `more than ${MOST_FOLDERS} folders: it was not looked into`, true)
      return
    }
    let found: Dirent[]
    try {
      found = readdirSync(folder, { withFileTypes: true })
    } catch (error) {
      passedOver.add(named(folder), `it cannot be read: ${textOf(error)}`, true)
      return
    }
    for (const entry of found.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const at = path.join(folder, entry.name)
      const kind = kindOf(entry, at)
      if (kind !== undefined) look({ name: entry.name, at, kind, isLink: entry.isSymbolicLink() })
    }
  }

  return {
    root: top,
    top: outsideLinks ? undefined : top,
    named,
    passedOver,
    text(...parts) {
      const at = path.join(...parts)
      try {
        return readIndex(at, outsideLinks ? undefined : top)
      } catch (error) {
        if (!isMissing(error)) passedOver.add(named(at), `not read: ${textOf(error)}`, true)
        return undefined
      }
    },
    each,
    entries(folder) {
      const entries: TreeEntry[] = []
      each(folder, (entry) => void entries.push(entry))
      return entries
    },
  }
}

const isBelow = (above: string, file: string): boolean => {
  const way = path.relative(above, file)
  return way === '' || (way !== '..' && !way.startsWith(`..${path.sep}`) && !path.isAbsolute(way))
}

/**
 * Opens a file. One that became a pipe, a device or a link to elsewhere since it was listed is not read, and nothing waits for it.
 * @param top where it has to lie; undefined: anywhere
 */
export async function openFile(at: string, top: string | undefined): Promise<FileHandle> {
  const real = realpathSync(at)
  if (top !== undefined && !isBelow(top, real)) throw new NotTaken('it leads out of the folder by now')
  const file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    if (!(await file.stat()).isFile()) throw new NotTaken('it is no file')
    // A folder on the way may have been put in the place of another between these two steps.
    if (top !== undefined && process.platform === 'linux' && readlinkSync(`/proc/self/fd/${file.fd}`) !== real) {
      throw new NotTaken('it was moved while it was opened')
    }
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}

/** Of an index of a million messages, and less than the longest text that there can be. */
const MOST_INDEX = 256 * 1024 ** 2

function readIndex(at: string, top: string | undefined): string {
  const real = realpathSync(at)
  if (top !== undefined && !isBelow(top, real)) throw new NotTaken(`a link that leads out of the folder, to ${real}`)
  const file = openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const found = fstatSync(file)
    if (!found.isFile()) throw new NotTaken('it is no file')
    if (found.size > MOST_INDEX) throw new NotTaken(`it has ${sizeText(found.size)}`)
    return readFileSync(file, 'utf8')
  } finally {
    closeSync(file)
  }
}

export const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT'

/** All octets of a file that is one message. */
export async function readMessageFile(at: string, top: string | undefined, largest: number): Promise<Buffer> {
  const file = await openFile(at, top)
  try {
    const { size } = await file.stat()
    if (size > largest) throw new NotTaken(tooLarge(size, largest))
    // Not as many as the file has by then: it may grow while it is read.
    const octets = Buffer.alloc(size)
    let filled = 0
    while (filled < size) {
      const { bytesRead } = await file.read(octets, filled, size - filled, filled)
      if (bytesRead === 0) break
      filled += bytesRead
    }
    return octets.subarray(0, filled)
  } finally {
    await file.close()
  }
}

export const tooLarge = (size: number, largest: number): string =>
  `it has ${sizeText(size)}, more than ${sizeText(largest)}; --largest says how many are taken`

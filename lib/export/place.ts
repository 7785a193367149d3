import { constants, lstatSync, mkdirSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import path from 'node:path'

/**
 * Where an export or a backup writes. It runs with the rights of the mail store, into a folder that others may have reached before:
 * no link in it is followed, nothing that is there is written over, and only its owner reads what is made.
 */
export interface Place {
  readonly root: string
  /** makes the folders below the root that are missing */
  folder(...levels: readonly string[]): string
  /** a new file, empty */
  create(file: string): Promise<FileHandle>
}

function own(folder: string): void {
  const found = lstatSync(folder)
  if (found.isSymbolicLink()) throw new Error(`${folder} is a link, and is not followed: say the folder itself`)
  if (!found.isDirectory()) throw new Error(`${folder} is no folder`)
  // The sticky bit keeps others from putting a link in the place of what was made.
  if ((found.mode & 0o002) !== 0 && (found.mode & 0o1000) === 0) {
    throw new Error(`anybody can write to ${folder}, and could lead the copy elsewhere: chmod o-w ${folder}`)
  }
}

/** @param given made when it is missing, with the folders above it */
export function openPlace(given: string): Place {
  const root = path.resolve(given)
  mkdirSync(path.dirname(root), { recursive: true, mode: 0o700 })
  make(root)
  return {
    root,
    folder(...levels) {
      let at = root
      for (const level of levels) {
        at = path.join(at, level)
        make(at)
      }
      return at
    },
    create: (file) =>
      open(file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600).catch(
        (error: unknown) => {
          const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST'
          throw exists ? new Error(`${file} is there already, and is not written over`) : error
        },
      ),
  }
}

function make(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    own(folder)
  }
}

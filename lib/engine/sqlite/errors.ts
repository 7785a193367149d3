import { asError, Contradiction, isUnavailable, textOf, Unavailable } from '../../terms/errors'
import type { Sql } from './connection/connection'
import type { Ending } from './program'

const UNKNOWN = 1
const BUSY = 5
const IO_ERROR = 10
const CORRUPT = 11
const CONSTRAINT = 19
const MISMATCH = 20
const NOT_A_DATABASE = 26
/** Extended: of a file or its log a part is missing that was there before. */
const CUT = 522

/** The package of Node 20 says for some calls what happened, and not its number. */
const CODES: ReadonlyMap<string, number> = new Map([
  ['database is locked', BUSY],
  ['disk I/O error', IO_ERROR],
  ['database disk image is malformed', CORRUPT],
  ['datatype mismatch', MISMATCH],
  ['file is not a database', NOT_A_DATABASE],
])

/** SQLite's primary result code of an error; undefined: it is not the engine's */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined
  if ('errcode' in error && typeof error.errcode === 'number')
    return error.errcode === CUT ? CORRUPT : error.errcode & 0xff
  return 'code' in error && error.code === 'ERR_SQLITE_ERROR' ? (CODES.get(error.message) ?? UNKNOWN) : undefined
}

/** Of what every file of a program has, and of numbers that none writes. */
const IMPOSSIBLE = /^no such (table|column): |too large to be represented as a JavaScript number/

/** The engine, or what it read, shows that octets of the file are not those that were written. */
function showsDamage(error: unknown): boolean {
  const code = sqliteCode(error)
  return code === CORRUPT || code === NOT_A_DATABASE || (error instanceof Error && IMPOSSIBLE.test(error.message))
}

export const isBusy = (error: unknown): boolean => sqliteCode(error) === BUSY
export const isIoError = (error: unknown): boolean => sqliteCode(error) === IO_ERROR

/** The file cannot be understood: no other try helps. The operator is told the file, what is wrong, what to do. */
export class Damaged extends Unavailable {
  override readonly name = 'Damaged'
  constructor(
    readonly file: string,
    readonly why: string,
    advice = 'restore it from a backup',
  ) {
    super(`${file} is damaged (${why}): ${advice}`)
  }
}

export const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error

/** What the engine or the file system said of a file, in words for the operator. */
export function engineError(file: string, error: unknown): Error {
  if (isUnavailable(error)) return error
  if (isSystemError(error)) return new Unavailable(`${file}: ${error.message}`)
  if (showsDamage(error)) return new Damaged(file, textOf(error))
  const code = sqliteCode(error)
  if (code === undefined) return asError(error)
  if (code === CONSTRAINT || code === MISMATCH) return new Contradiction(`${file}: ${textOf(error)}`)
  return new Unavailable(`${file}: ${textOf(error)}`)
}

/** How something ended that threw: the engine or the disk did not let it happen, or a bug. */
export function refusal(file: string, error: unknown): Ending {
  const found = engineError(file, error)
  if (found instanceof Damaged) return { kind: 'damaged', file: found.file, why: found.why }
  if (found instanceof Contradiction) return { kind: 'contradiction', why: found.message }
  return isUnavailable(found) ? { kind: 'refused', why: found.message } : { kind: 'thrown', error: asError(error) }
}

/** Throws what `refusal` made of it. */
export function endingValue(ending: Ending): unknown {
  switch (ending.kind) {
    case 'done':
      return ending.value
    case 'refused':
      throw new Unavailable(ending.why)
    case 'damaged':
      throw new Damaged(ending.file, ending.why)
    case 'contradiction':
      throw new Contradiction(ending.why)
    case 'thrown':
      throw ending.error
  }
}

/** After a failure that may have taken back the transaction already. */
export function rollBack(sql: Sql): void {
  try {
    sql.run('ROLLBACK')
  } catch {
    // The engine has done so.
  }
}

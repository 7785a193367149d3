import assert from 'node:assert/strict'

/** What the recorder notes (`recorder.c`), in the order in which it happened. */
export type DiskEvent = {
  readonly pid: number
  /** nanoseconds of the monotonic clock */
  readonly time: bigint
} & (
  | { readonly kind: 'write'; readonly ino: bigint; readonly offset: number; readonly octets: Buffer }
  | { readonly kind: 'truncate'; readonly ino: bigint; readonly size: number }
  /** `folder`: relative to the recorded one, of a flush of names; undefined: of a file */
  | { readonly kind: 'sync-begin'; readonly ino: bigint; readonly id: number; readonly folder: string | undefined }
  | {
      readonly kind: 'sync-end'
      readonly ino: bigint
      readonly id: number
      readonly folder: string | undefined
      readonly failed: boolean
    }
  /** `seen`: it was there before */
  | { readonly kind: 'create' | 'seen'; readonly ino: bigint; readonly name: string; readonly size: number }
  | { readonly kind: 'unlink' | 'mkdir'; readonly ino: bigint; readonly name: string }
  | { readonly kind: 'rename' | 'link'; readonly ino: bigint; readonly name: string; readonly to: string }
  | { readonly kind: 'note'; readonly text: string }
)

const HEAD = 40
const KINDS = [
  undefined,
  'write',
  'truncate',
  'sync-begin',
  'sync-end',
  'create',
  'unlink',
  'rename',
  'link',
  'mkdir',
  'note',
  'seen',
] as const
/** The numbers of recorder.c. */
export const KIND = { write: 1, truncate: 2, sync: 3, open: 5 } as const

function eventAt(log: Buffer, at: number, octets: Buffer): DiskEvent {
  const kind = KINDS[log.readUInt32LE(at)]
  const pid = log.readUInt32LE(at + 4)
  const ino = log.readBigUInt64LE(at + 8)
  const offset = Number(log.readBigUInt64LE(at + 16))
  const error = log.readInt32LE(at + 28)
  const time = log.readBigUInt64LE(at + 32)
  const head = { pid, time }
  const [name = '', to = ''] = kind === 'write' ? [] : octets.toString().split('\0')
  // A folder's name may be empty: it is told from a file by having been asked with one, which recorder.c says by a "/".
  const folder = octets.length > 0 ? name.slice(1) : undefined
  switch (kind) {
    case 'write':
      return { ...head, kind, ino, offset, octets }
    case 'truncate':
      return { ...head, kind, ino, size: offset }
    case 'sync-begin':
      return { ...head, kind, ino, id: offset, folder }
    case 'sync-end':
      return { ...head, kind, ino, id: offset, folder, failed: error !== 0 }
    case 'create':
    case 'seen':
      return { ...head, kind, ino, name, size: offset }
    case 'unlink':
    case 'mkdir':
      return { ...head, kind, ino, name }
    case 'rename':
    case 'link':
      return { ...head, kind, ino, name, to }
    case 'note':
      return { ...head, kind, text: octets.toString() }
    default:
      return assert.fail(`the log of the recorder is broken at ${at}`)
  }
}

export function eventsOf(log: Buffer): DiskEvent[] {
  const events: DiskEvent[] = []
  for (let at = 0; at < log.length; ) {
    const length = log.readUInt32LE(at + 24)
    events.push(eventAt(log, at, log.subarray(at + HEAD, at + HEAD + length)))
    at += HEAD + length
  }
  return events
}

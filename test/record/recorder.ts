import { execFileSync } from 'node:child_process'
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  realpathSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type DiskEvent, eventsOf, KIND } from './events'

/** Layout of `struct control` in recorder.c. */
const FAULTS_AT = 136
const FAULT_SIZE = 64
const SUFFIX_SIZE = 40
const HITS_AT = 16
const CONTROL_SIZE = 4096

const ERRNO = { EIO: 5, EMFILE: 24, ENOSPC: 28, EROFS: 30 } as const

/** What is to fail, in all recorded processes. */
export interface Fault {
  readonly on: keyof typeof KIND
  /** how the path ends */
  readonly of: string
  readonly error: keyof typeof ERRNO
  /** so many are let go first */
  readonly skip?: number
  /** then so many fail; without: all, until it is taken back */
  readonly count?: number
  /** a write leaves half of its octets */
  readonly part?: boolean
}

export interface Recording {
  /** what the processes write to is below it */
  readonly folder: string
  /** for the processes that are recorded */
  readonly env: Readonly<Record<string, string>>
  /** what is written to it is a note in the log */
  readonly notes: string
  order(fault: Fault, slot?: number): void
  takeBack(slot?: number): void
  /** how often the order of this slot let something fail */
  hits(slot?: number): number
  events(): DiskEvent[]
  remove(): void
}

let library: string | undefined | false

/** The compiled recorder; undefined: nothing here can compile it. */
function recorderLibrary(): string | undefined {
  if (library === undefined) {
    const folder = mkdtempSync(path.join(tmpdir(), 'mailbox-recorder-'))
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
    const file = path.join(folder, 'recorder.so')
    try {
      const source = path.join(__dirname, 'recorder.c')
      execFileSync('gcc', ['-O2', '-shared', '-fPIC', '-o', file, source, '-ldl', '-lpthread'], { stdio: 'pipe' })
      library = file
    } catch (error) {
      console.log(`      no recorder of the disk can be compiled here: skipped (${String(error).split('\n')[0]})`)
      library = false
    }
  }
  return library || undefined
}

/** A new folder, and a log of what is done in it; undefined: nothing here can record. */
export function startRecording(): Recording | undefined {
  const preload = recorderLibrary()
  if (!preload) return undefined
  const top = realpathSync(mkdtempSync(path.join(tmpdir(), 'mailbox-record-')))
  const folder = path.join(top, 'disk')
  const log = path.join(top, 'log')
  const control = path.join(top, 'control')
  mkdirSync(folder)
  const descriptor = openSync(control, 'w+')
  writeSync(descriptor, Buffer.alloc(CONTROL_SIZE), 0, CONTROL_SIZE, 0)
  return {
    folder,
    notes: `${log}.notes`,
    env: {
      LD_PRELOAD: preload,
      RECORD_FOLDER: folder,
      RECORD_LOG: log,
      RECORD_CONTROL: control,
      // Writes that go past the C library would not be seen.
      UV_USE_IO_URING: '0',
    },
    order({ on, of, error, skip = 0, count = 0xffffffff, part = false }, slot = 0) {
      const fault = Buffer.alloc(FAULT_SIZE)
      const numbers = [KIND[on], ERRNO[error], skip, count, 0, part ? 1 : 0]
      for (const [index, number] of numbers.entries()) fault.writeUInt32LE(number, index * 4)
      fault.write(of, FAULT_SIZE - SUFFIX_SIZE)
      writeSync(descriptor, fault, 0, FAULT_SIZE, FAULTS_AT + slot * FAULT_SIZE)
    },
    takeBack(slot = 0) {
      writeSync(descriptor, Buffer.alloc(4), 0, 4, FAULTS_AT + slot * FAULT_SIZE)
    },
    hits(slot = 0) {
      const hits = Buffer.alloc(4)
      readSync(descriptor, hits, 0, 4, FAULTS_AT + slot * FAULT_SIZE + HITS_AT)
      return hits.readUInt32LE()
    },
    events: () => eventsOf(readFileSync(log)),
    remove() {
      closeSync(descriptor)
      rmSync(top, { recursive: true, force: true })
    },
  }
}

import { readFileSync, statSync } from 'node:fs'

/** First octet of what every connection in WAL mode locks for reading as long as it is open (SHARED_FIRST of SQLite's os.h). */
const SHARED_FIRST = 0x4000_0002

/**
 * Other processes that have the file open, in words. Where the kernel does not tell who has locks (it does on Linux, of the
 * processes that this one can see), nobody is named.
 */
export function processesWith(file: string): string[] {
  let locks: string
  try {
    locks = readFileSync('/proc/locks', 'utf8')
  } catch {
    return []
  }
  const { ino } = statSync(file, { bigint: true })
  const pids = new Set<number>()
  // 12: POSIX  ADVISORY  READ 1234 fd:01:5678 1073741826 1073742335
  for (const [, pid, inode, start] of locks.matchAll(/POSIX\s+ADVISORY\s+\w+\s+(\d+)\s+\w+:\w+:(\d+)\s+(\d+)/g)) {
    if (BigInt(inode ?? 0) === ino && Number(start) === SHARED_FIRST) pids.add(Number(pid))
  }
  pids.delete(process.pid)
  return [...pids].map((pid) => `process ${pid}`)
}

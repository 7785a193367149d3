import { randomBytes } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'

/** A process by pid, start time and boot, so that a pid that is used again is somebody else: `pid.start.boot.random`. */

function startTime(pid: number): string | undefined {
  try {
    // Field 22 of /proc/<pid>/stat; the name in field 2 may hold blanks and brackets.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // Z and X: dead, only its parent has not looked yet.
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
  } catch {
    return undefined
  }
}

/** The boot of a host that does not tell (not Linux). */
export const UNKNOWN_BOOT = 'none'

let boot: string | undefined
/** letters and digits; another one after each start of the machine */
export function bootId(): string {
  if (boot === undefined) {
    try {
      boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim().slice(0, 8)
    } catch {
      boot = UNKNOWN_BOOT
    }
  }
  return boot
}

export const identify = (ofBoot = bootId()): string =>
  `${process.pid}.${startTime(process.pid) ?? 0}.${ofBoot}.${randomBytes(4).toString('hex')}`

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Whether that process still runs on this host. */
export function runs(identity: string): boolean {
  const [pid, start, itsBoot] = identity.split('.')
  if (itsBoot !== bootId()) return false
  // Without /proc (not Linux) the pid alone must do.
  return start === '0' ? exists(Number(pid)) : startTime(Number(pid)) === start
}

/** Containers of one machine share its boot, not its process ids. */
function processSpace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid').replace(/\D/g, '')
  } catch {
    return '0'
  }
}

/** A process among those of several hosts: `pid.start.boot.random.space`. */
export const identifyAmongHosts = (): string => `${identify()}.${processSpace()}`

/** Whether it is known here that this process of `identifyAmongHosts` is gone; of other hosts nothing is. */
export function isDeadHere(identity: string): boolean {
  const [, , boot, , space] = identity.split('.')
  return boot === bootId() && boot !== UNKNOWN_BOOT && space === processSpace() && !runs(identity)
}

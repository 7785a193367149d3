import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** CPU and memory of a server with all its processes, from Linux' /proc. */

const TICK = 1000 / Number(execFileSync('getconf', ['CLK_TCK']).toString())

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    // ended meanwhile
    return ''
  }
}

/** fields of /proc/PID/stat from the third on */
const statOf = (pid: number): string[] =>
  read(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ')

function tree(root: number): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const parents = new Map(pids.map((name) => [Number(name), Number(statOf(Number(name))[1])]))
  const found = [root]
  for (const one of found) for (const [pid, parent] of parents) if (parent === one) found.push(pid)
  return found
}

/** milliseconds since the start, those of children that have ended too; exact to some ticks of 10 ms */
export function cpuOf(root: number): number {
  let ticks = 0
  for (const pid of tree(root)) for (const nth of [11, 12, 13, 14]) ticks += Number(statOf(pid)[nth] ?? 0)
  return ticks * TICK
}

/** kilobytes of memory, what processes share counted once */
export function memoryOf(root: number): number {
  const pss = (pid: number): number => Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0)
  return tree(root).reduce((sum, pid) => sum + pss(pid), 0)
}

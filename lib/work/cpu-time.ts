import { openSync, readSync } from 'node:fs'
import { readFile } from 'node:fs/promises'

/** Linux: what the scheduler counted for a thread of this process (proc(5), schedstat): nanoseconds on a processor first. */
const file = (thread: number): string => `/proc/self/task/${thread}/schedstat`
const milliseconds = (text: string): number => Number(text.split(' ')[0]) / 1e6

/** Milliseconds of CPU of a thread until now; undefined: this system does not tell. */
export async function cpuTimeOf(thread: number | undefined): Promise<number | undefined> {
  if (thread === undefined) return undefined
  const text = await readFile(file(thread), 'latin1').catch(() => '')
  return text === '' ? undefined : milliseconds(text)
}

/** The same of the main thread, for who asks many times a second: some microseconds. */
export function mainThreadClock(): () => number | undefined {
  let descriptor: number
  try {
    descriptor = openSync(file(process.pid), 'r')
  } catch {
    return () => undefined
  }
  const octets = Buffer.alloc(100)
  return () => milliseconds(octets.toString('latin1', 0, readSync(descriptor, octets, 0, octets.length, 0)))
}

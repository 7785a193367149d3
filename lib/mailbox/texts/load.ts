import { cpus } from 'node:os'

/** Share of all processors of this machine that is in use; above, they are busy. */
const BUSY = 0.5
/** Milliseconds between two looks. */
const EVERY = 250

interface Times {
  readonly idle: number
  readonly all: number
}

function timesOf(): Times {
  let idle = 0
  let all = 0
  for (const { times } of cpus()) {
    idle += times.idle
    all += times.user + times.nice + times.sys + times.irq + times.idle
  }
  return { idle, all }
}

/** @returns whether the machine has been busy since the last look */
export function createLoad(read: () => Times = timesOf, now: () => number = () => performance.now()): () => boolean {
  let last = read()
  let lookedAt = now()
  let busy = false
  return () => {
    if (now() - lookedAt < EVERY) return busy
    const times = read()
    const passed = times.all - last.all
    busy = passed > 0 && 1 - (times.idle - last.idle) / passed > BUSY
    last = times
    lookedAt = now()
    return busy
  }
}

import { readdirSync, readFileSync } from 'node:fs'

/** milliseconds between two looks, and between two lines of the log */
const LOOK = 5000
const TELL = 60_000
/** part of the limit from which on it is told */
const NEARLY = 0.9

/** File descriptors of this process, and how many it may have; undefined where the kernel does not say. */
export function descriptors(): { readonly open: number; readonly limit: number } | undefined {
  try {
    const limit = Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1])
    return Number.isInteger(limit) ? { open: readdirSync('/proc/self/fd').length, limit } : undefined
  } catch (error) {
    // There is none left to look with.
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    return code === 'EMFILE' ? { open: Number.POSITIVE_INFINITY, limit: 0 } : undefined
  }
}

/**
 * Says when file descriptors run out: the kernel then takes connections and drops them, and Node tells nobody (EMFILE).
 * @returns stop
 */
export function watchDescriptors(tell: (text: string) => void, look = descriptors, every = LOOK): () => void {
  let told = Number.NEGATIVE_INFINITY
  const timer = setInterval(() => {
    const found = look()
    if (!found || found.open < found.limit * NEARLY || performance.now() - told < TELL) return
    told = performance.now()
    const which = found.limit === 0 ? 'none is left' : `${found.open} of ${found.limit} are open`
    tell(`file descriptors run out (EMFILE): ${which}; new connections are dropped then. Raise LimitNOFILE (ulimit -n)`)
  }, every)
  timer.unref()
  return () => clearInterval(timer)
}

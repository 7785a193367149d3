import { isDeadHere } from '../../processes/identity'

/** milliseconds between two looks at processes of this host that somebody waits for */
const LOOK = 250

/** Tells of the end of processes of this host; for those of others the expiry must do. */
export function createWatch() {
  const watched = new Set<{ readonly process: string; gone(): void }>()
  let timer: NodeJS.Timeout | undefined

  function look(): void {
    for (const entry of watched)
      if (isDeadHere(entry.process)) {
        watched.delete(entry)
        entry.gone()
      }
    settle()
  }
  function settle(): void {
    if (watched.size > 0) timer ??= setInterval(look, LOOK).unref()
    else {
      clearInterval(timer)
      timer = undefined
    }
  }
  return {
    /** @returns stop watching */
    add(process: string, gone: () => void): () => void {
      const entry = { process, gone }
      watched.add(entry)
      settle()
      return () => {
        watched.delete(entry)
        settle()
      }
    },
    close(): void {
      watched.clear()
      settle()
    },
  }
}

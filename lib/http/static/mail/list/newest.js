// @ts-check

/**
 * A change may come while a search is under way, and ask for everything anew. The function that this gives resolves when what
 * was asked for last is there; it rejects only with its own work.
 * @returns {(work: Promise<unknown>) => Promise<void>}
 */
export function createNewest() {
  /** @type {Promise<unknown>} */
  let newest = Promise.resolve()
  return async (work) => {
    newest = work
    await work
    let done = work
    while (done !== newest) {
      done = newest
      await done.catch(() => undefined)
    }
  }
}

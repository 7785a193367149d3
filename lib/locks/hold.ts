import { ok } from '../terms/fault'
import type { Locks } from './locks'

/** `hold` of every driver: acquires, runs, releases (also when the work throws). */
export const holdWith =
  (acquire: Locks['acquire']): Locks['hold'] =>
  async (request, work) => {
    const lease = await acquire(request)
    if (!lease.ok) return lease
    try {
      return ok(await work(lease.value))
    } finally {
      await lease.value.release()
    }
  }

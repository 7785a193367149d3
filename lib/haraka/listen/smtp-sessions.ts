import { setTimeout as pause } from 'node:timers/promises'
import type { Connection, Next } from '../host'

/** haraka-constants, connection.state: between two commands */
const AT_REST = 1
/** milliseconds for a message that is on its way */
const PATIENCE = 3000
const LOOK = 50
/** milliseconds until clients that do not close their side are cut off */
const GRACE = 500

/**
 * SMTP sessions are Haraka's, which has no list of them and ends none when it stops: one client that stays would hold it until it
 * is killed.
 */
export function createSmtpSessions() {
  const open = new Set<Connection>()

  /** RFC 5321 3.8: 421 before the server closes. */
  function leave(connection: Connection): void {
    open.delete(connection)
    connection.respond?.(421, 'Service shutting down', () => connection.disconnect?.())
  }

  return {
    connectInit(next: Next, connection: Connection): void {
      open.add(connection)
      next()
    },
    disconnect(next: Next, connection: Connection): void {
      open.delete(connection)
      next()
    },
    /** Ends those that wait for the client at once, the others when they do. */
    async close(): Promise<void> {
      const all = [...open]
      const end = performance.now() + PATIENCE
      while (open.size > 0 && performance.now() < end) {
        for (const connection of [...open]) if (connection.state === AT_REST) leave(connection)
        if (open.size > 0) await pause(LOOK)
      }
      for (const connection of [...open]) leave(connection)
      if (all.length > 0) await pause(GRACE)
      for (const { client } of all) client?.destroy?.()
    },
  }
}

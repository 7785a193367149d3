import type { Strangers } from '../../login/admission/strangers'
import type { Connection } from '../host'

/** What of a connection's recipients was unknown so far. */
interface Named {
  unknown: number
  /** the network of this connection was looked at, and may name recipients */
  admitted: boolean
}

/**
 * Ends connections that ask for names. Whoever has logged in is known and is left alone, and so is everybody while the plugin
 * `mailbox/login` is missing.
 */
export function createHarvestGuard(strangers: () => Strangers | undefined) {
  const connections = new WeakMap<object, Named>()
  const namedOn = (connection: Connection): Named => {
    const named = connections.get(connection) ?? { unknown: 0, admitted: false }
    connections.set(connection, named)
    return named
  }

  return {
    /** Whether the connection may name one more recipient, known or not. */
    async admits(connection: Connection): Promise<boolean> {
      const door = strangers()
      if (!door || connection.relaying) return true
      const named = namedOn(connection)
      if (door.perConnection > 0 && named.unknown >= door.perConnection) return false
      named.admitted ||= await door.admits(connection.remote.ip)
      return named.admitted
    },
    /** The last one was unknown. */
    async unknown(connection: Connection, recipient: string): Promise<void> {
      const door = strangers()
      if (!door || connection.relaying) return
      const named = namedOn(connection)
      named.unknown += 1
      named.admitted = await door.unknown(connection.remote.ip, recipient, connection.uuid)
    },
  }
}
export type HarvestGuard = ReturnType<typeof createHarvestGuard>

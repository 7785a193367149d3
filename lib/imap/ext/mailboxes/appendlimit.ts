import type { Extension } from '../../kernel/extension'
import type { Session } from '../../kernel/session'

/** APPENDLIMIT (RFC 7889): the same for every mailbox. What does not fit is NO [TOOBIG]. */
function limitOf({ ports }: Session): number {
  const { maxMessageSize } = ports.room
  return maxMessageSize > 0 ? Math.min(maxMessageSize, ports.settings.maxAppend) : ports.settings.maxAppend
}

export const appendlimit: Extension = {
  rfcs: {
    7889: { title: 'IMAP APPENDLIMIT' },
  },
  capabilities: (session) => (session.state.name === 'not-authenticated' ? [] : [`APPENDLIMIT=${limitOf(session)}`]),
  status: [{ name: 'APPENDLIMIT', value: (_mailbox, _mail, session) => String(limitOf(session)) }],
}

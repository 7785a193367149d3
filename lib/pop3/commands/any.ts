import type { Command, Session } from '../command'
import { sendLines } from '../multiline'

/** Only what every path of is built. RFC 2449 6.2 and 6.3: USER and SASL are announced in both states, without differences. */
function capabilities({ state, connection, ports, peer }: Session): string[] {
  const mechanisms = ports.login.mechanisms(peer())
  const always = [
    ...['TOP', 'UIDL', 'RESP-CODES', 'AUTH-RESP-CODE', 'PIPELINING', 'EXPIRE NEVER'],
    ...(ports.login.allowsCleartext(peer()) ? ['USER'] : []),
    ...(mechanisms.length > 0 ? [`SASL ${mechanisms.join(' ')}`] : []),
  ]
  // RFC 2449 6.9: IMPLEMENTATION only tells more about the server; it stays out until somebody has logged in.
  if (state.name === 'transaction') return [...always, `IMPLEMENTATION haraka-plugin-mailbox-${ports.version}`]
  // RFC 2595 4: STLS is announced in AUTHORIZATION only.
  return [...always, ...(!connection.secure && ports.tlsAvailable() ? ['STLS'] : [])]
}

const capa: Command = {
  name: 'CAPA',
  rfc: 'RFC 2449 5',
  states: 'any',
  run: async (session) => {
    session.say('+OK')
    await sendLines(session.connection.writer, capabilities(session))
  },
}

const quit: Command = {
  name: 'QUIT',
  rfc: 'RFC 1939 4 and 6',
  states: 'any',
  run: async (session) => {
    session.over = true
    const { state, ports } = session
    if (state.name === 'authorization') return session.say('+OK bye')
    const seen = ports.settings.retrSetsSeen ? [...state.seen] : []
    const done = await state.maildrop.update([...state.deleted], seen, ports.settings.onDelete)
    // The lock is free before the client hears that it may come again.
    await state.maildrop.close()
    if (!done.ok) ports.log.warn(`${state.identity.name}: deletion at QUIT failed: ${done.fault.kind}`)
    session.say(done.ok ? '+OK bye' : '-ERR [SYS/TEMP] some deleted messages not removed')
  },
}

export const commandsOfAnyState: readonly Command[] = [capa, quit]

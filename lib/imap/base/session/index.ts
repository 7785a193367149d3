import type { Extension } from '../../kernel/extension'
import { connectionCommands } from './connection'
import { idCommands } from './id'
import { idleCommands } from './idle'
import { loginCommands } from './login'

/** Connections and logins of IMAP4rev1 (RFC 3501) and IMAP4rev2. */
export const session: Extension = {
  commands: [...connectionCommands, ...loginCommands, ...idCommands, ...idleCommands],
  enable: [
    {
      // RFC 9051 A: with IMAP4rev1 offered too, nothing of rev2 is said before this.
      word: 'IMAP4rev2',
      turnOn: ({ modes }) => {
        modes.rev2 = true
        modes.utf8 = true
      },
    },
  ],
  capabilities: (session) => {
    const { connection, ports, state } = session
    const always = ['IMAP4rev1', 'IMAP4rev2', 'LITERAL+', 'SASL-IR', 'ID', 'ENABLE']
    if (state.name !== 'not-authenticated') return [...always, 'IDLE']
    const { login } = ports
    return [
      ...always,
      ...(!connection.secure && ports.tlsAvailable() ? ['STARTTLS'] : []),
      ...(login.allowsCleartext(session.peer()) ? [] : ['LOGINDISABLED']),
      ...login.mechanisms(session.peer()).map((name) => `AUTH=${name}`),
    ]
  },
}

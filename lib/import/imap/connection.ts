import type { ImapFlow } from 'imapflow'
import { SourceGone } from '../source'

export interface ImapPeer {
  readonly host: string
  readonly port: number
  readonly secure: boolean
  /** STARTTLS when not `secure`; false only for servers on this machine */
  readonly startTls: boolean
  readonly user: string
  readonly password: string
  /** milliseconds before the first new attempt, doubled each time; default: a second */
  readonly retryAfter?: number
}

export interface ImapConnection {
  /** Runs commands, again on a new connection when the server breaks off. The mailbox is opened with EXAMINE. */
  run<T>(mailbox: OpenMailbox | undefined, work: (client: ImapFlow) => Promise<T>): Promise<T>
  close(): Promise<void>
}

export interface OpenMailbox {
  readonly path: string
  readonly validity: number
}

/** Attempts to connect until the server counts as gone: about half a minute. */
const CONNECTS = 6
/** Times that one command may end a connection. */
const TRIES = 3
/** Commands in a row that ended all their connections: it is not the command. */
const BROKEN_COMMANDS = 3

/** What a server, or its library, says, without the password that it may have said again. */
function withoutSecrets(text: string, { user, password }: Pick<ImapPeer, 'user' | 'password'>): string {
  const secrets = [password, ...[password, `\0${user}\0${password}`].map((one) => Buffer.from(one).toString('base64'))]
  return secrets.filter((one) => one !== '').reduce((result, one) => result.replaceAll(one, '***'), text)
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const said = 'responseText' in error && typeof error.responseText === 'string' ? error.responseText : ''
  const reason = 'reason' in error && typeof error.reason === 'string' ? error.reason : ''
  return said || reason || error.message || ('code' in error ? String(error.code) : error.name)
}

/** RFC 5530 3: these refusals of a login pass by. */
function isForGood(error: unknown): boolean {
  if (!(error instanceof Error) || !('authenticationFailed' in error) || error.authenticationFailed !== true)
    return false
  const code = 'serverResponseCode' in error ? String(error.serverResponseCode).toUpperCase() : ''
  return !['UNAVAILABLE', 'INUSE', 'LIMIT', 'SERVERBUG'].includes(code)
}

/** One connection to another server, which comes back by itself. Commands of one caller at a time. */
export function imapConnection(peer: ImapPeer): ImapConnection {
  const { host, port, secure, user, password, startTls, retryAfter = 1000 } = peer
  let client: ImapFlow | undefined
  let open: string | undefined
  let brokenCommands = 0
  const clear = (error: unknown): string => withoutSecrets(textOf(error), peer)
  const pause = (attempt: number): Promise<void> =>
    new Promise((resolve) => setTimeout(resolve, retryAfter * 2 ** attempt))

  async function connected(): Promise<ImapFlow> {
    if (client?.usable) return client
    open = undefined
    // Every command would wait for its hundred modules.
    const imapflow = await import('imapflow')
    for (let attempt = 0; ; attempt++) {
      const made = new imapflow.ImapFlow({
        host,
        port,
        secure,
        auth: { user, pass: password },
        logger: false,
        ...(!secure && { doSTARTTLS: startTls }),
      })
      // A connection that breaks rejects the command under way; without a listener the event would end the process.
      made.on('error', () => undefined)
      try {
        await made.connect()
        client = made
        return made
      } catch (error) {
        made.close()
        if (isForGood(error)) throw new SourceGone(`${host} refuses the login of ${user}: ${clear(error)}`)
        if (attempt + 1 >= CONNECTS) throw new SourceGone(`${host}:${port} cannot be reached: ${clear(error)}`)
        await pause(attempt)
      }
    }
  }

  async function examine(at: ImapFlow, mailbox: OpenMailbox): Promise<void> {
    if (open === mailbox.path) return
    open = undefined
    const { uidValidity } = await at.mailboxOpen(mailbox.path, { readOnly: true })
    if (Number(uidValidity) !== mailbox.validity) throw new Error('its UIDVALIDITY changed meanwhile: run it again')
    open = mailbox.path
  }

  return {
    async run(mailbox, work) {
      for (let attempt = 0; ; attempt++) {
        const at = await connected()
        try {
          if (mailbox) await examine(at, mailbox)
          const result = await work(at)
          brokenCommands = 0
          return result
        } catch (error) {
          if (at.usable) throw new Error(clear(error))
          if (attempt + 1 < TRIES) await pause(attempt)
          else if (++brokenCommands < BROKEN_COMMANDS) throw new Error(`the server breaks off: ${clear(error)}`)
          else throw new SourceGone(`${host}:${port} breaks off again and again: ${clear(error)}`)
        }
      }
    },
    close: async () => {
      await client?.logout().catch(() => client?.close())
    },
  }
}

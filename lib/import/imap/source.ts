import type { ImapFlow, ListResponse } from 'imapflow'
import { textOf } from '../../terms/errors'
import { canonicalMailboxName } from '../../terms/names'
import { uid, uidValidity } from '../../terms/numbers'
import { SPECIAL_USES } from '../../terms/special-use'
import type { UidlFormat } from '../maildir/uidl-format'
import { type Source, SourceGone, type SourceMailbox } from '../source'
import { type ImapConnection, type ImapPeer, imapConnection } from './connection'
import { imapMessages } from './messages'
import type { Pace } from './pace'

export interface ImapSourceOptions extends ImapPeer {
  /** shared by all connections to the server */
  readonly pace: Pace
  /** POP3's unique id of a message there; undefined: new ones */
  readonly uidl: UidlFormat | undefined
}

/** The canonical name: levels joined by `/` whatever the server's delimiter is. */
const nameOf = ({ path, delimiter }: ListResponse): string =>
  canonicalMailboxName((delimiter && delimiter !== '/' ? path.split(delimiter).join('/') : path).normalize('NFC'))

/** Mailboxes of others, and shared ones, are not the account's (RFC 2342 3). */
function isOwn(client: ImapFlow, { path }: ListResponse): boolean {
  const { other, shared } = client.namespaces ?? {}
  const prefixes = [...(other || []), ...(shared || [])].map(({ prefix }) => prefix).filter((prefix) => prefix !== '')
  return !prefixes.some((prefix) => path.startsWith(prefix))
}

async function* nothing(): AsyncGenerator<never> {
  yield* []
}

/**
 * An account of another IMAP server, read with EXAMINE and BODY.PEEK: nothing changes there. Each mailbox that is read has a connection;
 * how many that are is the caller's choice.
 */
export async function imapSource(options: ImapSourceOptions): Promise<Source> {
  const idle: ImapConnection[] = []
  const all: ImapConnection[] = []
  const take = (): ImapConnection => {
    const taken = idle.pop() ?? imapConnection(options)
    if (!all.includes(taken)) all.push(taken)
    return taken
  }
  async function withConnection<T>(work: (connection: ImapConnection) => Promise<T>): Promise<T> {
    const connection = take()
    try {
      return await work(connection)
    } finally {
      idle.push(connection)
    }
  }

  const listed = await withConnection((connection) =>
    connection.run(undefined, async (client) => (await client.list()).filter((one) => isOwn(client, one))),
  )

  async function mailboxOf(one: ListResponse): Promise<SourceMailbox> {
    const name = nameOf(one)
    const specialUse = SPECIAL_USES.filter((use) => use === one.specialUse)
    try {
      const status = await withConnection((connection) =>
        connection.run(undefined, (client) =>
          client.status(one.path, { messages: true, uidNext: true, uidValidity: true }),
        ),
      )
      if (!status) throw new Error('the server refuses its STATUS')
      const opened = { path: one.path, validity: Number(status.uidValidity) }
      return {
        name,
        uids: { validity: uidValidity(opened.validity), next: uid(status.uidNext ?? 1) },
        specialUse,
        count: status.messages ?? 0,
        async *messages(from, ahead = options.pace.messages) {
          const connection = take()
          try {
            yield* imapMessages(connection, opened, from, ahead, options)
          } finally {
            idle.push(connection)
          }
        },
      }
    } catch (error) {
      if (error instanceof SourceGone) throw error
      const broken = textOf(error)
      return { name, uids: undefined, specialUse, count: 0, broken, messages: nothing }
    }
  }

  return {
    name: `IMAP ${options.user} at ${options.host}`,
    subscriptions: async () => listed.filter((one) => one.subscribed).map(nameOf),
    close: async () => {
      await Promise.all(all.map((connection) => connection.close()))
    },
    async *mailboxes() {
      for (const one of listed) {
        if (!one.flags.has('\\Noselect') && !one.flags.has('\\NonExistent')) yield await mailboxOf(one)
      }
    },
  }
}

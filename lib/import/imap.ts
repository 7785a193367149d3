import { ImapFlow, type ListResponse } from 'imapflow'
import { SPECIAL_USES } from '../store/store'
import { canonicalMailboxName } from '../terms/names'
import { uid, uidValidity } from '../terms/numbers'
import type { Source, SourceMessage } from './source'

export interface ImapSourceOptions {
  readonly host: string
  readonly port: number
  readonly secure: boolean
  readonly user: string
  readonly password: string
  /** STARTTLS when not `secure`; false only for servers on this machine */
  readonly startTls: boolean
  /** octets a second at most; 0: as fast as it goes */
  readonly rate: number
  /** POP3's unique ids as the old server made them: Dovecot's default, Courier's, or new ones */
  readonly uidl: 'dovecot' | 'courier' | 'new'
}

/** Messages whose octets are asked for in one command. */
const BATCH = 50

function uidlOf(format: ImapSourceOptions['uidl'], one: number, validity: number): string | undefined {
  const hex = (value: number): string => value.toString(16).padStart(8, '0')
  if (format === 'dovecot') return `${hex(one)}${hex(validity)}`
  return format === 'courier' ? `UID${one}-${validity}` : undefined
}

/** The canonical name: levels joined by `/` whatever the server's delimiter is. */
const nameOf = ({ path, delimiter }: ListResponse): string =>
  canonicalMailboxName((delimiter && delimiter !== '/' ? path.split(delimiter).join('/') : path).normalize('NFC'))

/** An account of another IMAP server, read with EXAMINE and BODY.PEEK: nothing changes there. */
export async function imapSource(options: ImapSourceOptions): Promise<Source> {
  const { host, port, secure, user, password } = options
  const client = new ImapFlow({
    host,
    port,
    secure,
    auth: { user, pass: password },
    logger: false,
    ...(!secure && { doSTARTTLS: options.startTls }),
  })
  // A connection that breaks rejects the command under way; without a listener the event would end the process.
  client.on('error', () => undefined)
  await client.connect()
  const listed = await client.list()
  let sent = 0
  const began = Date.now()

  async function slowDown(octets: number): Promise<void> {
    sent += octets
    const due = options.rate > 0 ? (sent / options.rate) * 1000 - (Date.now() - began) : 0
    if (due > 0) await new Promise((resolve) => setTimeout(resolve, due))
  }

  async function* messagesOf(path: string, validity: number, from: number): AsyncGenerator<SourceMessage> {
    await client.mailboxOpen(path, { readOnly: true })
    const found = (await client.search({ uid: `${from}:*` }, { uid: true })) || []
    // `n:*` always names the last message, also when its UID is below n (RFC 9051 9).
    const uids = found.filter((one) => one >= from).sort((a, b) => a - b)
    for (let i = 0; i < uids.length; i += BATCH) {
      const query = { uid: true, flags: true, internalDate: true, source: true }
      const batch: SourceMessage[] = []
      for await (const message of client.fetch(uids.slice(i, i + BATCH).join(','), query, { uid: true })) {
        const { source, internalDate } = message
        const octets = source ?? Buffer.alloc(0)
        batch.push({
          label: `${path} ${message.uid}`,
          uid: uid(message.uid),
          uidl: uidlOf(options.uidl, message.uid, validity),
          flags: [...(message.flags ?? [])],
          internalDate: internalDate ? new Date(internalDate).getTime() : Date.now(),
          read: () => (source ? Promise.resolve(octets) : Promise.reject(new Error('the server sent no text'))),
        })
        await slowDown(octets.length)
      }
      yield* batch.sort((a, b) => Number(a.uid) - Number(b.uid))
    }
  }

  return {
    name: `IMAP ${user} at ${host}`,
    subscriptions: async () => listed.filter((one) => one.subscribed).map(nameOf),
    close: () => client.logout().catch(() => client.close()),
    async *mailboxes() {
      for (const one of listed) {
        if (one.flags.has('\\Noselect') || one.flags.has('\\NonExistent')) continue
        const status = await client.status(one.path, { messages: true, uidNext: true, uidValidity: true })
        if (!status) continue
        const validity = uidValidity(Number(status.uidValidity))
        yield {
          name: nameOf(one),
          uids: { validity, next: uid(status.uidNext ?? 1) },
          specialUse: SPECIAL_USES.filter((use) => use === one.specialUse),
          count: status.messages ?? 0,
          messages: (from) => messagesOf(one.path, validity, from),
        }
      }
    },
  }
}

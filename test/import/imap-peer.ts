import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

export interface PeerMessage {
  readonly uid: number
  readonly text: string
}

export interface Peer {
  readonly port: number
  /** commands in order, without tags */
  readonly commands: readonly string[]
  /** octets of message text in the answer to each FETCH of text */
  readonly answers: readonly number[]
  readonly mostConnections: () => number
  readonly logins: () => number
  close(): Promise<void>
}

export interface PeerOptions {
  readonly mailboxes: Readonly<Record<string, readonly PeerMessage[]>>
  /** text of an answer in place of the usual one; `break`: the connection ends in the middle of its first line */
  readonly instead?: (command: string, count: number) => string | 'break' | undefined
  /** waits before each FETCH of text */
  readonly before?: (command: string) => Promise<void>
}

/** An IMAP server that can be told to misbehave: what no real one does on demand. */
export async function startPeer({ mailboxes, instead, before }: PeerOptions): Promise<Peer> {
  const commands: string[] = []
  const answers: number[] = []
  const sockets = new Set<Socket>()
  const logouts = new WeakSet<Socket>()
  let most = 0
  let logins = 0

  function fetched(box: readonly PeerMessage[], set: string, items: string): string {
    const inSet = (uid: number): boolean =>
      set.split(',').some((range) => {
        const [low = '0', high = low] = range.split(':')
        return uid >= Number(low) && uid <= (high === '*' ? Number.MAX_SAFE_INTEGER : Number(high))
      })
    const [, start, length] = /BODY\.PEEK\[\](?:<(\d+)\.(\d+)>)?/.exec(items) ?? []
    let octets = 0
    const lines = box.flatMap(({ uid, text }, index) => {
      if (!inSet(uid)) return []
      const parts = [`UID ${uid}`]
      if (/FLAGS/.test(items)) parts.push('FLAGS (\\Seen)')
      if (/INTERNALDATE/.test(items)) parts.push('INTERNALDATE "04-Mar-2021 05:06:07 +0000"')
      if (/RFC822\.SIZE/.test(items)) parts.push(`RFC822.SIZE ${text.length}`)
      if (/BODY\.PEEK\[\]/.test(items)) {
        const piece = start === undefined ? text : text.slice(Number(start), Number(start) + Number(length))
        octets += piece.length
        parts.push(`BODY[]${start === undefined ? '' : `<${start}>`} {${piece.length}}\r\n${piece}`)
      }
      return [`* ${index + 1} FETCH (${parts.join(' ')})\r\n`]
    })
    if (/BODY\.PEEK/.test(items)) answers.push(octets)
    return lines.join('')
  }

  const server = createServer((socket) => {
    sockets.add(socket)
    most = Math.max(most, [...sockets].filter((one) => !logouts.has(one)).length)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    socket.write('* OK [CAPABILITY IMAP4rev1] peer\r\n')
    let box: readonly PeerMessage[] = []
    const unquoted = (name = ''): string => name.replace(/^"|"$/g, '')
    const answer = (command: string): string => {
      const [, name = '', rest = ''] = /^(?:UID )?(\S+) ?(.*)$/i.exec(command) ?? []
      switch (name.toUpperCase()) {
        case 'CAPABILITY':
          return '* CAPABILITY IMAP4rev1\r\n'
        case 'LOGIN':
          logins++
          return ''
        case 'LIST':
          if (/^"" ""/.test(rest)) return '* LIST (\\Noselect) "/" ""\r\n'
          return Object.keys(mailboxes)
            .map((one) => `* LIST () "/" "${one}"\r\n`)
            .join('')
        case 'STATUS': {
          const one = mailboxes[unquoted(/^("[^"]*"|\S+)/.exec(rest)?.[1])] ?? []
          const next = (one.at(-1)?.uid ?? 0) + 1
          return `* STATUS ${/^("[^"]*"|\S+)/.exec(rest)?.[1]} (MESSAGES ${one.length} UIDNEXT ${next} UIDVALIDITY 77)\r\n`
        }
        case 'EXAMINE':
          box = mailboxes[unquoted(rest)] ?? []
          return `* ${box.length} EXISTS\r\n* FLAGS (\\Seen)\r\n* OK [UIDVALIDITY 77]\r\n* OK [UIDNEXT ${(box.at(-1)?.uid ?? 0) + 1}]\r\n`
        case 'SEARCH': {
          const [, from = '1', to = from] = /(\d+)(:\*)?/.exec(rest) ?? []
          const found = box.filter(({ uid }) => (to === ':*' ? uid >= Number(from) : uid === Number(from)))
          return `* SEARCH ${found.map(({ uid }) => uid).join(' ')}\r\n`
        }
        case 'FETCH': {
          const [, set = '', items = ''] = /^(\S+) (.*)$/.exec(rest) ?? []
          return fetched(box, set, items)
        }
        default:
          return ''
      }
    }
    const lines = createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY })
    lines.on('error', () => undefined)
    lines.on('line', async (line) => {
      const [, tag = '', command = ''] = /^(\S+) (.*)$/.exec(line) ?? []
      commands.push(command)
      if (/BODY\.PEEK/.test(command)) await before?.(command)
      const other = instead?.(command, commands.filter((one) => one === command).length)
      if (other === 'break') {
        socket.write('* 1 FETCH (UID ')
        return void socket.destroy()
      }
      if (other !== undefined) return void socket.write(other.replaceAll('TAG', tag))
      if (/^logout/i.test(command)) {
        logouts.add(socket)
        return void socket.end(`* BYE\r\n${tag} OK\r\n`)
      }
      socket.write(Buffer.from(`${answer(command)}${tag} OK done\r\n`, 'latin1'))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    commands,
    answers,
    mostConnections: () => most,
    logins: () => logins,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

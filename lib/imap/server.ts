import { peerOf } from '../login/peer'
import type { Update } from '../mailbox/mailbox'
import { onAbort } from '../terms/abort'
import { logThrown } from '../terms/log-thrown'
import type { Connection } from '../transport/connection'
import { turn } from '../work/turns'
import { flagsText, saysUid } from './base/messages/change'
import { IDLE_TOO_LONG } from './base/session/connection'
import { extensions } from './extensions'
import { dispatch } from './kernel/dispatch'
import { faultReply, type Reply } from './kernel/faults'
import { createKeywords } from './kernel/flags'
import type { ImapPorts, Session } from './kernel/session'
import { slotsOf } from './kernel/slots'
import { type FrameLimits, readFrame } from './wire/frame'
import { createLiterals, type Share } from './wire/literals'
import { compact } from './wire/sequence-set'

const SLOTS = slotsOf(extensions)
/** Before login nobody needs more. */
const LOGIN_LITERAL = 4096
const LITERAL = 1024 * 1024
const LOGIN_LINE = 16 * 1024
/** ID at its longest (RFC 2971 3.3): 30 fields, each value of 1024 octets that all may be quoted */
const ID_LINE = 72 * 1024

function openSession(connection: Connection, ports: ImapPorts): Session {
  const say = (line: string): void => connection.writer.write(`${line}\r\n`)

  function tellOne(update: Update, withUid: boolean): void {
    switch (update.kind) {
      case 'expunge':
        return say(`* ${update.seq} EXPUNGE`)
      case 'exists':
        say(`* ${update.count} EXISTS`)
        if (!session.modes.rev2) say(`* ${update.recent} RECENT`)
        return
      case 'flags': {
        const items = [
          ...(withUid || saysUid(session) ? [`UID ${update.uid}`] : []),
          `FLAGS ${flagsText(session, update.flags, update.recent)}`,
          ...(session.modes.condstore ? [`MODSEQ (${update.modSeq})`] : []),
        ]
        return say(`* ${update.seq} FETCH (${items.join(' ')})`)
      }
    }
  }

  const session: Session = {
    connection,
    ports,
    slots: SLOTS,
    modes: { condstore: false, utf8: false, rev2: false, qresync: false, compressed: false },
    state: { name: 'not-authenticated' },
    lease: undefined,
    tries: 0,
    badCommands: 0,
    client: undefined,
    peer: peerOf('imap', connection),
    say,
    tell: (updates, withUid) => {
      const gone = session.modes.qresync ? updates.filter((update) => update.kind === 'expunge') : []
      // RFC 7162 3.2.10: never EXPUNGE again after ENABLE QRESYNC
      if (gone.length > 0) say(`* VANISHED ${compact(gone.map(({ uid }) => uid).sort((a, b) => a - b))}`)
      for (const update of updates) if (gone.length === 0 || update.kind !== 'expunge') tellOne(update, withUid)
    },
    enableCondstore: () => {
      if (session.modes.condstore) return
      session.modes.condstore = true
      const { state } = session
      if (state.name === 'selected') say(`* OK [HIGHESTMODSEQ ${state.view.highestModSeq}] Highest mod-sequence`)
    },
    capabilities: () => extensions.flatMap((extension) => extension.capabilities?.(session) ?? []).join(' '),
    enter: async (mail): Promise<Reply | undefined> => {
      if (session.lease) return undefined
      const entry = {
        protocol: 'imap',
        address: connection.address,
        ...(session.client !== undefined && { client: session.client }),
      } as const
      // What is waiting is sent first: the answer may take seconds.
      connection.writer.flush()
      const entered = await mail.enter(entry, connection.closed)
      if (!entered.ok) return faultReply(entered.fault, ports.tellHolder)
      if (connection.closed.aborted) {
        await entered.value.release()
        return { kind: 'bad', text: 'closed' }
      }
      session.lease = entered.value
      onAbort(entered.value.lost, () => {
        void session.bye('The mailbox is needed elsewhere')
      })
      return undefined
    },
    bye: (text) => {
      say(`* BYE ${text}`)
      return connection.end()
    },
    ...createKeywords(() => session),
    close: () => {
      if (session.state.name !== 'selected') return
      session.state.view.close()
      session.state = { name: 'authenticated', mail: session.state.mail }
    },
    readLine: () => connection.reader.nextLine(ports.settings.maxLine),
  }
  return session
}

export function createImapServer(ports: ImapPorts) {
  const literals = createLiterals()
  const limitsOf = (session: Session, share: Share): FrameLimits => {
    const before = session.state.name === 'not-authenticated'
    return {
      line: before ? ID_LINE : ports.settings.maxLine,
      first: (line) => (before && !/^\S+ ID /i.test(line) ? LOGIN_LINE : Number.POSITIVE_INFINITY),
      literal: (first) =>
        before ? LOGIN_LITERAL : /^\S+ (?:APPEND|(?:UID )?REPLACE) /i.test(first) ? ports.settings.maxAppend : LITERAL,
      room: async (octets) => {
        const { connection, state } = session
        return !('mail' in state) || share.take(state.mail.id, octets, connection.closed)
      },
    }
  }

  async function converse(session: Session, share: Share): Promise<void> {
    const { connection } = session
    while (session.state.name !== 'logout' && !connection.closed.aborted) {
      const read = await readFrame(connection, limitsOf(session, share))
      if (read.kind === 'end') return
      if (read.kind === 'http') return session.say('* BYE This is no web server')
      if (read.kind === 'hopeless') return session.say('* BYE The literal is too big')
      if (read.kind === 'too-long') {
        const literal = read.what === 'literal'
        session.say(literal ? `${read.tag} NO [TOOBIG] The literal is too big` : `${read.tag} BAD Line too long`)
        if (!literal && ++session.badCommands >= ports.settings.maxBadCommands)
          return session.say('* BYE Too many bad commands')
      } else await dispatch(session, read.frame)
      share.release()
      // A client that sends many commands at once has no more than its turn.
      await turn()
      if (session.tries >= ports.settings.maxTries) return session.say('* BYE Too many failed logins')
      if (connection.writer.full && !(await connection.writer.drained())) return
    }
  }

  /** Serves one connection to its end. Never rejects. */
  async function serve(connection: Connection): Promise<void> {
    const session = openSession(connection, ports)
    const share = literals()
    connection.idleAfter(ports.settings.loginTime, () => void session.bye(IDLE_TOO_LONG))
    try {
      session.say(`* OK [CAPABILITY ${session.capabilities()}] IMAP ready`)
      await converse(session, share)
    } catch (error) {
      logThrown(ports.log, `IMAP ${connection.id}`, error)
    }
    share.release()
    session.close()
    await session.lease?.release()
    await connection.end()
  }

  return {
    name: 'imap',
    alpn: 'imap',
    serve,
    refuse: (connection: Connection): void => connection.writer.write('* BYE [LIMIT] Too many connections\r\n'),
  } as const
}

import { peerOf } from '../../login/peer'
import { connectionLine } from '../../login/session-line'
import { textOf } from '../../terms/errors'
import type { Connection } from '../../transport/connection'
import { octetsOf } from '../wire/encode'
import type { Share } from '../wire/literals'
import { untagged, untaggedOk } from '../wire/response'
import { createKeywords } from './flags'
import { Leases } from './leases'
import { SelectedNews } from './news'
import type { ImapPorts, Session } from './session'
import type { Slots } from './slots'
import { newModes } from './state'
import { Unsolicited } from './unsolicited'

const noCounts = (): Session['counts'] => ({ appended: 0, expunged: 0, moved: 0, copied: 0, fetched: 0 })

/** The state of a new connection, and the verbs on it. */
export function openSession(connection: Connection, ports: ImapPorts, slots: Slots, share: Share): Session {
  const { reader, writer } = connection
  /** when the session began, or was given back, and what the connection had read and written by then */
  let since = { at: performance.now(), received: 0, written: 0 }
  let stops: (() => void)[] = []
  /** takes the selected mailbox out of what nobody asked for */
  let unwatch: (() => void) | undefined

  let leases: Leases | undefined

  function endLogin(): void {
    session.close()
    for (const stop of stops) stop()
    stops = []
  }

  const keywords = createKeywords(() => session)
  const session: Session = {
    connection,
    ports,
    modes: newModes(),
    unsolicited: new Unsolicited({
      ready: () => !writer.full || writer.drained(),
      flush: () => writer.flush(),
      failed: (error) => ports.log.error(`IMAP ${connection.id}: news: ${textOf(error)}`),
    }),
    state: { name: 'not-authenticated' },
    get leases() {
      leases ??= new Leases(session)
      return leases
    },
    tries: 0,
    badCommands: 0,
    client: undefined,
    user: '',
    counts: noCounts(),
    ended: undefined,
    inResponse: false,
    parting: undefined,
    peer: peerOf('imap', connection),
    say: (response) => writer.write(`${response}\r\n`),
    sayOk: (code, text) => session.say(untaggedOk(code, session.inLanguage(text))),
    inLanguage: (text) => {
      const { language } = session.modes
      return language === undefined ? text : octetsOf(slots.translate(language, text))
    },
    capabilities: () => slots.capabilities(session).join(' '),
    enableCondstore: () => {
      if (session.modes.condstore) return
      session.modes.condstore = true
      const { state } = session
      if (state.name === 'selected') session.sayOk(`HIGHESTMODSEQ ${state.view.highestModSeq}`, 'Highest mod-sequence')
    },
    enter: (mail, of) => session.leases.enter(mail, of),
    makeRoom: async (octets) => {
      const { state } = session
      return !('mail' in state) || share.take(state.mail.id, octets, connection.closed)
    },
    bye: (text) => {
      session.ended ??= text
      // In the middle of a response it would be read as a part of it.
      if (!session.inResponse) session.say(untagged('BYE', session.inLanguage(text)))
      return connection.end()
    },
    idleAfter: (milliseconds) => connection.idleAfter(milliseconds, () => void session.bye('Idle for too long')),
    sayFlags: keywords.sayFlags,
    learn: keywords.learn,
    select: (selected) => {
      session.close()
      session.state = selected
      const stop = selected.view.onNews(() => session.unsolicited.wake())
      const remove = session.unsolicited.add(new SelectedNews(session, slots, selected))
      unwatch = () => {
        stop()
        remove()
      }
    },
    close: () => {
      if (session.state.name !== 'selected') return
      unwatch?.()
      session.state.view.close()
      session.state = { name: 'authenticated', mail: session.state.mail }
    },
    untilLogout: (stop) => void stops.push(stop),
    unauthenticate: async () => {
      endLogin()
      session.state = { name: 'not-authenticated' }
      session.ended = 'unauthenticate'
      await session.finish()
      since = { at: performance.now(), received: reader.received, written: writer.written }
      // What failed logins are allowed stays what it is for one connection.
      Object.assign(session, { ended: undefined, user: '', badCommands: 0 })
      Object.assign(session.modes, newModes())
      Object.assign(session.counts, noCounts())
      session.idleAfter(ports.settings.loginTime)
    },
    logout: () => {
      endLogin()
      session.state = { name: 'logout' }
    },
    finish: async () => {
      await session.leases.release()
      const { id, address, secure, closed } = connection
      const octets = {
        reader: { received: reader.received - since.received },
        writer: { written: writer.written - since.written },
      }
      const { user, client = '', counts, ended } = session
      const about = { protocol: 'imap', user, client, counts }
      ports.log.info(connectionLine({ id, address, secure, closed, ...octets }, about, since.at, ended))
    },
    readLine: () => reader.nextLine(ports.settings.maxLine),
  }
  return session
}

import { DAY } from '../../terms/calendar'
import { unavailable } from '../../terms/errors'
import { LANGUAGES, languageTags, matchLanguage } from '../../terms/languages'
import type { Command, Session, Transaction } from '../command'
import { sendLines } from '../multiline'
import { inLanguage } from '../texts'

/** Only what every path of is built. RFC 2449 6.2 and 6.3: USER and SASL are announced in both states, without differences. */
function capabilities({ state, connection, ports, peer }: Session): string[] {
  const mechanisms = ports.login.mechanisms(peer())
  const always = [
    ...['TOP', 'UIDL', 'RESP-CODES', 'AUTH-RESP-CODE', 'PIPELINING', 'UTF8', 'LANG'],
    `EXPIRE ${ports.settings.expireDays ?? 'NEVER'}`,
    // RFC 2449 6.5: in whole seconds.
    ...(ports.settings.loginDelay > 0 ? [`LOGIN-DELAY ${Math.ceil(ports.settings.loginDelay / 1000)}`] : []),
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
  bare: true,
  states: 'any',
  run: async (session) => {
    session.say('+OK')
    await sendLines(session.connection.writer, capabilities(session))
  },
}

/** RFC 2449 6.7: what the announced retention lets go of; with 0 days, everything that was fetched. */
async function expired({ ports }: Session, { maildrop, retrieved }: Transaction): Promise<Iterable<number>> {
  const { expireDays } = ports.settings
  if (expireDays === undefined) return []
  if (expireDays === 0) return retrieved
  try {
    return await maildrop.seenBefore(ports.clock.now() - expireDays * DAY)
  } catch (error) {
    ports.log.warn(`nothing expires now: ${unavailable(error).fault.why}`)
    return []
  }
}

const lang: Command = {
  name: 'LANG',
  rfc: 'RFC 6856 3',
  states: 'any',
  run: (session, range) => {
    if (range === '') {
      session.ok('languages follow')
      for (const tag of languageTags) session.say(`${tag} ${LANGUAGES[tag]}`)
      return session.say('.')
    }
    const language = range === '*' ? session.ports.settings.language : matchLanguage(range)
    if (language === undefined) return session.err('no such language')
    session.modes.language = language
    session.say(`+OK ${language} ${inLanguage(language, 'language changed')}`)
  },
}

const quit: Command = {
  name: 'QUIT',
  rfc: 'RFC 1939 4 and 6',
  bare: true,
  states: 'any',
  run: async (session) => {
    session.over = true
    session.ended = 'logout'
    const { state, ports } = session
    if (state.name === 'authorization') return session.ok('bye')
    const { retrSetsSeen, onDelete } = ports.settings
    const seen = retrSetsSeen ? [...state.retrieved] : []
    const deleted = new Set([...state.deleted, ...(await expired(session, state))])
    const done = await state.maildrop.update([...deleted], seen, onDelete)
    // The lock is free before the client hears that it may come again.
    await state.maildrop.close()
    if (!done.ok) ports.log.warn(`${state.identity.name}: deletion at QUIT failed: ${done.fault.kind}`)
    if (done.ok && onDelete !== 'keep') session.counts.dele = deleted.size
    if (done.ok) session.ok('bye')
    else session.err('some deleted messages not removed', 'SYS/TEMP')
  },
}

export const commandsOfAnyState: readonly Command[] = [capa, lang, quit]

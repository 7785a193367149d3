import { rightOf } from '../../mailbox/shared/rights'
import { type FlagSet, SYSTEM_FLAGS } from '../../terms/flags'
import type { ModSeq } from '../../terms/numbers'
import { FETCH_END, fetchStart, list, untagged } from '../wire/response'
import type { Session } from './session'

/** flag-list of a FETCH response. Keywords that the client has not heard of are announced before it (RFC 9051 7.3.5). */
export function flagsText(session: Session, flags: FlagSet, recent: boolean): string {
  session.learn(flags)
  return recent && !session.modes.rev2 ? list(['\\Recent', ...flags.names]) : flags.wire
}

/** RFC 7162 3.1.4.2 */
export const modSeqItem = (modSeq: ModSeq): string => `MODSEQ ${list([modSeq])}`

export interface FlagsFetch {
  readonly uid: number
  /** whether the command speaks of UIDs, or the response must have it */
  readonly withUid: boolean
  /** undefined: the client knows what it has set */
  readonly flags: FlagSet | undefined
  readonly recent: boolean
  readonly modSeq: ModSeq
}

/** `* n FETCH (UID n FLAGS (...) MODSEQ (n))`: what becomes of a message's flags, where FETCH did not ask for it. */
export function fetchResponse(session: Session, seq: number, message: FlagsFetch): string {
  const { condstore, rev2, notify, uidonly } = session.modes
  const items = [
    // RFC 7162 3.2.4, RFC 9051 7.5.2, RFC 5465 5.1; RFC 9586 3.3: it is there already
    ...(!uidonly && (message.withUid || condstore || rev2 || notify) ? [`UID ${message.uid}`] : []),
    ...(message.flags ? [`FLAGS ${flagsText(session, message.flags, message.recent)}`] : []),
    ...(condstore ? [modSeqItem(message.modSeq)] : []),
  ]
  return `${fetchStart(session.modes, seq, message.uid)}${items.join(' ')}${FETCH_END}`
}

/** More are not announced, so that nobody makes the list of every SELECT grow without end. */
const MOST = 1000

/** What one client has heard of the keywords of the selected mailbox. */
export function createKeywords(
  session: () => Pick<Session, 'say' | 'sayOk' | 'state' | 'inResponse'>,
): Pick<Session, 'sayFlags' | 'learn'> {
  /** as they are spelled, by lower case: a keyword is one whatever its case (RFC 9051 2.3.2) */
  let heard: Map<string, string> | undefined

  const names = (): string[] => [...SYSTEM_FLAGS, ...(heard?.values() ?? [])]

  function announce(): void {
    const { say, state } = session()
    if (state.name === 'selected') say(untagged('FLAGS', list(names())))
  }

  return {
    sayFlags(keywords) {
      heard =
        keywords.length === 0
          ? undefined
          : new Map(keywords.slice(0, MOST).map((keyword) => [keyword.toLowerCase(), keyword]))
      announce()
      const { state } = session()
      // RFC 9051 7.1: what a client may keep does not change; `\*` stands for keywords that come. RFC 4314 5.1.1
      const rights = state.name !== 'selected' || state.readOnly ? '' : state.view.rights
      const permanent = [...names(), '\\*'].filter((flag) => rights.includes(rightOf(flag)))
      session().sayOk(`PERMANENTFLAGS ${list(permanent)}`, 'Flags that stay')
    },
    learn({ keywords }) {
      // In the middle of a response nothing else is said: the next one announces them.
      if (keywords.length === 0 || session().inResponse) return
      heard ??= new Map()
      const before = heard.size
      for (const keyword of keywords) {
        const key = keyword.toLowerCase()
        if (!heard.has(key) && heard.size < MOST) heard.set(key, keyword)
      }
      if (heard.size > before) announce()
    },
  }
}

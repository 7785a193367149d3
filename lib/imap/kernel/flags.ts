import { SYSTEM_FLAGS } from '../../terms/flags'
import type { Session } from './session'

/** More are not announced, so that nobody makes the list of every SELECT grow without end. */
const MOST = 1000

/** What one client has heard of the keywords of the selected mailbox. */
export function createKeywords(session: () => Pick<Session, 'say' | 'state'>): Pick<Session, 'sayFlags' | 'learn'> {
  /** as they are spelled, by lower case: a keyword is one whatever its case (RFC 9051 2.3.2) */
  let heard: Map<string, string> | undefined

  const names = (): string => [...SYSTEM_FLAGS, ...(heard?.values() ?? [])].join(' ')

  function say(): void {
    const { say, state } = session()
    if (state.name !== 'selected') return
    say(`* FLAGS (${names()})`)
  }

  return {
    sayFlags(keywords) {
      heard =
        keywords.length === 0
          ? undefined
          : new Map(keywords.slice(0, MOST).map((keyword) => [keyword.toLowerCase(), keyword]))
      say()
      const { say: tell, state } = session()
      // RFC 9051 7.1: what a client may keep does not change; `\*` stands for keywords that come.
      const readOnly = state.name === 'selected' && state.readOnly
      tell(`* OK [PERMANENTFLAGS (${readOnly ? '' : `${names()} \\*`})] Flags that stay`)
    },
    learn({ keywords }) {
      if (keywords.length === 0) return
      heard ??= new Map()
      const before = heard.size
      for (const keyword of keywords) {
        const key = keyword.toLowerCase()
        if (!heard.has(key) && heard.size < MOST) heard.set(key, keyword)
      }
      if (heard.size > before) say()
    },
  }
}

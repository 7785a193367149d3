import { type Command, defineCommand } from '../../kernel/command'
import { afterLogin, type Extension } from '../../kernel/extension'
import { bad, done } from '../../kernel/reply'
import type { ReturnItem } from '../../kernel/slots'
import type { Selected } from '../../kernel/state'
import { quoted } from '../../wire/encode'
import { code, untagged } from '../../wire/response'
import {
  byUid,
  Context,
  contextsOf,
  MOST_CONTEXTS,
  MOST_RESULTS,
  MOST_SORTED,
  sayUpdates,
  takeExpunged,
} from './context-updates'

/** CONTEXT=SEARCH and CONTEXT=SORT (RFC 5267 4): a client is told how the results of a search change. */

/** RFC 5267 4.3.1: at least one context for each client. @param results of the new one */
function isTooMuch({ view }: Selected, results: number, isSorted: boolean): boolean {
  const known = contextsOf(view)
  if (isSorted && results > MOST_SORTED) return true
  let all = results
  for (const context of known.values()) all += context.results.length
  return known.size > 0 && (known.size >= MOST_CONTEXTS || all > MOST_RESULTS)
}

/** An option that tells nothing by itself. */
const option = (name: string, more: Pick<ReturnItem, 'begin'> = {}): ReturnItem => ({
  name,
  tells: 'nothing',
  choose: () => [],
  text: () => undefined,
  ...more,
})

const update = option('UPDATE', {
  begin: (session, state, tag) => {
    const { view } = state
    if (contextsOf(view).has(tag)) return bad('This tag has a context already')
    const since = view.highestModSeq
    const lastUid = view.exists > 0 ? view.uidAt(view.exists) : 0
    return async (found) => {
      if (!found.isWhole || isTooMuch(state, found.seqs.length, found.sort !== undefined)) {
        session.say(untagged('NO', `[${code('NOUPDATE', quoted(tag))}]`, 'Too much to be kept up to date'))
        return
      }
      const kept = { ...found, key: await byUid(view, found.key) }
      contextsOf(view).set(tag, new Context(tag, kept, since, lastUid, view))
    }
  },
})

const cancelUpdate: Command = defineCommand({
  name: 'CANCELUPDATE',
  rfc: 'RFC 5267 4.3.5',
  states: ['selected'],
  parse: (cursor) => {
    const tags: string[] = []
    while (cursor.try(' ')) tags.push(cursor.string().toString('latin1'))
    return tags.length > 0 ? tags : cursor.fail('a tag in quotes')
  },
  run: async ({ state }, tags) => {
    const contexts = contextsOf(state.view)
    if (tags.some((tag) => !contexts.has(tag))) return bad('There is no such context')
    for (const tag of tags) contexts.delete(tag)
    return done('No further updates')
  },
})

export const context: Extension = {
  rfcs: {
    5267: {
      title: 'Contexts for IMAP4',
      note: 'ESORT, and contexts of SEARCH and SORT; the hint CONTEXT changes nothing',
    },
  },
  capabilities: afterLogin('CONTEXT=SEARCH', 'CONTEXT=SORT'),
  commands: [cancelUpdate],
  returns: [
    // RFC 5267 4.2: a server may ignore the hint.
    { name: 'CONTEXT', read: () => option('CONTEXT') },
    { name: 'UPDATE', read: () => update },
  ],
  news: {
    take: (session, updates) => {
      if (session.state.name === 'selected') takeExpunged(session, session.state, updates)
      return updates
    },
    said: async (session, state) => {
      await sayUpdates(session, state)
      return undefined
    },
  },
}

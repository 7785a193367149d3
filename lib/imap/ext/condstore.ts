import type { Extension, FetchItem } from '../kernel/extension'

const modSeqItem: FetchItem = { needs: 'index', write: ({ view, seq }) => [`MODSEQ (${view.modSeqAt(seq)})`] }

/** CONDSTORE (RFC 7162): mod-sequences of messages. UNCHANGEDSINCE and CHANGEDSINCE are read by STORE and FETCH themselves. */
export const condstore: Extension = {
  rfc: 'RFC 7162',
  capabilities: ({ state }) => (state.name === 'not-authenticated' ? [] : ['CONDSTORE']),
  fetch: [
    {
      name: 'MODSEQ',
      read: (_cursor, session) => {
        // RFC 7162 3.1: a CONDSTORE-enabling command.
        session.enableCondstore()
        return modSeqItem
      },
    },
  ],
  status: [
    {
      name: 'HIGHESTMODSEQ',
      value: ({ highestModSeq }, _mail, session) => {
        session.enableCondstore()
        return String(highestModSeq)
      },
    },
  ],
  search: [
    {
      name: 'MODSEQ',
      read: (cursor) => {
        cursor.space()
        // RFC 7162 3.1.5: an entry name and type may stand before the number; all flags share one mod-sequence here.
        if (cursor.peek('"')) {
          cursor.string()
          cursor.space()
          if (!cursor.tryWord('all') && !cursor.tryWord('priv') && !cursor.tryWord('shared'))
            cursor.fail('all, priv or shared')
          cursor.space()
        }
        return { kind: 'modseq', atLeast: cursor.number64() }
      },
    },
  ],
  select: [
    {
      name: 'CONDSTORE',
      // SELECT has told the highest mod-sequence already.
      read: () => (session) => {
        session.modes.condstore = true
      },
    },
  ],
  fetchModifiers: [
    {
      name: 'CHANGEDSINCE',
      read: (cursor, session, _by, modifiers) => {
        cursor.space()
        modifiers.changedSince = cursor.number64()
        session.enableCondstore()
      },
    },
  ],
  enable: [
    {
      word: 'CONDSTORE',
      turnOn: (session) => session.enableCondstore(),
    },
  ],
  selected: (view) => [`HIGHESTMODSEQ ${view.highestModSeq}`],
}

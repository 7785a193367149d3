import { modSeq } from '../../../terms/numbers'
import { modSeqFetch } from '../../base/messages/fetch-items'
import { afterLogin, type Extension } from '../../kernel/extension'
import { code } from '../../wire/response'

/** CONDSTORE (RFC 7162): mod-sequences of messages; that it is on is a mode of the session. */
export const condstore: Extension = {
  rfcs: {
    7162: {
      title: 'IMAP CONDSTORE and QRESYNC',
      note: '10,000 commits of a mailbox are remembered; who comes later is told all that is not there',
    },
  },
  capabilities: afterLogin('CONDSTORE'),
  fetch: [
    {
      name: 'MODSEQ',
      read: (_cursor, session) => {
        // RFC 7162 3.1: a CONDSTORE-enabling command.
        session.enableCondstore()
        return modSeqFetch
      },
    },
  ],
  status: [
    {
      name: 'HIGHESTMODSEQ',
      asked: (session) => session.enableCondstore(),
      value: ({ highestModSeq }) => String(highestModSeq),
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
        // RFC 7162 3.1.4.1: it asks for MODSEQ too.
        modifiers.also = modSeqFetch
        session.enableCondstore()
      },
    },
  ],
  storeModifiers: [
    {
      name: 'UNCHANGEDSINCE',
      read: (cursor, _session, modifiers) => {
        cursor.space()
        modifiers.unchangedSince = modSeq(cursor.number64())
        modifiers.begin = (session) => session.enableCondstore()
      },
    },
  ],
  enable: [
    {
      word: 'CONDSTORE',
      turnOn: (session) => session.enableCondstore(),
    },
  ],
  selected: (view) => [code('HIGHESTMODSEQ', view.highestModSeq)],
}

import { fuzzy as loosely } from '../../../search/fuzzy'
import { afterLogin, type Extension } from '../../kernel/extension'
import { list } from '../../wire/response'

/** SEARCH=FUZZY (RFC 6203); its key of SORT is among the others (lib/search/sort.ts). */
export const fuzzy: Extension = {
  rfcs: {
    6203: {
      title: 'IMAP4 Extension for Fuzzy Search',
      note: 'texts by their words; flags, dates, sizes and numbers exactly',
    },
  },
  capabilities: afterLogin('SEARCH=FUZZY'),
  search: [
    {
      name: 'FUZZY',
      // RFC 6203 7: "FUZZY" SP search-key
      read: (cursor, _session, key) => {
        cursor.space()
        return loosely(key())
      },
    },
  ],
  returns: [
    {
      name: 'RELEVANCY',
      read: () => ({
        name: 'RELEVANCY',
        tells: 'scores',
        choose: (all) => all,
        text: (scores) => (scores.length === 0 ? undefined : `RELEVANCY ${list(scores.map(String))}`),
      }),
    },
  ],
}

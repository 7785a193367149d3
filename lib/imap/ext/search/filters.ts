import { afterLogin, type Extension } from '../../kernel/extension'
import { no } from '../../kernel/reply'
import { code } from '../../wire/response'

/** RFC 5466 3.1; those that all users share would be the administrator's, who has none here. */
const VALUES = '/private/filters/values/'

/** FILTERS (RFC 5466): a search by its name, kept as an annotation of the server (METADATA). */
export const filters: Extension = {
  rfcs: {
    5466: { title: 'IMAP4 Persistent Filters', note: '`/private/filters/values/NAME`; there are no shared ones' },
  },
  capabilities: afterLogin('FILTERS'),
  search: [
    {
      name: 'FILTER',
      read: (cursor, session, _key, later) => {
        cursor.space()
        const name = cursor.atom()
        if (name.includes('/')) cursor.fail('the name of a filter')
        return later(async (parse) => {
          const { state } = session
          const all = 'mail' in state ? await state.mail.annotations.get('') : undefined
          const wanted = `${VALUES}${name}`.toLowerCase()
          const filter = all?.find((annotation) => annotation.name.toLowerCase() === wanted)
          // RFC 5466 3.1: one that is no whole criterion, or leads to itself, is as one that is not there.
          const key = filter && parse(filter.value.toString('latin1'))
          return key ?? no('There is no such filter', code('UNDEFINED-FILTER', name))
        })
      },
    },
  ],
}

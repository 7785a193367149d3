import { mailboxes } from './base/mailboxes'
import { messages } from './base/messages'
import { search } from './base/search'
import { session } from './base/session'
import { acl } from './ext/mailboxes/acl'
import { appendlimit } from './ext/mailboxes/appendlimit'
import { listStatus } from './ext/mailboxes/list-status'
import { metadata } from './ext/mailboxes/metadata'
import { notification } from './ext/mailboxes/notify'
import { quota } from './ext/mailboxes/quota'
import { specialUse } from './ext/mailboxes/special-use'
import { binary } from './ext/messages/binary'
import { catenate } from './ext/messages/catenate'
import { condstore } from './ext/messages/condstore'
import { messagelimit } from './ext/messages/messagelimit'
import { objectid } from './ext/messages/objectid'
import { preview } from './ext/messages/preview'
import { qresync } from './ext/messages/qresync'
import { replace } from './ext/messages/replace'
import { uidbatches } from './ext/messages/uidbatches'
import { uidonly } from './ext/messages/uidonly'
import { context } from './ext/search/context'
import { filters } from './ext/search/filters'
import { fuzzy } from './ext/search/fuzzy'
import { multisearch } from './ext/search/multisearch'
import { partial } from './ext/search/partial'
import { searchres } from './ext/search/searchres'
import { sort } from './ext/search/sort'
import { compression } from './ext/session/compress'
import { inprogress } from './ext/session/inprogress'
import { language } from './ext/session/language'
import { unauthentication } from './ext/session/unauthenticate'
import { utf8 } from './ext/session/utf8'
import type { Extension } from './kernel/extension'

/** Everything that this server speaks; an extension is one line here and one file in ext/. */
export const extensions: readonly Extension[] = [
  session,
  mailboxes,
  listStatus,
  metadata,
  acl,
  notification,
  specialUse,
  messages,
  search,
  // Its REMOVEFROM comes before QRESYNC's VANISHED.
  context,
  condstore,
  qresync,
  uidonly,
  uidbatches,
  messagelimit,
  searchres,
  multisearch,
  partial,
  fuzzy,
  filters,
  objectid,
  sort,
  quota,
  binary,
  preview,
  utf8,
  appendlimit,
  replace,
  catenate,
  inprogress,
  compression,
  unauthentication,
  language,
]

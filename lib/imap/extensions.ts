import { mailboxes } from './base/mailboxes'
import { messages } from './base/messages'
import { search } from './base/search'
import { session } from './base/session'
import { appendlimit } from './ext/appendlimit'
import { binary } from './ext/binary'
import { compression } from './ext/compress'
import { condstore } from './ext/condstore'
import { inprogress } from './ext/inprogress'
import { listStatus } from './ext/list-status'
import { objectid } from './ext/objectid'
import { partial } from './ext/partial'
import { preview } from './ext/preview'
import { qresync } from './ext/qresync'
import { quota } from './ext/quota'
import { replace } from './ext/replace'
import { searchres } from './ext/searchres'
import { sort } from './ext/sort'
import { specialUse } from './ext/special-use'
import { utf8 } from './ext/utf8'
import type { Extension } from './kernel/extension'

/** Everything that this server speaks; an extension is one line here and one file in ext/. */
export const extensions: readonly Extension[] = [
  session,
  mailboxes,
  listStatus,
  specialUse,
  messages,
  search,
  condstore,
  qresync,
  searchres,
  partial,
  objectid,
  sort,
  quota,
  binary,
  preview,
  utf8,
  appendlimit,
  replace,
  inprogress,
  compression,
]

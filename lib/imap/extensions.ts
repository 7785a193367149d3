import { base } from './base'
import { binary } from './ext/binary'
import { compression } from './ext/compress'
import { condstore } from './ext/condstore'
import { objectid } from './ext/objectid'
import { partial } from './ext/partial'
import { preview } from './ext/preview'
import { qresync } from './ext/qresync'
import { quota } from './ext/quota'
import { searchres } from './ext/searchres'
import { sort } from './ext/sort'
import type { Extension } from './extension'

/** Everything that this server speaks; an extension is one line here and one file or folder in ext/. */
export const extensions: readonly Extension[] = [
  base,
  condstore,
  qresync,
  searchres,
  partial,
  objectid,
  sort,
  quota,
  binary,
  preview,
  compression,
]

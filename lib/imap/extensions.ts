import { base } from './base'
import { binary } from './ext/binary'
import { compression } from './ext/compress'
import { condstore } from './ext/condstore'
import { objectid } from './ext/objectid'
import { preview } from './ext/preview'
import { quota } from './ext/quota'
import { sort } from './ext/sort'
import type { Extension } from './extension'

/** Everything that this server speaks; an extension is one line here and one file or folder in ext/. */
export const extensions: readonly Extension[] = [base, condstore, objectid, sort, quota, binary, preview, compression]

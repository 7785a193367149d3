import type { StoreDriver } from '../driver'
import { LMDB_FACTS, openLmdbStore } from './index'
import { openLmdbTransfer } from './transfer'

export const lmdbDriver: StoreDriver = {
  facts: LMDB_FACTS,
  check: () => undefined,
  open: ({ folder }) => openLmdbStore({ path: folder }),
  openTransfer: ({ folder }) => openLmdbTransfer(folder),
  address: ({ folder }) => folder,
}

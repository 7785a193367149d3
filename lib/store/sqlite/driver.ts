import type { StoreDriver } from '../driver'
import { openSqliteBackup } from './backup-reader'
import { openSqliteStore, SQLITE_FACTS } from './index'
import { openSqliteTransfer } from './transfer'

export const sqliteDriver: StoreDriver = {
  facts: SQLITE_FACTS,
  check: () => undefined,
  open: ({ folder, flagsDurable = false, log }) => openSqliteStore({ path: folder, flagsDurable, log }),
  openBackup: openSqliteBackup,
  openTransfer: ({ folder }) => openSqliteTransfer(folder),
  address: ({ folder }) => folder,
}

import type { StoreDriver } from '../driver'
import { openSqliteStore, SQLITE_FACTS } from './index'
import { sqliteSettings } from './settings'
import { openSqliteTransfer } from './transfer'

export const sqliteDriver: StoreDriver = {
  facts: SQLITE_FACTS,
  check: (ini) => void sqliteSettings(ini),
  open: ({ folder, ini, log }) => openSqliteStore({ path: folder, log, ...sqliteSettings(ini) }),
  openTransfer: ({ folder }) => openSqliteTransfer(folder),
  address: ({ folder }) => folder,
}

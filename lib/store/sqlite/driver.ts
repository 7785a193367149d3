import type { StoreDriver } from '../driver'
import { openSqliteStore, SQLITE_FACTS } from './index'
import { sqliteSettings } from './settings'

export const sqliteDriver: StoreDriver = {
  facts: SQLITE_FACTS,
  check: (ini) => void sqliteSettings(ini),
  open: ({ folder, ini }) => openSqliteStore({ path: folder, ...sqliteSettings(ini) }),
  openTransfer: () => Promise.reject(new Error('not built yet')),
  address: ({ folder }) => folder,
}

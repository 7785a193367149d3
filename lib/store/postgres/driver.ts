import { postgresSettings } from '../../processes/postgres'
import type { StoreDriver } from '../driver'
import { openPostgresStore, POSTGRES_FACTS } from './index'
import { openPostgresTransfer } from './transfer'

export const postgresDriver: StoreDriver = {
  facts: POSTGRES_FACTS,
  check: (ini) => void postgresSettings(ini),
  open: ({ ini, flagsDurable = false, log }) => openPostgresStore({ ...postgresSettings(ini), flagsDurable, log }),
  openTransfer: ({ ini, log }) => openPostgresTransfer({ ...postgresSettings(ini), log }),
  address: ({ ini }) => postgresSettings(ini).url,
}

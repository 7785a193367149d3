import type { Log } from '../terms/ports'
import type { Ini } from '../terms/settings'
import type { Backup } from './backup'
import type { RepairEnd } from './repair'
import type { Store, StoreFacts } from './store'

/** Where a driver's store is, and what its manual says. */
export interface StorePlace {
  /** a folder of the driver's own, absolute; it need not exist */
  readonly folder: string
  /** config/mailbox_store.ini: a driver reads the section of its own name */
  readonly ini: Ini
  /** nothing may be answered before it is on the disk; else what lib/store/durability.ts calls visible may */
  readonly flagsDurable?: boolean
  readonly log: Log
}

/**
 * A store engine: what `driver` in config/mailbox_store.ini names. One of another package is exported as `storeDriver` and
 * proves itself with `storeConformance` and `repairConformance`.
 */
export interface StoreDriver {
  readonly facts: StoreFacts
  /** Reads its settings only. Throws what is wrong with them, for the operator. */
  check(ini: Ini): void
  open(place: StorePlace): Promise<Store>
  /** What `Store.backup` wrote into a folder. Absent where the engine's own tools make backups. */
  openBackup?(folder: string): Promise<Backup>
  /** The store as rows, for commands that have it alone: `migrate`, `check --repair`, `restored`. */
  openTransfer(place: StorePlace): Promise<RepairEnd>
  /** names the store among all that the driver could open; may hold a password: never logged */
  address(place: StorePlace): string
}

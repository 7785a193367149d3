import path from 'node:path'
import type { StoreDriver } from './driver'
import { postgresDriver } from './postgres/driver'
import { sqliteDriver } from './sqlite/driver'

/** The one list of store drivers: wiring, the CLI, settings and tests ask here. */
const DRIVERS: readonly StoreDriver[] = [sqliteDriver, postgresDriver]

export const storeDriverNames: readonly string[] = DRIVERS.map(({ facts }) => facts.name)
export const DEFAULT_STORE_DRIVER = sqliteDriver.facts.name

const isDriver = (value: unknown): value is StoreDriver =>
  typeof value === 'object' && value !== null && 'facts' in value && 'open' in value && 'openTransfer' in value

/**
 * @param name one of the list, or a package that exports `storeDriver`
 * @param home where packages of the operator's are looked for
 * Throws when there is no such driver, in words for the operator.
 */
export function storeDriver(name: string, home: string): StoreDriver {
  const ours = DRIVERS.find(({ facts }) => facts.name === name)
  if (ours) return ours
  const where = path.resolve(home)
  const list = storeDriverNames.join(', ')
  let file: string
  try {
    file = require.resolve(name, { paths: [where] })
  } catch {
    throw new Error(`mailbox_store.ini: driver = ${name}: expected one of ${list}, or a package installed in ${where}`)
  }
  const loaded: unknown = require(file)
  const found =
    typeof loaded === 'object' && loaded !== null && 'storeDriver' in loaded ? loaded.storeDriver : undefined
  if (isDriver(found)) return found
  throw new Error(`mailbox_store.ini: driver = ${name}: that package exports no storeDriver`)
}

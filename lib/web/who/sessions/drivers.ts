import { postgresSettings } from '../../../processes/postgres'
import type { Log } from '../../../terms/ports'
import type { Ini } from '../../../terms/settings'
import type { Sessions } from '../sessions'
import { openEmbeddedSessions } from './embedded'
import { openPostgresSessions } from './postgres'

export interface SessionsPlace {
  /** a folder of the driver's own, absolute; it need not exist */
  readonly folder: string
  /** config/mailbox_store.ini */
  readonly storeIni: Ini
  readonly log: Log
}

type OpenSessions = (place: SessionsPlace) => Promise<Sessions>

/** Sessions follow the mail: by the store's driver to the same database, or else to files of the same host. */
const BESIDE: ReadonlyMap<string, OpenSessions> = new Map<string, OpenSessions>([
  ['postgres', ({ storeIni, log }) => openPostgresSessions({ ...postgresSettings(storeIni), log })],
])
const inFiles: OpenSessions = ({ folder, log }) => openEmbeddedSessions({ path: folder, log })

/** @param store name of the driver that keeps the mail */
export const openSessionsBeside = (store: string, place: SessionsPlace): Promise<Sessions> =>
  (BESIDE.get(store) ?? inFiles)(place)

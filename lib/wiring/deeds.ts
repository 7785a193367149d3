import path from 'node:path'
import { deedLine, type MailDeed } from '../mailbox/deeds/deed'
import { type DeedLog, openDeedLog } from '../mailbox/deeds/log'
import { systemClock } from '../terms/ports'
import { dataFolder, type Home } from './home'
import { readMailboxSettings } from './room'

/** Who removed or moved mail on this host. */
export const openDeeds = (home: Home): Promise<DeedLog> =>
  openDeedLog({
    folder: path.join(dataFolder(home), 'deeds'),
    keep: readMailboxSettings(home).auditKeep,
    clock: systemClock,
    log: home.log,
  })

/** One line each, and an entry. */
export const noteDeed =
  ({ log }: Home, deeds: Pick<DeedLog, 'note'>) =>
  (deed: MailDeed): void => {
    log.info(deedLine(deed))
    void deeds.note([deed])
  }

import path from 'node:path'
import type { Sessions } from '../web/who/sessions'
import { openSessionsBeside } from '../web/who/sessions/drivers'
import { dataFolder, type Home } from './home'
import { findStoreDriver } from './store'

/** Web sessions and API tokens, shared by all processes that share the mail. */
export const openSessions = async (home: Home): Promise<Sessions> =>
  openSessionsBeside(findStoreDriver(home).facts.name, {
    folder: path.join(dataFolder(home), 'http'),
    storeIni: home.ini('mailbox_store'),
    log: home.log,
  })

import { extensions } from './extensions'
import { createServer } from './kernel/server'
import type { ImapPorts } from './kernel/session'

export const createImapServer = (ports: ImapPorts) => createServer(ports, extensions)

import type { Route } from '../../web/route/route'
import type { Web } from '../../web/shared'
import type { HttpPorts } from '../ports'
import { binRoutes } from './bin-routes'
import { composeRoutes } from './compose/compose-routes'
import { eventRoutes } from './event-routes'
import { inviteRoutes } from './invite/invite-routes'
import { listRoutes } from './list/list-routes'
import { mailboxRoutes } from './mailbox-routes'
import { changeRoutes } from './message/change-routes'
import { fileRoutes } from './message/file-routes'
import { messageRoutes } from './message/message-routes'
import { receiptRoutes } from './message/receipt-routes'
import { unsubscribeRoutes } from './message/unsubscribe-routes'
import { peopleRoutes } from './people/people-routes'
import { rulesRoutes } from './rules/rules-routes'

export const mailRoutes = (web: Web, ports: HttpPorts): readonly Route[] => [
  ...mailboxRoutes(),
  ...listRoutes(web),
  ...messageRoutes(web, ports),
  ...inviteRoutes(web, ports),
  ...unsubscribeRoutes(web, ports),
  ...fileRoutes(web),
  ...changeRoutes(),
  ...binRoutes(),
  ...composeRoutes(web, ports),
  ...peopleRoutes(web, ports),
  ...rulesRoutes(web, ports),
  ...receiptRoutes(web, ports),
  ...eventRoutes(web),
]

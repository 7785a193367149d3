import type { Route } from '../../web/route/route'
import type { Web } from '../../web/shared'
import type { HttpPorts } from '../ports'
import { accountRoutes } from './account-routes'
import { appPasswordRoutes } from './app-password-routes'
import { binRoutes } from './bin-routes'
import { deliveryRoutes } from './delivery-routes'
import { enterRoutes } from './enter-routes'
import { indexRoutes } from './index-routes'
import { lockRoutes } from './lock-routes'
import { lockoutRoutes } from './lockout-routes'
import { logRoutes } from './log-routes'
import { overviewRoutes } from './overview-routes'
import { sessionRoutes } from './session-routes'
import { sharingRoutes } from './sharing-routes'

/** What administrators do and see. */
export const adminRoutes = (web: Web, ports: HttpPorts): readonly Route[] => [
  ...accountRoutes(web, ports),
  ...appPasswordRoutes(web, ports),
  ...binRoutes(web, ports),
  ...deliveryRoutes(web, ports),
  ...enterRoutes(web, ports),
  ...sessionRoutes(web),
  ...sharingRoutes(web, ports),
  ...lockRoutes(web, ports),
  ...lockoutRoutes(web, ports),
  ...logRoutes(ports),
  ...indexRoutes(web, ports),
  ...overviewRoutes(web, ports),
]

import type { Web } from '../../web/ports'
import type { Route } from '../../web/route/route'
import type { Admit } from '../../web/who/admit'
import { adminAccountRoutes } from './account-routes'
import { adminWatchRoutes } from './watch-routes'

export const adminRoutes = (web: Web, admit: Admit): readonly Route[] => [
  ...adminAccountRoutes(web, admit),
  ...adminWatchRoutes(web, admit),
]

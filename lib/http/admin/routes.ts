import type { Admit } from '../admit'
import type { Web } from '../ports'
import type { Route } from '../route'
import { adminAccountRoutes } from './account-routes'
import { adminWatchRoutes } from './watch-routes'

export const adminRoutes = (web: Web, admit: Admit): readonly Route[] => [
  ...adminAccountRoutes(web, admit),
  ...adminWatchRoutes(web, admit),
]

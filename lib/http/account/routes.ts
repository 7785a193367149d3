import type { Route } from '../../web/route/route'
import type { Web } from '../../web/shared'
import type { HttpPorts } from '../ports'
import { keyRoutes } from './key-routes'
import { lockRoutes } from './lock-routes'
import { logInRoutes } from './log-in-routes'
import { passkeyRoutes } from './passkey-routes'
import { passwordRoutes } from './password-routes'
import { sessionRoutes } from './session-routes'
import { sharingRoutes } from './sharing-routes'
import { totpRoutes } from './totp-routes'

/** What an owner does to the own account. */
export const accountRoutes = (web: Web, ports: HttpPorts): readonly Route[] => [
  ...logInRoutes(web),
  ...sessionRoutes(web),
  ...lockRoutes(web, ports),
  ...passwordRoutes(web),
  ...totpRoutes(web),
  ...passkeyRoutes(web),
  ...keyRoutes(web, ports),
  ...sharingRoutes(web),
]

import type { Route } from '../web/route/route'
import type { WebRoom, WebServer } from '../web/web'
import { accountRoutes } from './account/routes'
import { adminRoutes } from './admin/routes'
import { mailRoutes } from './mail/routes'
import { mountPages } from './pages/pages'
import { mountPolicy } from './policy'
import type { HttpPorts } from './ports'
import { mountProbes } from './probes'

const API = '/api/v1'

/** Webmail and the administrator's pages, the JSON API behind them, and what monitoring asks. */
export function createHttp(web: WebServer, ports: HttpPorts): WebRoom {
  const routes: readonly Route[] = [...accountRoutes(web, ports), ...mailRoutes(web, ports), ...adminRoutes(web, ports)]
  return {
    mount(app) {
      mountProbes(app, web, ports)
      mountPolicy(app, web, ports.frontEnds)
      web.mountApi(app, { base: API, routes })
      mountPages(app, ports.assets)
    },
  }
}

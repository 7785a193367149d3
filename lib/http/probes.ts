import type { Application } from 'express'
import { notFound } from '../web/kernel/faults'
import type { WebServer } from '../web/web'
import type { HttpPorts } from './ports'

/** milliseconds that an answer of /healthz holds */
const HEALTHY_FOR = 500

/** What monitoring asks: /healthz and /metrics. */
export function mountProbes(
  app: Application,
  { room, settings, addressOf, fail }: WebServer,
  { locks, metrics }: HttpPorts,
): void {
  async function probe(): Promise<boolean> {
    try {
      await room.usable()
      await locks.list('healthz')
      return true
    } catch {
      return false
    }
  }
  let health = { at: Number.NEGATIVE_INFINITY, well: Promise.resolve(false) }
  /** Anybody may ask, and as often as they like: the store and the locks hear of it once in a while. */
  function healthy(): Promise<boolean> {
    const now = performance.now()
    if (now - health.at > HEALTHY_FOR) health = { at: now, well: probe() }
    return health.well
  }

  app.get('/healthz', (_request, response) => {
    healthy().then(
      (well) => response.status(well ? 200 : 503).json({ status: well ? 'ok' : 'unavailable' }),
      () => response.status(503).end(),
    )
  })
  app.get('/metrics', (request, response) => {
    if (!settings.metricsFrom(addressOf(request))) return fail(response, notFound('page'))
    metrics.text().then(
      (text) => response.type('text/plain; version=0.0.4; charset=utf-8').send(text),
      (error) => fail(response, error),
    )
  })
}

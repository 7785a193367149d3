import { pipeline, Readable } from 'node:stream'
import type { Application, RequestHandler, Response } from 'express'
import { runs } from '../../work/loop'
import { setCookie } from '../kernel/cookie'
import type { Fail } from '../kernel/fail'
import { notFound, Refused } from '../kernel/faults'
import { hasTooManyHeaders } from '../kernel/guard'
import type { Web } from '../shared'
import type { createCalls } from './call'
import type { EventStreams } from './events'
import { openApi } from './openapi'
import type { Answer, Call, Route } from './route'

/** An API: its rows, and the path that they are below. */
export interface Api {
  /** `/api/v1` */
  readonly base: string
  readonly routes: readonly Route[]
}

interface Parts {
  readonly calls: ReturnType<typeof createCalls>
  readonly streams: EventStreams
  readonly fail: Fail
}

/** @returns what mounts an API on Haraka's (or any) express */
export function createMount({ version }: Web, { calls, streams, fail }: Parts) {
  function give(response: Response, route: Route, answer: Answer, call: Call<unknown, unknown>): void {
    switch (answer.kind) {
      case 'json':
        if (answer.cookie !== undefined) setCookie(response, call.peer.tls, answer.cookie)
        response.status(route.status ?? 200).json(answer.value)
        return
      case 'octets':
        response.writeHead(200, { ...answer.headers, 'Content-Length': answer.octets.length })
        response.end(answer.octets)
        return
      case 'stream':
        response.writeHead(200, answer.headers)
        // Nobody is told what failed in the middle: the connection ends, and what came is known to be cut.
        pipeline(Readable.from(answer.pieces, { objectMode: false }), response, () => undefined)
        return
      case 'events':
        return streams.open(response, call.principal().credential.id, answer)
    }
  }

  const handler = (route: Route): RequestHandler => {
    const changesWhoMay = route.method !== 'get' && (route.scope === 'session' || route.scope === 'admin')
    return (request, response) => {
      calls
        .callOf(route, request, response)
        .then(async (call) => {
          const end = runs(`HTTP ${route.method} ${route.path}`)
          try {
            return give(response, route, await route.run(call), call)
          } finally {
            end()
            if (changesWhoMay) streams.look()
          }
        })
        .catch((error) => fail(response, error))
    }
  }

  return (app: Application, { base, routes }: Api): void => {
    app.use(base, (request, response, next) => {
      calls.leave(request, response)
      // Of refusals too: what one person was told is not for the next one.
      response.setHeader('Cache-Control', 'no-store')
      response.setHeader('X-Content-Type-Options', 'nosniff')
      if (!hasTooManyHeaders(request)) return next()
      fail(response, new Refused(431, 'too-many-headers', 'The request has too many header fields.'))
    })
    const document = openApi(base, routes, version)
    app.get(`${base}/openapi.json`, (_request, response) => void response.json(document))
    for (const route of routes) app[route.method](`${base}${route.path}`, handler(route))
    app.use(base, (_request, response) => fail(response, notFound('resource')))
  }
}

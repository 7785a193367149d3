import type { Request, Response } from 'express'
import type { LoginPeer } from '../../login/login'
import { createBodies, MOST_OF_STRANGERS } from '../kernel/body/bodies'
import { JSON_BODY } from '../kernel/body/kinds'
import { readBody, type Takes } from '../kernel/body/read'
import { cookieOf } from '../kernel/cookie'
import { Refused, unauthorized } from '../kernel/faults'
import { refuseCrossSite } from '../kernel/guard'
import { bearerOf, createPeers, userAgentOf } from '../kernel/peer'
import { has } from '../kernel/schema'
import type { Web } from '../shared'
import type { Principal } from '../who/principal'
import type { Call, Route } from './route'

/** Requests as calls of a route: who asks, whether they may, and what they brought. */
export function createCalls({ login, admit, entrance, settings }: Web) {
  const bodies = createBodies(settings)
  const peerOf = createPeers(login.trustsProxy)

  /** By a session's cookie, or by a token. Throws 401 and 403. */
  async function principalOf(
    request: Request,
    peer: LoginPeer,
    { secret, bearer, active }: { secret: string | undefined; bearer: string | undefined; active: boolean },
  ): Promise<Principal> {
    if (bearer !== undefined && !login.allowsCleartext(peer)) {
      throw new Refused(403, 'tls-required', 'Tokens are taken over HTTPS only.')
    }
    const principal = secret === undefined ? undefined : await admit.principal(secret, active)
    if (bearer !== undefined && !(await admit.admitsToken(peer, bearer, principal))) throw unauthorized()
    if (!principal || (bearer !== undefined) !== (principal.credential.kind === 'token')) throw unauthorized()
    if (bearer === undefined) refuseCrossSite(request, principal.credential.csrf)
    return principal
  }

  const takesOf = ({ body, bodies: kinds = [JSON_BODY], scope }: Route): Takes | undefined =>
    body && { kinds, most: (kind) => (scope === 'public' ? MOST_OF_STRANGERS : kind.most(settings.maxBody)) }

  return {
    peerOf,
    leave: bodies.leave,

    async callOf(route: Route, request: Request, response: Response): Promise<Call<unknown, unknown>> {
      const peer = peerOf(request)
      const userAgent = userAgentOf(request)
      const bearer = bearerOf(request)
      const secret = bearer ?? cookieOf(request, peer.tls)
      const active = request.headers['x-background'] !== '1'
      let checked: Principal | undefined
      if (route.scope !== 'public') {
        checked = await principalOf(request, peer, { secret, bearer, active })
        admit.check(checked, route.scope)
      }
      const principal = (): Principal => {
        if (checked) return checked
        throw unauthorized()
      }
      const query = route.query ? route.query.read({ ...request.query }, '') : undefined
      const brought = await readBody(bodies, takesOf(route), request, response, peer.address)
      const body = route.body ? route.body.read(brought.json ?? {}, '') : undefined
      if (checked) for (const { field, scope } of route.also ?? []) if (has(body, field)) admit.check(checked, scope)
      return {
        params: Object.fromEntries(Object.entries(request.params).map(([name, value]) => [name, String(value)])),
        query,
        body,
        files: brought.files,
        peer,
        userAgent,
        origin: request.headers.origin,
        secret,
        principal,
        owner: () => entrance.ownerOf(principal()),
        mail: () => entrance.enter(principal(), { peer, userAgent }, active),
      }
    },
  }
}

import { createHash, timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'
import type { Application, Request, Response } from 'express'
import type { FrontEnds, Outcome } from '../login/admission/front-ends'
import { textOf } from '../terms/errors'
import { smallBody } from '../web/kernel/body/small'
import type { WebServer } from '../web/web'

/** Octets of a request: names, addresses, and what a mail program says of itself. */
const MOST = 16_384
const NAME = 320

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** RFC 7617 2, whatever the user; RFC 6750 2.1. */
function shownIn({ headers: { authorization = '' } }: Request): string {
  const [, scheme = '', value = ''] = /^(Basic|Bearer) +(\S{1,1000})$/i.exec(authorization) ?? []
  if (scheme.toLowerCase() === 'bearer') return value
  const pair = Buffer.from(value, 'base64').toString('utf8')
  return pair.slice(pair.indexOf(':') + 1)
}

/** As Dovecot and others send it; what else they tell is let be. @returns undefined: it cannot be read */
function outcomeOf(text: string): Outcome | undefined {
  let given: unknown
  try {
    given = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof given !== 'object' || given === null) return undefined
  const fields = new Map<string, unknown>(Object.entries(given))
  const word = (name: string): string => {
    const value = fields.get(name)
    return typeof value === 'string' ? value : ''
  }
  const [login, remote] = [word('login'), word('remote') || word('ip')]
  if (login.length > NAME || (remote !== '' && isIP(remote) === 0)) return undefined
  return {
    ...{ login, remote, protocol: word('protocol'), passwordHash: word('pwhash').slice(0, 200) },
    tls: fields.get('tls') === true,
    success: fields.get('success') === true,
    policyReject: fields.get('policy_reject') === true,
  }
}

/** The commands, by the name in the query. */
const commands = ({ allow, report, reset }: FrontEnds) =>
  new Map<string, (outcome: Outcome) => Promise<object>>([
    ['allow', async (asked) => ({ status: (await allow(asked)) ? 0 : -1, msg: '', r_attrs: {} })],
    [
      'report',
      async (outcome) => {
        await report(outcome)
        return { status: 'ok' }
      },
    ],
    [
      'reset',
      async ({ login, remote }) => {
        await reset({ ...(login && { login }), ...(remote && { remote }) })
        return { status: 'ok' }
      },
    ],
  ])

/**
 * The protocol of weakforced, as Dovecot's auth_policy_server_url speaks it: `POST /?command=allow`, `report` and `reset`,
 * for front-ends that know the token.
 */
export function mountPolicy(
  app: Application,
  { login, settings, addressOf, log }: WebServer,
  frontEnds: FrontEnds,
): void {
  const { policyToken } = settings
  if (policyToken === '') return
  const expected = digest(policyToken)
  const known = commands(frontEnds)

  async function answer(request: Request, response: Response): Promise<readonly [status: number, value: object]> {
    const run = known.get(String(request.query.command))
    if (!run) return [404, { status: 'failure', reason: 'there is no such command' }]
    const shown = shownIn(request)
    if (!timingSafeEqual(digest(shown), expected)) {
      const peer = { protocol: 'http', address: addressOf(request), tls: true, connection: 'policy' } as const
      await login.admitsToken(peer, shown, undefined)
      return [401, { status: 'failure', reason: 'the token is not right' }]
    }
    const outcome = outcomeOf(await smallBody(request, response, MOST))
    const isWhole = outcome && (outcome.remote !== '' || (request.query.command === 'reset' && outcome.login !== ''))
    if (!isWhole) return [400, { status: 'failure', reason: 'login and remote are needed, an address among them' }]
    return [200, await run(outcome)]
  }

  app.post('/', (request, response, next) => {
    if (request.query.command === undefined) return next()
    answer(request, response).then(
      ([status, value]) => response.status(status).set('Cache-Control', 'no-store').json(value),
      (error) => {
        log.error(`policy: ${textOf(error)}`)
        response.status(503).json({ status: 'failure', reason: 'not available now' })
      },
    )
  })
}

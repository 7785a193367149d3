import { canonicalAddress } from '../../login/networks'
import { notFound } from '../../web/kernel/faults'
import { choice, list, object, optional, text, whole } from '../../web/kernel/schema'
import { defineRoute, json, type Route } from '../../web/route/route'
import type { Web } from '../../web/shared'
import type { HttpPorts } from '../ports'
import { trailEntry } from '../shapes/trail-entry'

const MOST_LISTED = 500

const lockout = object({
  scope: text(20),
  subject: text(),
  since: whole(),
  until: whole(),
  failures: whole(),
  window: whole(),
})
const explanation = object({
  user: text(),
  address: text(),
  verdict: choice('granted', 'refused'),
  reasons: list(text()),
  bar: optional(lockout),
  counters: list(
    object({ what: text(), counted: whole(), rule: object({ failures: whole(), window: whole(), bar: whole() }) }),
  ),
  latest: list(trailEntry),
})

/** Who is locked out after failed logins. */
export function lockoutRoutes({ clock }: Web, { attempts, explain }: HttpPorts): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/admin/lockouts',
      scope: 'admin',
      summary: `Who is locked out, why, and until when; at most ${MOST_LISTED}`,
      answer: object({ bars: list(lockout) }),
      run: async () => json({ bars: (await attempts.list(clock.now())).slice(0, MOST_LISTED) }),
    }),
    defineRoute({
      method: 'post',
      path: '/admin/lockouts/clear',
      scope: 'admin',
      summary: 'Forgets failures and lockouts of a user, of an address, or of both together',
      body: object({ user: optional(text(320)), address: optional(text(64)) }),
      answer: object({ cleared: whole() }),
      run: async ({ body: { user, address } }) => {
        if (!user && !address) throw notFound('subject')
        const cleared = await attempts.clear({
          ...(user && { user: user.toLowerCase() }),
          ...(address && { address: canonicalAddress(address) }),
        })
        return json({ cleared })
      },
    }),
    defineRoute({
      method: 'get',
      path: '/admin/lockouts/explain',
      scope: 'admin',
      summary: 'Whether a correct password would be accepted now, and why not',
      query: object({ user: text(320), address: text(64) }),
      answer: explanation,
      run: async ({ query }) => json(await explain(query)),
    }),
  ]
}

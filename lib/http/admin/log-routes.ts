import { canonicalAddress } from '../../login/networks'
import { choice, list, object, optional, text, whole } from '../../web/kernel/schema'
import { defineRoute, json, type Route } from '../../web/route/route'
import type { HttpPorts } from '../ports'
import { mailDeed } from '../shapes/mail-deed'
import { trailEntry } from '../shapes/trail-entry'

const MOST_TRAIL = 1000
/** entries that are looked through for a verdict or a protocol */
const MOST_SEARCHED = 20_000

const OUTCOMES = ['stored', 'later', 'refused'] as const
const delivery = object({
  at: whole(),
  sender: text(),
  recipient: text(),
  outcome: choice(...OUTCOMES),
  reply: text(),
  size: whole(),
  messageId: text(),
})

/** Logins and deliveries that were. */
export function logRoutes({ attempts, deliveries, deeds }: HttpPorts): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/admin/audit',
      scope: 'admin',
      summary: 'The audit trail, newest first',
      query: object({
        user: optional(text(320)),
        address: optional(text(64)),
        verdict: optional(choice('granted', 'refused', 'unavailable')),
        protocol: optional(text(20)),
        limit: optional(whole(1, MOST_TRAIL)),
      }),
      answer: object({ entries: list(trailEntry) }),
      run: async ({ query: { user, address, verdict, protocol, limit = 100 } }) => {
        const entries = await attempts.trail({
          ...(user && { user: user.toLowerCase() }),
          ...(address && { address: canonicalAddress(address) }),
          limit: verdict || protocol ? MOST_SEARCHED : limit,
        })
        const matching = entries.filter(
          (entry) => (!verdict || entry.verdict === verdict) && (!protocol || entry.protocol === protocol),
        )
        return json({ entries: matching.slice(0, limit) })
      },
    }),
    defineRoute({
      method: 'get',
      path: '/admin/deeds',
      scope: 'admin',
      summary: 'Who removed or moved mail of an account, on this host, newest first',
      query: object({
        account: optional(text(320)),
        address: optional(text(64)),
        from: optional(whole()),
        to: optional(whole()),
        limit: optional(whole(1, MOST_TRAIL)),
      }),
      answer: object({ deeds: list(mailDeed) }),
      run: async ({ query: { address, limit = 100, ...filter } }) =>
        json({ deeds: await deeds.list({ ...filter, limit, address: address && canonicalAddress(address) }) }),
    }),
    defineRoute({
      method: 'get',
      path: '/admin/deliveries',
      scope: 'admin',
      summary: 'What became of each recipient on this host, newest first; `address` is part of the sender or recipient',
      query: object({
        address: optional(text(320)),
        outcome: optional(choice(...OUTCOMES)),
        messageId: optional(text(250)),
        from: optional(whole()),
        to: optional(whole()),
        minSize: optional(whole()),
        limit: optional(whole(1, MOST_TRAIL)),
      }),
      answer: object({ deliveries: list(delivery) }),
      run: async ({ query: { limit = 100, ...filter } }) =>
        json({ deliveries: await deliveries.list({ ...filter, limit }) }),
    }),
  ]
}

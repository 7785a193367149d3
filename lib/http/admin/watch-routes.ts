import type { DeliveryEntry } from '../../delivery/log'
import type { TrailEntry } from '../../login/lockout/attempts'
import { canonicalAddress } from '../../login/networks'
import { textOf } from '../../terms/errors'
import { accountId } from '../../terms/names'
import { notFound } from '../../web/kernel/faults'
import { amount, choice, flag, list, object, optional, record, text, whole } from '../../web/kernel/schema'
import type { Web } from '../../web/ports'
import { DONE, defineRoute, done, json, type Route } from '../../web/route/route'
import type { Admit } from '../../web/who/admit'
import { turn } from '../../work/turns'
import { holderShape, sessionShape, sessionView } from '../account/session-routes'

const HOUR = 3_600_000
const HOURS = 24
/** entries of the trail that graphs are drawn from */
const TRAIL_FOR_GRAPHS = 20_000
const MOST_TRAIL = 1000
/** of sessions, mailboxes in use and bars */
const MOST_LISTED = 500
const MAIL_FOR_GRAPHS = 100_000

const lock = object({
  account: text(64),
  name: text(),
  waiters: whole(),
  holders: list(
    object({
      ...holderShape,
      account: text(64),
      mode: text(20),
      fence: optional(whole()),
      process: text(),
    }),
  ),
})
const bar = object({
  scope: text(20),
  subject: text(),
  since: whole(),
  until: whole(),
  failures: whole(),
  window: whole(),
})
const entry = object({
  at: whole(),
  user: text(),
  address: text(),
  protocol: text(),
  mechanism: text(),
  verdict: choice('granted', 'refused', 'unavailable'),
  reason: text(),
})
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
const explanation = object({
  user: text(),
  address: text(),
  verdict: choice('granted', 'refused'),
  reasons: list(text()),
  bar: optional(bar),
  counters: list(
    object({ what: text(), counted: whole(), rule: object({ failures: whole(), window: whole(), bar: whole() }) }),
  ),
  latest: list(entry),
})
const overview = object({
  version: text(),
  health: record(object({ ok: flag(), milliseconds: amount(), why: optional(text()) })),
  hours: list(object({ at: whole(), granted: whole(), refused: whole() })),
  mailHours: list(object({ at: whole(), stored: whole(), failed: whole(), bytes: whole() })),
  reasons: record(whole()),
  deliveries: record(whole()),
  lockRefusals: record(whole()),
  total: object({ accounts: whole(), bytes: whole(), messages: whole() }),
  accounts: list(object({ name: text(), bytes: whole(), messages: whole() })),
})

/** One counter of Prometheus' text, by one label. */
function counterBy(metrics: string, name: string, label: string): Record<string, number> {
  const found: Record<string, number> = {}
  for (const line of metrics.split('\n')) {
    if (!line.startsWith(`${name}{`)) continue
    const key = new RegExp(`[{,]${label}="([^"]*)"`).exec(line)?.[1] ?? ''
    found[key] = (found[key] ?? 0) + Number(line.slice(line.lastIndexOf(' ') + 1))
  }
  return found
}

function hourly(entries: readonly TrailEntry[], now: number) {
  const first = Math.floor(now / HOUR) - HOURS + 1
  const hours = Array.from({ length: HOURS }, (_, at) => ({ at: (first + at) * HOUR, granted: 0, refused: 0 }))
  for (const { at, verdict } of entries) {
    const hour = hours[Math.floor(at / HOUR) - first]
    if (hour && verdict !== 'unavailable') hour[verdict]++
  }
  return hours
}

function hourlyMail(entries: readonly DeliveryEntry[], now: number) {
  const first = Math.floor(now / HOUR) - HOURS + 1
  const hours = Array.from({ length: HOURS }, (_, at) => ({ at: (first + at) * HOUR, stored: 0, failed: 0, bytes: 0 }))
  for (const { at, outcome, size } of entries) {
    const hour = hours[Math.floor(at / HOUR) - first]
    if (!hour) continue
    hour[outcome === 'stored' ? 'stored' : 'failed']++
    if (outcome === 'stored') hour.bytes += size
  }
  return hours
}

/** What goes on now, and what was refused. */
export function adminWatchRoutes(web: Web, admit: Admit): readonly Route[] {
  const { room, locks, sessions, leases, attempts, explain, deliveries, clock, metricsText } = web
  const { accounts, facts } = room.store

  async function names(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>()
    for (const id of new Set(ids)) {
      const account = await accounts.get(accountId(id))
      if (account) found.set(id, account.name)
    }
    return found
  }
  async function probe(run: () => Promise<unknown>): Promise<{ ok: boolean; milliseconds: number; why?: string }> {
    const start = performance.now()
    const took = (): number => Math.round((performance.now() - start) * 10) / 10
    try {
      await run()
      return { ok: true, milliseconds: took() }
    } catch (error) {
      return { ok: false, milliseconds: took(), why: textOf(error) }
    }
  }

  return [
    defineRoute({
      method: 'get',
      path: '/admin/sessions',
      scope: 'admin',
      summary: `Web sessions of all accounts: the ${MOST_LISTED} that were used last`,
      answer: object({ sessions: list(object({ ...sessionShape, account: optional(text()) })) }),
      run: async ({ principal }) => {
        const live = (await sessions.list())
          .filter((one) => one.kind === 'session' && !admit.expired(one))
          .sort((a, b) => b.activeAt - a.activeAt)
          .slice(0, MOST_LISTED)
        const all = await names(live.map(({ account }) => account))
        const own = principal().credential.id
        return json({ sessions: live.map((one) => ({ ...sessionView(one, own), account: all.get(one.account) })) })
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/admin/sessions/:id',
      scope: 'admin',
      summary: 'Ends a web session',
      answer: done,
      run: async ({ params }) => {
        if (!(await sessions.remove(params.id ?? ''))) throw notFound('session')
        await leases.releaseAll(params.id ?? '')
        return DONE
      },
    }),
    defineRoute({
      method: 'get',
      path: '/admin/locks',
      scope: 'admin',
      summary: `Who is in which mailbox, by any protocol; at most ${MOST_LISTED} mailboxes`,
      answer: object({ driver: text(), locks: list(lock) }),
      run: async () => {
        const held = (await locks.list()).slice(0, MOST_LISTED)
        const all = await names(held.map(({ account }) => account))
        return json({
          driver: locks.driver,
          locks: held.map((one) => ({ ...one, name: all.get(one.account) ?? one.account })),
        })
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/admin/locks/:account/:lease',
      scope: 'admin',
      summary: 'Ends a session in a mailbox; a POP3 session then deletes nothing',
      answer: object({ ended: whole() }),
      run: async ({ params, principal, peer }) => {
        const found = await accounts.get(accountId(params.account ?? ''))
        const ended = await locks.kick(params.account ?? '', params.lease)
        await admit.note({
          ...{ at: clock.now(), user: found?.name ?? '', address: peer.address, protocol: 'http', mechanism: 'ADMIN' },
          ...{ verdict: 'granted', reason: `session-ended by ${principal().account.name}` },
        })
        return json({ ended })
      },
    }),
    defineRoute({
      method: 'get',
      path: '/admin/lockouts',
      scope: 'admin',
      summary: `Who is barred, why, and until when; at most ${MOST_LISTED}`,
      answer: object({ bars: list(bar) }),
      run: async () => json({ bars: (await attempts.list(clock.now())).slice(0, MOST_LISTED) }),
    }),
    defineRoute({
      method: 'post',
      path: '/admin/lockouts/clear',
      scope: 'admin',
      summary: 'Forgets failures and bars of a user, of an address, or of both together',
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
      summary: 'Whether the right password would open now, and why not',
      query: object({ user: text(320), address: text(64) }),
      answer: explanation,
      run: async ({ query }) => json(await explain(query)),
    }),
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
      answer: object({ entries: list(entry) }),
      run: async ({ query: { user, address, verdict, protocol, limit = 100 } }) => {
        const entries = await attempts.trail({
          ...(user && { user: user.toLowerCase() }),
          ...(address && { address: canonicalAddress(address) }),
          limit: verdict || protocol ? TRAIL_FOR_GRAPHS : limit,
        })
        const kept = entries.filter(
          (one) => (!verdict || one.verdict === verdict) && (!protocol || one.protocol === protocol),
        )
        return json({ entries: kept.slice(0, limit) })
      },
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
      run: async ({ query: { limit = 100, ...filter } }) => json({ deliveries: deliveries.list({ ...filter, limit }) }),
    }),
    defineRoute({
      method: 'get',
      path: '/admin/overview',
      scope: 'admin',
      summary: 'Health, logins of the last 24 hours by hour, deliveries since the start, the biggest accounts',
      answer: overview,
      run: async () => {
        const now = clock.now()
        const [entries, metrics] = await Promise.all([attempts.trail({ limit: TRAIL_FOR_GRAPHS }), metricsText()])
        const sizes: { name: string; bytes: number; messages: number }[] = []
        for await (const { id, name } of accounts.list()) {
          await turn()
          sizes.push({ name, ...(await accounts.usage(id)) })
        }
        const recent = entries.filter(({ at }) => now - at < HOURS * HOUR)
        const reasons: Record<string, number> = {}
        for (const { verdict, reason } of recent) {
          if (verdict === 'refused') reasons[reason] = (reasons[reason] ?? 0) + 1
        }
        const total = sizes.reduce(
          (sum, one) => ({ bytes: sum.bytes + one.bytes, messages: sum.messages + one.messages }),
          {
            bytes: 0,
            messages: 0,
          },
        )
        return json({
          version: web.version,
          health: {
            [`store (${facts.name})`]: await probe(() => accounts.find('healthz@invalid')),
            [`locks (${locks.driver})`]: await probe(() => locks.list('healthz')),
            [`login attempts (${attempts.driver})`]: await probe(() => attempts.list(now)),
          },
          hours: hourly(recent, now),
          mailHours: hourlyMail(deliveries.list({ from: now - HOURS * HOUR, limit: MAIL_FOR_GRAPHS }), now),
          reasons,
          deliveries: counterBy(metrics, 'mailbox_deliveries_total', 'result'),
          lockRefusals: counterBy(metrics, 'mailbox_lock_refused_total', 'protocol'),
          total: { ...total, accounts: sizes.length },
          accounts: sizes.sort((a, b) => b.bytes - a.bytes).slice(0, 10),
        })
      },
    }),
  ]
}

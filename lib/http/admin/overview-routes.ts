import type { TrailEntry } from '../../login/lockout/attempts'
import { textOf } from '../../terms/errors'
import { amount, flag, list, object, optional, record, text, whole } from '../../web/kernel/schema'
import { defineRoute, json, type Route } from '../../web/route/route'
import type { Web } from '../../web/shared'
import { turn } from '../../work/turns'
import type { HttpPorts } from '../ports'
import { graphsBegin, loginsByHour, mailByHour } from './hours'

/** entries that graphs are drawn from */
const MOST_TRAIL = 20_000
const MOST_DELIVERIES = 100_000
const BIGGEST = 10

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

function refusalsByReason(entries: readonly TrailEntry[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { verdict, reason } of entries) {
    if (verdict === 'refused') counts[reason] = (counts[reason] ?? 0) + 1
  }
  return counts
}

/** The page that an administrator looks at first. */
export function overviewRoutes({ room, version, clock }: Web, ports: HttpPorts): readonly Route[] {
  const { locks, attempts, deliveries, metrics } = ports
  const { accounts, storeName } = room

  async function usage() {
    const sizes: { name: string; bytes: number; messages: number }[] = []
    const total = { accounts: 0, bytes: 0, messages: 0 }
    for await (const { id, name } of accounts.list()) {
      await turn()
      const { bytes, messages } = await accounts.usage(id)
      sizes.push({ name, bytes, messages })
      total.accounts++
      total.bytes += bytes
      total.messages += messages
    }
    return { total, accounts: sizes.sort((a, b) => b.bytes - a.bytes).slice(0, BIGGEST) }
  }

  return [
    defineRoute({
      method: 'get',
      path: '/admin/overview',
      scope: 'admin',
      summary: 'Health, logins of the last 24 hours by hour, deliveries since the start, the biggest accounts',
      answer: overview,
      run: async () => {
        const now = clock.now()
        const begin = graphsBegin(now)
        const [entries, totals] = await Promise.all([attempts.trail({ limit: MOST_TRAIL }), metrics.totals()])
        const recent = entries.filter(({ at }) => at > begin)
        return json({
          version,
          health: {
            [`store (${storeName})`]: await probe(() => room.usable()),
            [`locks (${locks.driver})`]: await probe(() => locks.list('healthz')),
            [`login attempts (${attempts.driver})`]: await probe(() => attempts.list(now)),
          },
          hours: loginsByHour(recent, now),
          mailHours: mailByHour(await deliveries.list({ from: begin, limit: MOST_DELIVERIES }), now),
          reasons: refusalsByReason(recent),
          deliveries: totals.by('mailbox_deliveries_total', 'result'),
          lockRefusals: totals.by('mailbox_lock_refused_total', 'protocol'),
          ...(await usage()),
        })
      },
    }),
  ]
}

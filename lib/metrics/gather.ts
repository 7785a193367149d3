import { once } from 'node:events'
import { AggregatorRegistry, type MetricObjectWithValues, type MetricValue, type Registry } from 'prom-client'
import { openRendezvous } from '../processes/rendezvous'
import type { COUNTERS } from '../terms/metrics'

type Snapshot = MetricObjectWithValues<MetricValue<string>>[]

/** The metrics of all processes of one home, summed: Haraka's workers each count for themselves, and a scrape reaches any one. */
export interface Gathering {
  /** Prometheus' text format, version 0.0.4 */
  text(): Promise<string>
  /** The counters as they are now. */
  totals(): Promise<Totals>
  close(): void
}

interface Totals {
  /** Counts by the values of one label. */
  by<N extends keyof typeof COUNTERS>(counter: N, label: LabelOf<N>): Readonly<Record<string, number>>
}
type LabelOf<N extends keyof typeof COUNTERS> = (typeof COUNTERS)[N]['labels'][number]

/** milliseconds that another process has to answer; who does not is left out of this scrape */
const PATIENCE = 1000
/** octets of one process's metrics */
const LARGEST = 16 * 1024 * 1024

const isMetric = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  'name' in value &&
  typeof value.name === 'string' &&
  'values' in value &&
  Array.isArray(value.values)
const isSnapshot = (value: unknown): value is Snapshot => Array.isArray(value) && value.every(isMetric)

function sumBy(metrics: Snapshot, counter: string, label: string): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {}
  for (const { value, labels } of metrics.filter(({ name }) => name === counter).flatMap(({ values }) => values)) {
    const key = String(labels[label] ?? '')
    sums[key] = (sums[key] ?? 0) + value
  }
  return sums
}

/**
 * @param directory shared by the processes of one home, and by nobody else
 * @param own this process's metrics; undefined: it has none to add (the command line)
 */
export async function openGathering(directory: string, own?: Registry): Promise<Gathering> {
  const snapshot = async (): Promise<Snapshot> => (own ? await own.getMetricsAsJSON() : [])
  const meeting = await openRendezvous(directory, (socket) => {
    socket.on('error', () => socket.destroy())
    // One that does not read it is let go.
    socket.setTimeout(PATIENCE, () => socket.destroy())
    snapshot().then(
      (metrics) => socket.end(JSON.stringify(metrics)),
      () => socket.destroy(),
    )
  })

  async function ask(name: string): Promise<Snapshot> {
    const socket = await meeting.dial(name)
    if (!socket) return []
    const timer = setTimeout(() => socket.destroy(), PATIENCE)
    try {
      const pieces: Buffer[] = []
      let octets = 0
      socket.on('data', (piece: Buffer) => {
        octets += piece.length
        if (octets > LARGEST) socket.destroy(new Error('too much'))
        else pieces.push(piece)
      })
      await once(socket, 'end')
      const said: unknown = JSON.parse(Buffer.concat(pieces).toString())
      return isSnapshot(said) ? said : []
    } catch {
      return []
    } finally {
      clearTimeout(timer)
      socket.destroy()
    }
  }

  const all = (): Promise<Snapshot[]> => Promise.all([snapshot(), ...meeting.others().map(ask)])

  return {
    text: async () => AggregatorRegistry.aggregate(await all()).metrics(),
    totals: async () => {
      const metrics = (await all()).flat()
      return { by: (counter, label) => sumBy(metrics, counter, label) }
    },
    close: () => meeting.close(),
  }
}

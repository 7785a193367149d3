import { once } from 'node:events'
import { AggregatorRegistry, type MetricObjectWithValues, type MetricValue, type Registry } from 'prom-client'
import { openRendezvous } from '../processes/rendezvous'

type Snapshot = MetricObjectWithValues<MetricValue<string>>[]

/** The metrics of all processes of one home, summed: Haraka's workers each count for themselves, and a scrape reaches any one. */
export interface Gathering {
  /** Prometheus' text format, version 0.0.4 */
  text(): Promise<string>
  close(): void
}

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

  return {
    text: async () => {
      const all = await Promise.all([snapshot(), ...meeting.others().map(ask)])
      return AggregatorRegistry.aggregate(all).metrics()
    },
    close: () => meeting.close(),
  }
}

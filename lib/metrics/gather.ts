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

/**
 * @param directory shared by the processes of one home, and by nobody else
 * @param own this process's metrics; undefined: it has none to add (the command line)
 */
export async function openGathering(directory: string, own?: Registry): Promise<Gathering> {
  const snapshot = async (): Promise<Snapshot> => (own ? await own.getMetricsAsJSON() : [])
  const meeting = await openRendezvous(directory, (socket) => {
    socket.on('error', () => socket.destroy())
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
      socket.on('data', (piece: Buffer) => pieces.push(piece))
      await once(socket, 'end')
      return JSON.parse(Buffer.concat(pieces).toString())
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

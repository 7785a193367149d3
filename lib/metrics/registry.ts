import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { COUNTERS, GAUGES, HISTOGRAMS, type Metrics } from '../terms/metrics'

/** One process's metrics, in prom-client's registry. */
export interface Measured extends Metrics {
  readonly registry: Registry
}

/** milliseconds between two looks at the event loop's delay */
const LOOP_PRECISION = 50

/** Counts what the catalog names, and memory, CPU and event loop of this process. */
export function createMetrics(): Measured {
  const registry = new Registry()
  const registers = [registry]
  const counters = new Map(
    Object.entries(COUNTERS).map(([name, { help, labels: labelNames }]) => [
      name,
      new Counter({ name, help, labelNames, registers }),
    ]),
  )
  const histograms = new Map(
    Object.entries(HISTOGRAMS).map(([name, { help, labels: labelNames, buckets }]) => [
      name,
      new Histogram({ name, help, labelNames, buckets: [...buckets], registers }),
    ]),
  )
  const gauges = new Map(
    Object.entries(GAUGES).map(([name, { help, labels: labelNames }]) => [
      name,
      new Gauge({ name, help, labelNames, registers }),
    ]),
  )
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOP_PRECISION })
  return {
    registry,
    count: (name, labels, by = 1) => counters.get(name)?.inc(labels, by),
    observe: (name, value, labels) => histograms.get(name)?.observe(labels, value),
    move: (name, by, labels) => gauges.get(name)?.inc(labels, by),
  }
}

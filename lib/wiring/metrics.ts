import path from 'node:path'
import { type Gathering, openGathering as gather } from '../metrics/gather'
import type { Measured } from '../metrics/registry'
import type { Metrics } from '../terms/ports'
import { watchDescriptors } from '../work/descriptors'
import { watchLoop } from '../work/loop'
import { dataFolder, type Home } from './home'

/** The metrics of all processes of this home; `own`: this process's, if it has some. */
export const openGathering = (home: Home, own?: Measured): Promise<Gathering> =>
  gather(path.join(dataFolder(home), 'metrics'), own?.registry)

/** milliseconds from which on the log, too, says who held the event loop */
const TELL_HELD = 250

/** Counts how long the event loop stood, and for whom; says when file descriptors run out. @returns stop */
export function openProcessWatch({ log }: Home, metrics: Metrics): () => void {
  const stopDescriptors = watchDescriptors((text) => log.error(text))
  const stopLoop = watchLoop({
    delayed: (milliseconds) => metrics.observe('mailbox_loop_delay_seconds', milliseconds / 1000, {}),
    held: (command, milliseconds) => {
      metrics.observe('mailbox_loop_held_seconds', milliseconds / 1000, { command })
      if (milliseconds >= TELL_HELD) log.warn(`the event loop stood for ${Math.round(milliseconds)} ms: ${command}`)
    },
  })
  return () => {
    stopDescriptors()
    stopLoop()
  }
}

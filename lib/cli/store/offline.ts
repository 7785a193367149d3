import path from 'node:path'
import { openRendezvous } from '../../processes/rendezvous'
import type { RepairEnd } from '../../store/repair'
import { dataFolder, type Home } from '../../wiring/home'
import { openTransfer } from '../../wiring/store'

/** Whether a Haraka of this home answers on one of its sockets. */
async function harakaRuns(home: Home): Promise<boolean> {
  for (const folder of ['bus', 'metrics']) {
    const meeting = await openRendezvous(path.join(dataFolder(home), folder), (socket) => socket.destroy())
    try {
      for (const name of meeting.others()) {
        const socket = await meeting.dial(name)
        socket?.destroy()
        if (socket) return true
      }
    } finally {
      meeting.close()
    }
  }
  return false
}

const STOP = 'stop Haraka on all hosts first: mail that comes in meanwhile would be lost'

/** A store that nobody else has open; throws where somebody has. */
export async function openAlone(home: Home, driver: string): Promise<RepairEnd> {
  if (await harakaRuns(home)) throw new Error(`Haraka is running: ${STOP}`)
  const end = await openTransfer(home, driver)
  const others = await end.others()
  if (others.length === 0) return end
  await end.close()
  throw new Error(`the ${driver} store is in use by ${others.join(', ')}: ${STOP}`)
}

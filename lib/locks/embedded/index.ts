import { mkdirSync } from 'node:fs'
import { identify } from '../../processes/identity'
import { textOf } from '../../terms/errors'
import { type Clock, type Log, type Metrics, noMetrics, silentLog, systemClock } from '../../terms/ports'
import { createEngine, type Engine } from '../engine'
import type { Locks } from '../locks'
import type { LockSettings } from '../settings'
import { removeOtherBoots } from './files'
import { openPeers } from './peers'
import { type EmbeddedTable, openTable } from './table'

export interface EmbeddedLocksOptions {
  /** folder of its own; made when missing */
  readonly path: string
  readonly settings: LockSettings
  readonly clock?: Clock
  readonly log?: Log
  readonly metrics?: Metrics
}

/**
 * Any number of processes on one host. The truth is a small SQLite table that is not flushed, of this boot: a lock need not survive a power
 * cut, and after one every process in it is gone. Sockets between the processes carry wake-ups and kicks, and their end tells that
 * a process died.
 */
export async function openEmbeddedLocks(options: EmbeddedLocksOptions): Promise<Locks> {
  const { path, settings, clock = systemClock, log = silentLog, metrics = noMetrics } = options
  mkdirSync(path, { recursive: true, mode: 0o700 })
  removeOtherBoots(path)
  const self = identify()
  let engine: Engine | undefined
  let table: EmbeddedTable | undefined
  let closed = false
  function complain(error: unknown): void {
    if (!closed) log.error(`locks: not renewed: ${textOf(error)}`)
  }

  const peers = await openPeers({
    path,
    self,
    showsLife: (process) => table?.showsLife(process) ?? true,
    receive: (message) => {
      if (message.kind !== 'look') engine?.receive(message)
      else table?.look().catch(complain)
    },
    log,
  })

  let renewing = false
  async function beat(): Promise<void> {
    if (renewing) return
    renewing = true
    // What cannot be written is no lost lease: the next beat, or somebody who takes this process for dead.
    await table?.renew().catch(complain)
    renewing = false
    await engine?.tend()
  }

  try {
    // After its name is to be found among the processes: see openTable.
    table = await openTable({
      folder: path,
      self,
      expiry: settings.expiry,
      clock,
      log,
      others: peers.others,
      tell: () => {
        for (const process of peers.others()) peers.send(process, { kind: 'look' })
      },
      lost: () => {
        engine?.expire()
        // Who waits has to wait in the new table.
        engine?.tend().catch(complain)
      },
    })
  } catch (error) {
    await peers.close()
    throw error
  }
  const heart = setInterval(() => void beat(), settings.expiry / 3)
  heart.unref()
  const opened = table
  async function close(): Promise<void> {
    closed = true
    clearInterval(heart)
    await opened.close()
  }
  engine = createEngine({ driver: 'embedded', table: { ...opened, close }, peers, settings, clock, log, metrics })
  await beat()
  return engine
}

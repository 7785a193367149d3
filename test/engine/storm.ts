import { type ChildProcess, fork } from 'node:child_process'
import path from 'node:path'
import type { Recording } from '../record/recorder'
import type { StormNote, StormOrder } from './storm-child'

export interface StormProcess {
  readonly child: ChildProcess
  /** what it told until now */
  readonly notes: StormNote[]
  /** code, or the signal that ended it */
  readonly ended: Promise<number | string | null>
}

/** Small ones: everything that happens seldom happens often. */
export const SMALL = { group: 5, behind: 20, log: 100_000, idle: 30, free: 20 } as const

export function startStorm(
  order: Omit<StormOrder, 'notes'>,
  recording?: Recording,
  hear: (note: StormNote) => void = () => undefined,
): StormProcess {
  const asked: StormOrder = { ...order, notes: recording?.notes }
  const child = fork(path.join(__dirname, 'storm-child.ts'), [JSON.stringify(asked)], {
    execArgv: ['-r', 'ts-node/register'],
    env: { ...process.env, ...recording?.env },
  })
  const notes: StormNote[] = []
  child.on('message', (note: StormNote) => {
    notes.push(note)
    hear(note)
  })
  const ended = new Promise<number | string | null>((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal))
  })
  return { child, notes, ended }
}

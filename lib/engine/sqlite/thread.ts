import { parentPort, type Worker } from 'node:worker_threads'
import { checkAlone } from './disposable/check'
import { refusal } from './errors'
import { type Lane, openLane } from './lane'
import type { Answer, Ending, Operations, Program, Request } from './program'
import { startThread } from './start-thread'

/** The writer thread: all files that this process writes, each a lane of its own. */

const lanes = new Map<number, Lane>()

// Answers of one turn go together.
let answers: Answer[] = []
function answer(id: number, ending: Ending): void {
  if (answers.length === 0) {
    queueMicrotask(() => {
      parentPort?.postMessage(answers)
      answers = []
    })
  }
  answers.push({ id, ending })
}

let helper: Worker | undefined
const checkpoints = new Map<string, (() => void)[]>()
function checkpoint(file: string): Promise<void> {
  if (!helper) {
    helper = startThread('checkpoint-thread')
    helper.unref()
    const over = (): void => {
      helper = undefined
      for (const waiting of checkpoints.values()) for (const done of waiting) done()
      checkpoints.clear()
    }
    helper.on('message', (which: string) => {
      for (const done of checkpoints.get(which) ?? []) done()
      checkpoints.delete(which)
    })
    helper.on('error', over)
    helper.on('exit', over)
  }
  return new Promise((resolve) => {
    checkpoints.set(file, [...(checkpoints.get(file) ?? []), resolve])
    helper?.postMessage({ file, end: false })
  })
}

function programOf(file: string): Program<Operations> {
  const { program } = require(file)
  return program
}

function take(request: Request): void {
  const { id, database } = request
  switch (request.kind) {
    case 'open':
      try {
        if (request.check) checkAlone(request.file)
        lanes.set(database, openLane(request.file, programOf(request.program), checkpoint, request.settings))
        answer(id, { kind: 'done', value: undefined })
      } catch (error) {
        answer(id, refusal(request.file, error))
      }
      return
    case 'close': {
      const lane = lanes.get(database)
      lanes.delete(database)
      void (lane?.close() ?? Promise.resolve()).then(() => answer(id, { kind: 'done', value: undefined }))
      return
    }
    case 'flush':
      lanes.get(database)?.flush()
      answer(id, { kind: 'done', value: undefined })
      return
    case 'write': {
      const lane = lanes.get(database)
      if (!lane) return answer(id, { kind: 'refused', why: 'the file is closed' })
      const { name, values, durability } = request
      lane.add({ name, values, durability, settle: (ending) => answer(id, ending) })
    }
  }
}

parentPort?.on('message', (requests: readonly Request[]) => {
  for (const request of requests) take(request)
})

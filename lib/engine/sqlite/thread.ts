import { parentPort } from 'node:worker_threads'
import { checkpoint, endCheckpoints } from './checkpoints'
import { checkAlone } from './disposable/check'
import { refusal } from './errors'
import { type Lane, openLane } from './lane'
import type { Answer, Ending, Operations, Program, Request } from './program'

/** The writer thread: all files that this process writes, each a lane of its own. */

interface Opened {
  readonly file: string
  readonly lane: Lane
}
const lanes = new Map<number, Opened>()

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

function programOf(file: string): Program<Operations> {
  const { program } = require(file)
  return program
}

async function close(database: number): Promise<void> {
  const opened = lanes.get(database)
  if (!opened) return
  lanes.delete(database)
  await opened.lane.close()
  const isOpen = [...lanes.values()].some(({ file }) => file === opened.file)
  if (!isOpen) await endCheckpoints(opened.file)
}

function take(request: Request): void {
  const { id, database } = request
  switch (request.kind) {
    case 'open':
      try {
        if (request.check) checkAlone(request.file)
        lanes.set(database, {
          file: request.file,
          lane: openLane(request.file, programOf(request.program), checkpoint, request.settings),
        })
        answer(id, { kind: 'done', value: undefined })
      } catch (error) {
        answer(id, refusal(request.file, error))
      }
      return
    case 'close':
      void close(database).then(() => answer(id, { kind: 'done', value: undefined }))
      return
    case 'flush':
      lanes.get(database)?.lane.flush()
      answer(id, { kind: 'done', value: undefined })
      return
    case 'write': {
      const lane = lanes.get(database)?.lane
      if (!lane) return answer(id, { kind: 'refused', why: 'the file is closed' })
      const { name, values, durability } = request
      lane.add({ name, values, durability, settle: (ending) => answer(id, ending) })
    }
  }
}

parentPort?.on('message', (requests: readonly Request[]) => {
  for (const request of requests) take(request)
})

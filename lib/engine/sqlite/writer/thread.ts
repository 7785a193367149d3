import { parentPort } from 'node:worker_threads'
import { checkAlone } from '../disposable/check'
import { refusal } from '../errors'
import type { Answer, Ending, Operations, Program, Request } from '../program'
import { checkpoint, endCheckpoints } from '../upkeep/checkpoints'
import { type Lane, openLane } from './lane'

/** The writer thread: all files that this process writes, each a lane of its own. */

interface Opened {
  readonly file: string
  readonly lane: Lane
}
type OpenRequest = Extract<Request, { readonly kind: 'open' }>

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

function open({ database, file, program, check, settings }: OpenRequest): void {
  if (check) checkAlone(file)
  lanes.set(database, { file, lane: openLane(file, programOf(program), checkpoint, settings) })
}

/** Answers how it ended. */
function attempt(id: number, file: string, run: () => void): void {
  try {
    run()
    answer(id, { kind: 'done', value: undefined })
  } catch (error) {
    answer(id, refusal(file, error))
  }
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
  const { id } = request
  switch (request.kind) {
    case 'load':
      return attempt(id, request.program, () => programOf(request.program))
    case 'open':
      return attempt(id, request.file, () => open(request))
    case 'close':
      void close(request.database).then(() => answer(id, { kind: 'done', value: undefined }))
      return
    case 'flush':
      lanes.get(request.database)?.lane.flush()
      answer(id, { kind: 'done', value: undefined })
      return
    case 'doubt':
      lanes.get(request.database)?.lane.doubt()
      answer(id, { kind: 'done', value: undefined })
      return
    case 'write': {
      const lane = lanes.get(request.database)?.lane
      if (!lane) return answer(id, { kind: 'refused', why: 'the file is closed' })
      const { name, values, durability } = request
      lane.add({ name, values, durability, settle: (ending) => answer(id, ending) })
    }
  }
}

parentPort?.on('message', (requests: readonly Request[]) => {
  for (const request of requests) take(request)
})

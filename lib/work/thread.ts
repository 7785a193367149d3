import { readlinkSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { deserialize, serialize } from 'node:v8'
import { parentPort } from 'node:worker_threads'
import { asError } from '../terms/errors'
import type { Answer, Task } from './job'

/** What runs in a thread of the pool: one task after another, until the pool ends it. */

const answer = (message: Answer): void => {
  const moved = message.kind === 'done' && message.output.buffer instanceof ArrayBuffer ? [message.output.buffer] : []
  parentPort?.postMessage(message, moved)
}

/** Linux: the number under which /proc tells what CPU time a thread took. */
function threadNumber(): number | undefined {
  try {
    return Number(readlinkSync('/proc/thread-self').split('/').pop())
  } catch {
    return undefined
  }
}

async function run({ file, name, input, isRaw, octetsOut }: Task): Promise<Answer> {
  try {
    const output = serialize(await require(file)[name](isRaw ? input : deserialize(input)))
    return output.length > octetsOut ? { kind: 'too-big' } : { kind: 'done', output }
  } catch (error) {
    return { kind: 'thrown', error: asError(error) }
  }
}

// Linux: threads have priorities of their own (setpriority(2), notes); the loop that serves clients goes first.
if (process.platform === 'linux') {
  try {
    setPriority(0, constants.priority.PRIORITY_BELOW_NORMAL)
  } catch {
    // it works without
  }
}
parentPort?.on('message', async (task: Task) => answer(await run(task)))
answer({ kind: 'ready', thread: threadNumber() })

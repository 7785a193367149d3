import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { randomFrom } from '../random'
import { Disk } from '../record/disk-model'
import type { DiskEvent } from '../record/events'
import type { ImageAnswer, ImageOrder } from './image-child'
import type { StormNote } from './storm-child'

/** An image that takes longer to open hangs. */
const PATIENCE = 60_000
/** After so many another process opens them: the SQLite of Node 20 closes files when it collects garbage. */
const OPENED_BY_ONE = 100

export interface Opener {
  /** Opens what is in a file as a server would. */
  open(order: ImageOrder): Promise<ImageAnswer>
  end(): void
}

/** Opens images in a process of its own, which may crash. */
export function createOpener(): Opener {
  let child: ChildProcess | undefined
  let opened = 0
  function start(): ChildProcess {
    const started = fork(path.join(__dirname, 'image-child.ts'), { execArgv: ['-r', 'ts-node/register'] })
    opened = 0
    return started
  }
  function end(): void {
    child?.kill('SIGKILL')
    child = undefined
  }
  return {
    end,
    open(order) {
      if (opened >= OPENED_BY_ONE) end()
      child ??= start()
      opened += 1
      const asked = child
      return new Promise((resolve) => {
        const timer = setTimeout(() => over(`it hangs: no answer within ${PATIENCE} ms`), PATIENCE)
        const crashed = (code: number | null, signal: string | null): void => over(`it ended with ${code ?? signal}`)
        const answered = (answer: ImageAnswer): void => {
          clearTimeout(timer)
          asked.off('exit', crashed)
          resolve(answer)
        }
        function over(fault: string): void {
          asked.off('message', answered)
          if (child === asked) end()
          answered({ last: -1, faults: [fault] })
        }
        asked.once('message', answered)
        asked.once('exit', crashed)
        asked.send(order)
      })
    },
  }
}

interface Told {
  durable: number
  last: number
  readonly places: (readonly [place: number, writer: number, number: number])[]
}

/** Notes what was acknowledged until then. */
function hear(told: Told, text: string): void {
  const note: StormNote = JSON.parse(text)
  if (note.is !== 'done') return
  told.places.push([note.place, note.writer, note.number])
  told.last = Math.max(told.last, note.place)
  if (note.durable) told.durable = Math.max(told.durable, note.place)
}

export interface Images {
  /** opened */
  count: number
  /** of them with something that was not flushed */
  torn: number
  /** visible writes that were told and are missing, in all images */
  missing: number
  readonly faults: string[]
}

/**
 * Cuts the power at random moments of a recording and opens what the disk may hold.
 * @param name of the file in the folder that was recorded
 */
export async function openImages(
  events: readonly DiskEvent[],
  name: string,
  count: number,
  seed: number,
  opener: Opener,
): Promise<Images> {
  const random = randomFrom(seed)
  const disk = new Disk(random)
  const moments = Array.from({ length: count }, () => random(events.length) + 1).sort((a, b) => a - b)
  const told: Told = { durable: 0, last: 0, places: [] }
  const result: Images = { count: 0, torn: 0, missing: 0, faults: [] }
  let next = 0
  for (const [index, event] of events.entries()) {
    disk.apply(event)
    if (event.kind === 'note') hear(told, event.text)
    while (moments[next] === index + 1) {
      next += 1
      const folder = mkdtempSync(path.join(tmpdir(), 'mailbox-image-'))
      try {
        const how = disk.image(folder, random)
        if (!disk.isClean()) result.torn += 1
        result.count += 1
        const order: ImageOrder = {
          file: path.join(folder, name),
          durable: told.durable,
          told: told.places.slice(-300),
        }
        const { last, faults } = await opener.open(order)
        if (last >= 0) result.missing += Math.max(0, told.last - last)
        if (faults.length > 0) {
          result.faults.push(
            `seed ${seed}, after event ${index + 1} (${event.kind}), ${how}: ${faults.slice(0, 5).join('; ')}`,
          )
        }
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    }
  }
  return result
}

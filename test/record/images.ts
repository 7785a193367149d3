import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { randomFrom } from '../random'
import { Disk, type DiskOptions } from './disk-model'
import type { DiskEvent } from './events'

export interface ImageUser {
  /** A note of the program that was recorded. */
  hear(text: string): void
  /** Opens what is in a folder as a server would, by what was heard until then. @returns what is wrong */
  open(folder: string): Promise<readonly string[]>
}

export interface Images {
  /** opened */
  count: number
  /** of them with something that was not flushed */
  torn: number
  readonly faults: string[]
}

/** Cuts the power at random moments of a recording and opens what the disk may hold. */
export async function openImages(
  events: readonly DiskEvent[],
  count: number,
  seed: number,
  user: ImageUser,
  options: DiskOptions = {},
): Promise<Images> {
  const random = randomFrom(seed)
  const disk = new Disk(random, options)
  const moments = Array.from({ length: count }, () => random(events.length) + 1).sort((a, b) => a - b)
  const result: Images = { count: 0, torn: 0, faults: [] }
  let next = 0
  for (const [index, event] of events.entries()) {
    disk.apply(event)
    if (event.kind === 'note') user.hear(event.text)
    while (moments[next] === index + 1) {
      next += 1
      const folder = mkdtempSync(path.join(tmpdir(), 'mailbox-image-'))
      try {
        const how = disk.image(folder, random)
        if (!disk.isClean()) result.torn += 1
        result.count += 1
        const faults = await user.open(folder)
        if (faults.length > 0) {
          const told = faults.slice(0, 5).join('; ')
          result.faults.push(`seed ${seed}, after event ${index + 1} (${event.kind}), ${how}: ${told}`)
        }
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    }
  }
  return result
}

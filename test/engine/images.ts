import path from 'node:path'
import type { DiskOptions } from '../record/disk-model'
import type { DiskEvent } from '../record/events'
import { type Images, openImages } from '../record/images'
import { createOpener, type Opener } from '../record/opener'
import type { ImageOrder } from './image-child'
import type { StormNote } from './storm-child'

export type NumbersOpener = Opener<ImageOrder>
export const createNumbersOpener = (): NumbersOpener => createOpener(path.join(__dirname, 'image-child.ts'))

/** Writes of which it is looked who had which place. */
const LOOKED_AT = 300

/** Images of a file of numbers, after each of which is known what was acknowledged. */
export function openNumbers(
  events: readonly DiskEvent[],
  name: string,
  count: number,
  seed: number,
  opener: NumbersOpener,
  { disposable = false, ...options }: DiskOptions & Pick<Partial<ImageOrder>, 'disposable'> = {},
): Promise<Images> {
  let durable = 0
  const told: [place: number, writer: number, number: number][] = []
  return openImages(
    events,
    count,
    seed,
    {
      hear(text) {
        const note: StormNote = JSON.parse(text)
        if (note.is !== 'done') return
        told.push([note.place, note.writer, note.number])
        if (note.durable) durable = Math.max(durable, note.place)
      },
      open: (folder) =>
        opener.open({ file: path.join(folder, name), durable, told: told.slice(-LOOKED_AT), disposable }),
    },
    options,
  )
}

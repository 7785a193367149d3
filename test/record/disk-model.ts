import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { DiskEvent } from './events'

/**
 * What a disk may hold when the power goes: what was flushed, and of what was written since any part, sector by sector, in any mix
 * of the versions that were written; a size before or after it grew or shrank, and what it cut off is there whole or not at all, since a
 * file system journals its sizes; names that were not flushed with their folder may be
 * there or not. A flush that failed leaves some sectors behind for good: the kernel takes them for clean (fsyncgate).
 */

const SECTOR = 512

/** @returns a whole number below the given one */
type Random = (below: number) => number

interface Version<T> {
  /** number of the event */
  readonly event: number
  readonly value: T
  /** by a size that became smaller */
  readonly cut?: boolean
}

/** Chooses among what is on the disk (0) and what was written since (from 1), oldest first. */
type Choose = (versions: readonly { readonly event: number }[]) => number

/** How much of what is not flushed reached the disk. `order`: all that was done before a moment. */
const STRATEGIES = ['nothing', 'all', 'any', 'few', 'most', 'order'] as const
type Strategy = (typeof STRATEGIES)[number]

/** Of a sector, where the size is that of an event: what was cut off by then is gone, and what came after a later cut is not there. */
function possible<T>(
  versions: readonly Version<T>[],
  size: number,
): readonly [base: Version<T> | undefined, since: readonly Version<T>[]] {
  const base = versions.findLastIndex(({ event, cut }) => cut && event <= size)
  const end = versions.findIndex(({ event, cut }) => cut && event > size)
  return [versions[base], versions.slice(base + 1, end < 0 ? undefined : end)]
}

class FileModel {
  private live: Buffer = Buffer.alloc(0)
  private liveSize = 0
  private durable: Buffer = Buffer.alloc(0)
  private durableSize = 0
  /** by sector */
  private pending = new Map<number, Version<Buffer>[]>()
  private sizes: Version<number>[] = []

  /** Of a file that was there before the recording: only an empty one can be taken up. */
  write(event: number, offset: number, octets: Buffer): void {
    const end = offset + octets.length
    this.live = grown(this.live, end)
    octets.copy(this.live, offset)
    if (end > this.liveSize) this.resize(event, end)
    this.touch(event, offset, end)
  }

  truncate(event: number, size: number): void {
    const before = this.liveSize
    this.live = grown(this.live, size)
    if (size < before) {
      this.live.fill(0, size, before)
      this.touch(event, size, before, true)
    }
    if (size !== before) this.resize(event, size)
  }

  private resize(event: number, size: number): void {
    this.liveSize = size
    this.sizes.push({ event, value: size })
  }

  private touch(event: number, from: number, to: number, cut = false): void {
    for (let sector = Math.floor(from / SECTOR); sector * SECTOR < to; sector++) {
      const octets = Buffer.alloc(SECTOR)
      this.live.copy(octets, 0, sector * SECTOR, (sector + 1) * SECTOR)
      const versions = this.pending.get(sector)
      const version = { event, value: octets, cut }
      if (versions) versions.push(version)
      else this.pending.set(sector, [version])
    }
  }

  /** Was flushed: what was done before that event. `choose`: which version reached the disk; without it the last. */
  flushed(before: number, choose?: Choose): void {
    for (const [sector, versions] of this.pending) {
      const those = versions.filter(({ event }) => event < before)
      const [base, since] = possible(those, before)
      const which = choose ? choose(since) : since.length
      const chosen = since[which - 1] ?? base
      if (chosen) {
        this.durable = grown(this.durable, (sector + 1) * SECTOR)
        chosen.value.copy(this.durable, sector * SECTOR)
      }
      const left = versions.slice(those.length)
      if (left.length > 0) this.pending.set(sector, left)
      else this.pending.delete(sector)
    }
    const count = this.sizes.filter(({ event }) => event < before).length
    // A size is metadata: it is in the journal of the file system, which a failed write of data does not touch.
    this.durableSize = this.sizes[count - 1]?.value ?? this.durableSize
    this.sizes = this.sizes.slice(count)
  }

  isClean(): boolean {
    return this.pending.size === 0 && this.sizes.length === 0
  }

  image(choose: Choose, rubbish: Random | undefined): Buffer {
    const resized = this.sizes[choose(this.sizes) - 1]
    const size = resized?.value ?? this.durableSize
    const image = Buffer.alloc(Math.ceil(size / SECTOR) * SECTOR)
    this.durable.copy(image, 0, 0, Math.min(image.length, this.durable.length))
    for (const [sector, versions] of this.pending) {
      if ((sector + 1) * SECTOR > image.length) continue
      const [base, since] = possible(versions, resized?.event ?? 0)
      const chosen = since[choose(since) - 1] ?? base
      if (chosen) chosen.value.copy(image, sector * SECTOR)
      // Space that the file was given and that was never written to: what was there of other files.
      else if (rubbish && sector * SECTOR >= this.durableSize) fillWith(rubbish, image, sector * SECTOR)
    }
    return image.subarray(0, size)
  }
}

function grown(octets: Buffer, size: number): Buffer {
  if (octets.length >= size) return octets
  const room = Buffer.alloc(Math.max(size, octets.length * 2, 65_536))
  octets.copy(room)
  return room
}

function fillWith(random: Random, octets: Buffer, at: number): void {
  for (let index = at; index < at + SECTOR; index += 4) octets.writeUInt32LE(random(2 ** 32), index)
}

type Entry = FileModel | 'folder' | undefined

class NameModel {
  private durable: Entry
  private pending: Version<Entry>[] = []
  set(event: number, entry: Entry): void {
    this.pending.push({ event, value: entry })
  }
  get live(): Entry {
    return this.pending.length > 0 ? this.pending.at(-1)?.value : this.durable
  }
  flushed(before: number): void {
    const count = this.pending.filter(({ event }) => event < before).length
    if (count > 0) this.durable = this.pending[count - 1]?.value
    this.pending = this.pending.slice(count)
  }
  choose(choose: Choose): Entry {
    const which = choose(this.pending)
    return which === 0 ? this.durable : this.pending[which - 1]?.value
  }
}

export interface DiskOptions {
  /** says that it has flushed, and has not */
  readonly lies?: boolean
}

export class Disk {
  private readonly names = new Map<string, NameModel>()
  private readonly files = new Map<bigint, FileModel>()
  /** flushes under way: the number of the event that began them */
  private readonly flushes = new Map<number, number>()
  private count = 0

  /** @param random of what failed flushes leave behind */
  constructor(
    private readonly random: Random,
    private readonly options: DiskOptions = {},
  ) {}

  private name(name: string): NameModel {
    const known = this.names.get(name)
    if (known) return known
    const made = new NameModel()
    this.names.set(name, made)
    return made
  }

  private file(ino: bigint): FileModel {
    const file = this.files.get(ino)
    assert.ok(file, `a file without a name: ${ino}`)
    return file
  }

  apply(event: DiskEvent): void {
    const number = ++this.count
    switch (event.kind) {
      case 'create':
      case 'seen':
        if (event.kind === 'seen' && this.files.has(event.ino)) return
        assert.equal(event.size, 0, `${event.name} was not recorded from its beginning`)
        this.files.set(event.ino, new FileModel())
        this.name(event.name).set(number, this.file(event.ino))
        return
      case 'mkdir':
        this.name(event.name).set(number, 'folder')
        return
      case 'write':
        this.file(event.ino).write(number, event.offset, event.octets)
        return
      case 'truncate':
        this.file(event.ino).truncate(number, event.size)
        return
      case 'unlink':
        this.name(event.name).set(number, undefined)
        return
      case 'rename':
        this.name(event.to).set(number, this.name(event.name).live)
        this.name(event.name).set(number, undefined)
        return
      case 'link':
        this.name(event.to).set(number, this.name(event.name).live)
        return
      case 'sync-begin':
        this.flushes.set(event.id, number)
        return
      case 'sync-end':
        this.flushed(event)
        return
      case 'note':
        return
    }
  }

  private flushed({ id, ino, folder, failed }: DiskEvent & { kind: 'sync-end' }): void {
    const before = this.flushes.get(id)
    assert.ok(before, 'the end of a flush that did not begin')
    this.flushes.delete(id)
    if (this.options.lies) return
    if (folder === undefined) {
      this.file(ino).flushed(before, failed ? (versions) => this.random(versions.length + 1) : undefined)
      return
    }
    if (failed) return
    for (const [name, model] of this.names) {
      if (path.dirname(name) === (folder || '.')) model.flushed(before)
    }
  }

  /** All octets of files are flushed. */
  isClean(): boolean {
    return [...this.files.values()].every((file) => file.isClean())
  }

  /** Writes what the disk may hold now into an empty folder. @returns how it was chosen */
  image(into: string, random: Random): string {
    const told: string[] = []
    const choices = new Map<FileModel, Choose>()
    const moment = random(this.count + 1)
    const strategyFor = (what: string): Choose => this.strategy(random, told, what, moment)
    const ofNames = strategyFor('names')
    const there = new Map<string, Entry>()
    for (const [name, model] of this.names) there.set(name, model.choose(ofNames))
    for (const [name, entry] of [...there].sort(([a], [b]) => a.length - b.length)) {
      const folder = path.dirname(name)
      if (!entry || (folder !== '.' && there.get(folder) !== 'folder')) continue
      if (entry === 'folder') {
        mkdirSync(path.join(into, name))
        continue
      }
      const choose = choices.get(entry) ?? strategyFor(name)
      choices.set(entry, choose)
      writeFileSync(path.join(into, name), entry.image(choose, random(3) === 0 ? random : undefined), { mode: 0o600 })
    }
    return told.join(', ')
  }

  private strategy(random: Random, told: string[], what: string, moment: number): Choose {
    const strategy: Strategy = STRATEGIES[random(STRATEGIES.length)] ?? 'any'
    told.push(`${what}: ${strategy}`)
    const seldom = (): boolean => random(10) === 0
    switch (strategy) {
      case 'nothing':
        return () => 0
      case 'all':
        return ({ length }) => length
      case 'any':
        return ({ length }) => random(length + 1)
      case 'few':
        return ({ length }) => (seldom() ? random(length + 1) : 0)
      case 'most':
        return ({ length }) => (seldom() ? random(length + 1) : length)
      case 'order':
        return (versions) => versions.filter(({ event }) => event <= moment).length
    }
  }
}

import type { Database } from '../../engine/sqlite/database'
import { bootId, identify, runs, UNKNOWN_BOOT } from '../../processes/identity'
import type { Log } from '../../terms/ports'
import type { MailOperations } from './write/program'

/**
 * Everybody sees a commit before it is on the disk: of flags up to a second, of mail until its flush ends. So a process that writes stands
 * in a table, in a row that was on the disk before its first write, and goes from it when it closes, with all that it wrote flushed. A
 * row of another boot says that the machine ended with commits that were seen and may be lost. A process that was killed
 * in this boot lost nothing: the kernel has its pages, and flushes them with the next durable write.
 */
export interface Unflushed {
  /** undefined: it stands there already */
  mark(): Promise<void> | undefined
  unmark(): Promise<void>
}

type Writer = Pick<Database<MailOperations>, 'read' | 'write'>

const bootOf = (process: string): string | undefined => process.split('.')[2]

/** Where the kernel does not tell its boot (not Linux), a process that runs no more is taken for one of another. */
const isLost = (process: string, boot: string): boolean =>
  bootOf(process) !== boot || (boot === UNKNOWN_BOOT && !runs(process))

/**
 * Leaps when the machine has lost its power since somebody wrote; of those who open the file at once, one does.
 * @param boot of this machine
 */
export async function openUnflushed({ read, write }: Writer, log: Log, boot = bootId()): Promise<Unflushed> {
  const me = identify(boot)
  const those = (): string[] => read.columns<[string]>('SELECT process FROM unflushed').flat()
  const lost = those().filter((process) => isLost(process, boot))
  if (lost.length > 0) {
    const count = await write('leap', [lost])
    if (count !== undefined) {
      log.warn(`mail store: the machine ended without a shutdown: ${count} mailboxes leapt (docs/durability.md)`)
    }
  }
  let stands = false
  let marking: Promise<void> | undefined
  async function standThere(): Promise<void> {
    await write('markUnflushed', [me, those().filter((process) => !runs(process))])
    stands = true
  }
  return {
    mark() {
      if (stands) return undefined
      marking ??= standThere().finally(() => {
        marking = undefined
      })
      return marking
    },
    async unmark() {
      await marking?.catch(() => undefined)
      if (stands) await write('unmarkUnflushed', [[me]])
    },
  }
}

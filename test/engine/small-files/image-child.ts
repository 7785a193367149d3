import { traceOf } from '../../../lib/terms/errors'
import { type Log, silentLog } from '../../../lib/terms/ports'
import { answerOrders } from '../../record/opener'
import { ACCOUNTS, openSmallFiles } from './open'

/** The small files after a power cut, and what was answered before it. */
export interface SmallImage {
  readonly folder: string
  /** secrets of sessions that must be there */
  readonly made: readonly string[]
  readonly removed: readonly string[]
  /** steps of codes that were used, by account */
  readonly codes: readonly (readonly [account: string, step: number])[]
  /** the disk had not flushed what it said: nothing is promised but that a server starts */
  readonly lies: boolean
}

/** Of what is only visible the end is missing at most: numbers from 0 on, of each writer. */
function holes(what: string, entries: readonly (readonly [writer: string, number: number])[]): string[] {
  const byWriter = new Map<string, Set<number>>()
  for (const [writer, number] of entries) byWriter.set(writer, (byWriter.get(writer) ?? new Set()).add(number))
  return [...byWriter].flatMap(([writer, numbers]) =>
    numbers.size === Math.max(...numbers) + 1 ? [] : [`${what} of ${writer}: ${[...numbers].sort((a, b) => a - b)}`],
  )
}

async function look({ folder, made, removed, codes, lies }: SmallImage): Promise<string[]> {
  const errors: string[] = []
  const log: Log = { ...silentLog, error: (text) => errors.push(text) }
  const faults: string[] = []
  for (let opening = 0; opening < 2; opening++) {
    const files = await openSmallFiles(folder, log)
    const { locks, attempts, deliveries, sessions } = files
    // Whoever was in is gone, and everybody gets in.
    for (const account of ACCOUNTS) {
      const lease = await locks.acquire({ account, access: 'exclusive', protocol: 'pop3', address: '192.0.2.1' })
      if (lease.ok) await lease.value.release()
      else faults.push(`${account} is locked: ${lease.fault.kind}`)
    }
    const who = { user: `opening${opening}`, address: '192.0.2.1' }
    await attempts.record(who, { kind: 'failure', mark: 'x' }, Date.now())
    if (!lies) {
      const trail = await attempts.trail({ limit: 100_000 })
      const noted = trail.map(({ user, reason }) => [user, Number(reason)] as const)
      const told = await deliveries.list({ limit: 100_000 })
      faults.push(...holes('the audit trail', noted))
      faults.push(
        ...holes(
          'the log of deliveries',
          told.map(({ sender, size }) => [sender, size] as const),
        ),
      )
      for (const secret of made) if (!(await sessions.find(secret))) faults.push('a session is lost')
      for (const secret of removed) if (await sessions.find(secret)) faults.push('a session that was ended is back')
      for (const [account, step] of codes) {
        const before = await sessions.changeSecondFactor(account, (state) => [state, state.step])
        if (before < step) faults.push(`code ${step} of ${account} works again: ${before}`)
      }
    }
    await files.close()
  }
  // The lock table is not flushed: where the boot is another one it is never read, and here it is made anew.
  const damaged = errors.filter((text) => !text.startsWith('locks: '))
  return [...faults, ...(lies ? [] : damaged)]
}

answerOrders(async (order: SmallImage) => {
  try {
    return await look(order)
  } catch (error) {
    return [traceOf(error)]
  }
})

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { installed } from '../../e2e/demo'

const run = promisify(execFile)
const MODEL = path.join(__dirname, 'locks.pml')
/** octets that SPIN may print, and milliseconds that it may take */
const MOST = 64 * 1024 * 1024
const LIMIT = process.env.MAILBOX_LONG ? 3_600_000 : 120_000

/** Names that the model is compiled with: bounds (`N`, `ROUNDS`, `FAULTS`), `LIVE`, `CALM`, and planted faults. */
export type Defines = Readonly<Record<string, number | true>>

export interface Verdict {
  /** what is violated; undefined: nothing, and all states within the bounds were looked at */
  readonly violated: string | undefined
  readonly states: number
  readonly seconds: number
}

/** Whether the checker is there; says so when it is not, for a suite that then skips. */
export function spinOrSkip(): boolean {
  const there = installed('spin') && installed('gcc')
  if (!there) console.log('      no spin, or no gcc, on this machine: skipped')
  return there
}

const defines = (all: Defines): string[] =>
  Object.entries(all).map(([name, value]) => (value === true ? `-D${name}` : `-D${name}=${value}`))

/** Looks at every state of the model within its bounds. */
export async function verify(all: Defines): Promise<Verdict> {
  const cwd = mkdtempSync(path.join(tmpdir(), 'mailbox-spin-'))
  const options = { cwd, timeout: LIMIT, maxBuffer: MOST }
  const long = process.env.MAILBOX_LONG !== undefined
  try {
    await run('spin', ['-a', ...defines(all), MODEL], options)
    // A few processes more than NFAIR=2 has room for; without optimization the compiler takes a second and not six.
    const how = all.LIVE ? ['-DNFAIR=4'] : ['-DSAFETY']
    await run(
      'gcc',
      [...(long ? ['-O2', '-DCOLLAPSE'] : ['-O0']), '-DMEMLIM=8000', ...how, '-o', 'pan', 'pan.c'],
      options,
    )
    // Weakly fair: what a process can do all the time it does at last.
    const { stdout } = await run('./pan', [...(all.LIVE ? ['-a', '-f'] : []), '-m1000000'], {
      ...options,
      cwd,
      env: { ...process.env, PATH: `${cwd}:${process.env.PATH}` },
    })
    const violated = /^pan:1: (.+) \(at depth \d+\)$/m.exec(stdout)?.[1]
    const errors = /errors: (\d+)/.exec(stdout)?.[1]
    const states = Number(/(\d+) states, stored/.exec(stdout)?.[1] ?? 0)
    if (errors === undefined || (errors === '0') !== (violated === undefined) || /out of memory|too small/.test(stdout))
      throw new Error(`SPIN did not come to an end:\n${stdout.slice(0, 2000)}`)
    return { violated, states, seconds: Number(/elapsed time ([\d.]+)/.exec(stdout)?.[1] ?? 0) }
  } finally {
    rmSync(cwd, { recursive: true, force: true })
  }
}

/** A step of the table. */
export interface Act {
  readonly act: 'Claim' | 'ClaimOver' | 'Late' | 'Leave' | 'Kick'
  readonly session: number
  readonly exclusive: boolean
  /** of each session after it: the fence of its lease; 0: it has none */
  readonly fences: readonly number[]
  /** who waits after it, in order of arrival */
  readonly queue: readonly number[]
}

/** A random run of the model without faults but kicks and take-overs: what the table was asked, and how it stood then. */
export async function randomRun(seed: number, bounds: Defines): Promise<Act[]> {
  const words = ['-T', `-n${seed}`, ...defines({ CALM: true, ...bounds }), MODEL]
  const { stdout } = await run('spin', words, { timeout: LIMIT, maxBuffer: MOST })
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => {
      const { exclusive, ...act } = JSON.parse(line)
      return { ...act, exclusive: exclusive === 1 }
    })
}

import { hashPassword } from '../../../lib/login/passwords'
import { verifyPassword } from '../../../lib/login/passwords/verify'
import type { Refusal } from './classes'
import type { Step } from './mechanisms'
import { shuffled } from './statistics'

type Times = ReadonlyMap<string, readonly number[]>

/** What one way to log in said to all classes of refusals, and after what time. */
export interface Verdict {
  /** different answers (octets, and lengths of TLS records), with the classes that heard them: one, if nothing can be told */
  readonly answers: ReadonlyMap<string, ReadonlySet<string>>
  readonly alike: boolean
  readonly times: Times
}

export interface GateOptions {
  /** microseconds that a default hash takes here */
  readonly hash: number
  readonly fewest?: number
  readonly most?: number
}

/** What a hash costs at its fastest. A machine that is busy only makes it slower, and the gate milder. */
export async function hashFloor(): Promise<number> {
  const { password } = await hashPassword('any')
  const times: number[] = []
  for (let count = 0; count < 12; count++) {
    const begun = performance.now()
    await verifyPassword('another', password)
    times.push((performance.now() - begun) * 1000)
  }
  return Math.min(...times)
}

/**
 * Whether the fastest answer of each class takes about as long: a refusal that leaves a hash out is a hash faster. A loaded machine
 * makes answers slower, never faster, so that more rounds bring equal classes together, and unequal ones not.
 */
function alike(times: Times, hash: number): boolean {
  const floors = [...times.values()].map((values) => Math.min(...values))
  const [fastest, slowest] = [Math.min(...floors), Math.max(...floors)]
  return slowest < 2 * fastest || slowest - fastest < hash / 2
}

/** The short form: octets exactly, times with a wide bound, and as many rounds as equal classes need on a busy machine. */
export async function judged(
  refusals: Readonly<Record<string, Refusal>>,
  ask: (refusal: Refusal) => Promise<readonly Step[]>,
  { hash, fewest = 2, most = 60 }: GateOptions,
): Promise<Verdict> {
  const answers = new Map<string, Set<string>>()
  const times = new Map(Object.keys(refusals).map((name): [string, number[]] => [name, []]))
  for (let round = 0; round < fewest || (round < most && !alike(times, hash)); round++)
    for (const [name, refusal] of shuffled(Object.entries(refusals))) {
      const steps = await ask(refusal)
      const said = JSON.stringify(steps.map(({ text, records }) => [text, records]))
      answers.set(said, (answers.get(said) ?? new Set()).add(name))
      times.get(name)?.push(steps.at(-1)?.took ?? 0)
    }
  return { answers, alike: alike(times, hash), times }
}

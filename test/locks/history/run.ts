import { setTimeout as pause } from 'node:timers/promises'
import type { LockMode } from '../../../lib/locks/locks'
import { randomFrom } from '../../random'
import type { Way } from '../network'
import type { Answer, Order, Place } from '../peer'
import { PeerProcess } from '../peer-process'
import type { Recorded } from './record'

export interface Run {
  /** where a process finds the locks; a way of its own that can be cut */
  place(): Promise<Place & { readonly way?: Way }>
  readonly processes: number
  /** sessions at once in each */
  readonly sessions: number
  readonly accounts: number
  /** locks asked for in all */
  readonly acquisitions: number
  readonly faults: number
  /** milliseconds; the drivers' expiry */
  readonly expiry: number
  readonly seed: number
  /** planted: the first process lets itself in, whoever is there */
  readonly firstMode?: LockMode
}

interface Member {
  readonly process: PeerProcess
  readonly way: Way | undefined
  /** numbers are not used again */
  readonly number: number
  readonly gone: AbortController
  busy: boolean
}

/** locks that are asked for before other accounts are used */
const TOGETHER = 200

/** Real processes that lock and unlock while they are stopped, cut off and killed. @returns all that happened */
export async function record(run: Run): Promise<Recorded[]> {
  const { processes, sessions, accounts, acquisitions, faults, expiry, seed } = run
  const below = randomFrom(seed)
  const history: Recorded[] = []
  /** as a store has it, that does one thing at a time */
  const seen = new Map<string, number>()
  let members: Member[] = []
  const all: Member[] = []
  let asked = 0
  let number = 0

  async function join(): Promise<Member> {
    const { way, ...place } = await run.place()
    const process = await PeerProcess.open(place)
    const member = { process, way, number: number++, gone: new AbortController(), busy: false }
    all.push(member)
    return member
  }
  const now = (): number => performance.now()
  /** Others from time to time: what is checked together is short, and a long run many of them. */
  const nameOf = (): string => `account${below(accounts)} of ${Math.floor(asked / TOGETHER)}`
  /** undefined: its process is gone */
  async function ask({ gone, process }: Member, order: Order): Promise<Answer | undefined> {
    if (gone.signal.aborted) return undefined
    const answer = process.ask(order)
    let over = (): void => undefined
    const end = new Promise<undefined>((resolve) => {
      over = () => resolve(undefined)
    })
    gone.signal.addEventListener('abort', over)
    const said = await Promise.race([answer, end])
    gone.signal.removeEventListener('abort', over)
    return said
  }

  async function mail(member: Member, account: string, lease: number, id: string, fence: number): Promise<void> {
    seen.set(account, Math.max(seen.get(account) ?? 0, fence))
    history.push({ kind: 'open', account, lease, fence, call: now(), return: now() })
    // Some stay for longer than a lease lasts, which is renewed.
    await pause(below(40) === 0 ? expiry + below(expiry) : below(4))
    if (member.gone.signal.aborted || member.process.hasLost(id)) return
    const outcome = seen.get(account) === fence ? 'deleted' : 'refused'
    history.push({ kind: 'quit', account, lease, fence, call: now(), return: now(), outcome })
  }

  async function session(nth: number): Promise<void> {
    while (asked < acquisitions) {
      const member = members[nth % processes]
      if (!member) return
      const lease = asked++
      const account = nameOf()
      const access = below(3) > 0 ? 'exclusive' : 'shared'
      const kind = access === 'exclusive' ? 'pop3' : 'imap'
      const mode = member.number === 0 ? run.firstMode : undefined
      const request = { account, access, protocol: kind, address: '192.0.2.1', wait: below(2) * 200 } as const
      const call = now()
      const answer = await ask(member, { kind: 'acquire', request: { ...request, ...(mode && { mode }) } })
      const acquired = { kind: 'acquire', process: member.number, account, lease, access, call, return: now() } as const
      if (answer?.kind !== 'granted') {
        const isHeld = answer?.kind === 'refused' && answer.why === 'held'
        history.push({ ...acquired, outcome: isHeld ? 'held' : 'unknown' })
        await pause(1 + below(4))
        continue
      }
      history.push({ ...acquired, outcome: 'granted', fence: answer.fence })
      await mail(member, account, lease, answer.lease, answer.fence)
      const release: Extract<Recorded, { kind: 'release' }> = { kind: 'release', account, lease, call: now() }
      history.push(release)
      if (await ask(member, { kind: 'release', lease: answer.lease })) release.return = now()
      if (below(30) === 0) await kick(nameOf())
    }
  }

  async function kick(account: string): Promise<void> {
    const member = members[below(processes)]
    if (!member) return
    const call = now()
    const answer = await ask(member, { kind: 'kick', account })
    history.push({ kind: 'kick', account, call, ...(answer && { return: now() }) })
  }

  async function fault(): Promise<void> {
    const at = below(processes)
    const member = members[at]
    if (!member) return
    const from = now()
    const kind = (['stop', 'cut', 'kill'] as const)[below(3)] ?? 'stop'
    const of = { kind: 'fault', fault: kind, process: member.number, from } as const
    if (kind === 'kill') {
      const next = await join()
      history.push({ ...of, from: now() })
      member.gone.abort()
      await member.process.kill()
      members = members.map((each) => (each === member ? next : each))
      member.way?.close()
      return
    }
    if (kind === 'cut' && !member.way) return
    if (kind === 'stop') member.process.signal('SIGSTOP')
    else member.way?.cut()
    await pause(below(3) ? expiry * 2 : below(50))
    if (kind === 'stop') member.process.signal('SIGCONT')
    else member.way?.heal()
    history.push({ ...of, to: now() })
  }

  try {
    for (let nth = 0; nth < processes; nth++) members.push(await join())
    const work = Promise.all(Array.from({ length: processes * sessions }, (_, nth) => session(nth)))
    for (let nth = 0; nth < faults && asked < acquisitions; nth++) {
      await pause(below(100))
      await fault()
    }
    await work
    return history
  } finally {
    for (const { process, way } of all) {
      await process.kill()
      way?.close()
    }
  }
}

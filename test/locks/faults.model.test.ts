import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pass } from 'node:timers/promises'
import fc from 'fast-check'
import type { Access } from '../../lib/locks/locks'
import { testDatabase } from '../postgres'
import { REDIS, redisOrSkip, removeKeys } from '../redis'
import { type Way, wayTo } from './network'
import type { Place } from './peer'
import { PeerProcess } from './peer-process'

/**
 * The lock protocol between real processes that are killed, stopped for longer than their leases last, and cut off. A process
 * that is stopped or cut off cannot know that its lease is over: there the fence decides, as in the store's transaction.
 */
const PEERS = 3
const EXPIRY = 400
/** milliseconds; waiters wait longer, so that a lost wake-up is seen */
const MOST = 20_000

type Step =
  | {
      readonly kind: 'acquire'
      readonly peer: number
      readonly account: number
      readonly access: Access
      wait: boolean
    }
  | { readonly kind: 'release' | 'update'; readonly which: number }
  | { readonly kind: 'kick'; readonly peer: number; readonly account: number }
  | { readonly kind: 'kill' | 'stop' | 'goOn' | 'cut' | 'heal'; readonly peer: number }
  | { readonly kind: 'time'; readonly milliseconds: number }

const peer = fc.nat(PEERS - 1)
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('acquire' as const),
      peer,
      account: fc.nat(1),
      access: fc.constantFrom('exclusive' as const, 'exclusive' as const, 'shared' as const),
      wait: fc.boolean(),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({ kind: fc.constantFrom('release' as const, 'update' as const), which: fc.nat(20) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('kick' as const), peer, account: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('kill' as const), peer }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom('stop', 'goOn', 'goOn', 'cut', 'heal', 'heal'), peer }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('time' as const),
      milliseconds: fc.oneof(fc.nat(30), fc.constant(EXPIRY * 1.5)),
    }),
  },
)

interface Held {
  readonly lease: string
  readonly account: string
  readonly access: Access
  readonly fence: number
  readonly by: Member
}
interface Member {
  readonly process: PeerProcess
  readonly way: Way | undefined
  stopped: boolean
  cut: boolean
  dead: boolean
}

class World {
  readonly members: Member[] = []
  readonly held = new Map<string, Held>()
  readonly waiting = new Map<Promise<void>, Member>()
  /** as the store keeps it: the highest fence that an account has seen */
  readonly seen = new Map<string, number>()
  /** of exclusive grants: each number once */
  readonly fences = new Set<string>()
  /** what happened last, for a failure's text */
  readonly events: string[] = []
  operations = 0
  updates = 0

  constructor(
    readonly prefix: string,
    readonly newMember: () => Promise<Member>,
  ) {}

  note(...words: readonly unknown[]): void {
    this.events.push(
      `${performance.now().toFixed(0)} ${words.map((word) => (typeof word === 'string' ? word : JSON.stringify(word))).join(' ')}`,
    )
    if (this.events.length > 80) this.events.shift()
  }
  watch({ process }: Member): void {
    process.onLost = (lease, reason) => {
      this.note('lost', lease, reason)
      this.held.delete(lease)
    }
  }
  async start(): Promise<void> {
    while (this.members.length < PEERS) this.members.push(await this.join())
  }
  async join(): Promise<Member> {
    const member = await this.newMember()
    this.watch(member)
    return member
  }
  member(index: number): Member {
    const found = this.members[index]
    assert.ok(found)
    return found
  }

  acquire({ peer: index, account: number, access, wait }: Extract<Step, { kind: 'acquire' }>): void {
    const by = this.member(index)
    const account = `${this.prefix}${number}`
    const request = {
      account,
      access,
      protocol: access === 'exclusive' ? ('pop3' as const) : ('imap' as const),
      address: '192.0.2.1',
      wait: wait ? 10 * MOST : 0,
    }
    const done = by.process.ask({ kind: 'acquire', request }).then((answer) => {
      this.waiting.delete(done)
      if (answer.kind !== 'granted' || by.dead) return
      const { lease, fence } = answer
      this.note('granted', this.members.indexOf(by), account, access, lease, fence)
      if (!by.process.hasLost(lease)) this.held.set(lease, { lease, account, access, fence, by })
      if (access !== 'exclusive') return
      assert.ok(!this.fences.has(`${account} ${fence}`), 'two exclusive grants with one fence')
      this.fences.add(`${account} ${fence}`)
      // What POP3 does when it opens the maildrop.
      this.seen.set(account, Math.max(this.seen.get(account) ?? 0, fence))
    })
    this.waiting.set(done, by)
  }

  /** Two that may not be in together, and both believe to be. */
  conflict(account?: string): readonly [Held, Held] | undefined {
    const all = [...this.held.values()].filter((one) => account === undefined || one.account === account)
    for (const one of all)
      for (const other of all)
        if (one !== other && one.account === other.account && one.access === 'exclusive') return [one, other]
    return undefined
  }

  /** What POP3's QUIT does: the store deletes only for the highest fence. */
  update(one: Held): void {
    if (one.access !== 'exclusive' || one.fence !== this.seen.get(one.account)) return
    this.updates++
    const exclusive = [...this.held.values()].filter(
      (other) => other.account === one.account && other.access === 'exclusive' && other.fence > one.fence,
    )
    assert.deepEqual(exclusive, [], 'deleted although another came in since')
  }

  async step(step: Step): Promise<void> {
    this.operations++
    this.note(step)
    switch (step.kind) {
      case 'acquire':
        this.acquire(step)
        break
      case 'release':
      case 'update': {
        const one = [...this.held.values()][step.which % Math.max(1, this.held.size)]
        if (!one || one.by.stopped) break
        if (step.kind === 'update') this.update(one)
        this.held.delete(one.lease)
        void one.by.process.ask({ kind: 'release', lease: one.lease })
        break
      }
      case 'kick':
        if (!this.member(step.peer).stopped)
          void this.member(step.peer).process.ask({ kind: 'kick', account: `${this.prefix}${step.account}` })
        break
      case 'kill': {
        const member = this.member(step.peer)
        await this.kill(member)
        // Who is stopped in the middle of a write holds up all others that write; a newcomer would have to wait for it.
        for (const other of this.members) if (other.stopped) this.goOn(other)
        this.members[step.peer] = await this.join()
        break
      }
      case 'stop':
        this.member(step.peer).stopped = true
        this.member(step.peer).process.signal('SIGSTOP')
        break
      case 'goOn':
        this.goOn(this.member(step.peer))
        break
      case 'cut':
        if (!this.member(step.peer).way) break
        this.member(step.peer).cut = true
        this.member(step.peer).way?.cut()
        break
      case 'heal':
        this.heal(this.member(step.peer))
        break
      case 'time':
        await pass(step.milliseconds)
        break
    }
    await this.checked()
  }
  goOn(member: Member): void {
    member.stopped = false
    member.process.signal('SIGCONT')
  }
  heal(member: Member): void {
    member.cut = false
    member.way?.heal()
  }
  async kill(member: Member): Promise<void> {
    member.dead = true
    await member.process.kill()
    member.way?.close()
    for (const [done, by] of this.waiting) if (by === member) this.waiting.delete(done)
    for (const one of this.held.values()) if (one.by === member) this.held.delete(one.lease)
  }

  /**
   * Who is well and believes to be in beside another learns that it is not, in the time of a lease. (An answer that
   * came late may make two believe so for a moment: this process hears of a loss by another message.)
   */
  async checked(): Promise<void> {
    const well = ({ by }: Held): boolean => !by.stopped && !by.cut
    const end = performance.now() + MOST
    for (let found = this.conflict(); found?.every(well); found = this.conflict()) {
      assert.ok(performance.now() < end, `${found.map(({ lease }) => lease)}\n${this.events.join('\n')}`)
      await pass(5)
    }
  }

  /** All go on; who waits gets in when the others go; nothing is left. */
  async finish(): Promise<void> {
    for (const member of this.members) {
      this.goOn(member)
      this.heal(member)
    }
    const end = performance.now() + 2 * MOST
    const inTime = (what: string): void => assert.ok(performance.now() < end, `${what}\n${this.events.join('\n')}`)
    while (this.waiting.size > 0 || this.held.size > 0) {
      await this.checked()
      inTime(`${this.waiting.size} wait and ${this.held.size} are in at the end`)
      for (const one of [...this.held.values()]) {
        this.held.delete(one.lease)
        await one.by.process.ask({ kind: 'release', lease: one.lease })
      }
      await Promise.race([...this.waiting.keys(), pass(5)])
    }
    for (;;) {
      const answer = await this.member(0).process.ask({ kind: 'list' })
      const left = answer.kind === 'done' ? (answer.accounts ?? []).filter((name) => name.startsWith(this.prefix)) : []
      if (left.length === 0) break
      inTime(`left behind: ${left.join(' ')}`)
      await pass(5)
    }
  }
}

function model(name: string, open: () => Promise<(() => Promise<Place & { way?: Way }>) | undefined>): void {
  it(`${name}: the invariants hold while processes are killed, stopped and cut off`, async function () {
    this.timeout(3_600_000)
    const opened = await open()
    if (!opened) return this.skip()
    const place = opened
    // Processes take time to start: one is always there already.
    let spare = new PeerProcess()
    async function newMember(): Promise<Member> {
      const child = spare
      spare = new PeerProcess()
      const { way, ...at } = await place()
      await child.openAt(at)
      return { process: child, way, stopped: false, cut: false, dead: false }
    }
    const first = new World('', newMember)
    await first.start()
    let { members } = first
    let run = 0
    const totals = { operations: 0, updates: 0 }
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(steps, { minLength: 20, maxLength: 80, size: 'max' }), async (list) => {
          const world = new World(`run${run++}-`, newMember)
          world.members.push(...members)
          for (const member of members) world.watch(member)
          try {
            for (const step of list) await world.step(step)
            await world.finish()
          } finally {
            members = world.members
            totals.operations += world.operations
            totals.updates += world.updates
          }
        }),
        { numRuns: process.env.MAILBOX_LONG ? 200 : 2, endOnFailure: true },
      )
    } finally {
      if (process.env.MAILBOX_LONG) console.log(`      ${totals.operations} operations, ${totals.updates} updates`)
      await Promise.all([...members.map(({ process }) => process), spare].map((one) => one.kill()))
      for (const { way } of members) way?.close()
    }
  })
}

describe('the lock protocol under faults', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'mailbox-lock-faults-'))
  const redisPrefix = `locks-faults-${randomBytes(4).toString('hex')}`
  let usedRedis = false
  after(async () => {
    rmSync(folder, { recursive: true, force: true })
    if (usedRedis) await removeKeys(`{${redisPrefix}}:`)
  })
  model('embedded', async () => async () => ({ where: path.join(folder, 'locks'), expiry: EXPIRY }))
  const database = testDatabase()
  model('postgres', async () => {
    if (!(await database.open())) return undefined
    const { hostname, port } = new URL(database.url())
    return async () => {
      const way = await wayTo(hostname, Number(port || 5432))
      const where = new URL(database.url())
      where.port = String(way.port)
      return { where: where.href, expiry: EXPIRY, way }
    }
  })
  model('redis', async () => {
    if (!(await redisOrSkip())) return undefined
    usedRedis = true
    const { hostname, port } = new URL(REDIS)
    return async () => {
      const way = await wayTo(hostname, Number(port || 6379))
      return { where: `redis://127.0.0.1:${way.port}`, redisPrefix, expiry: EXPIRY, way }
    }
  })
})

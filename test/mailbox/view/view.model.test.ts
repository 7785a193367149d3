import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import type { AccountMail, Bus, MailRoom, Notice, View } from '../../../lib/mailbox/mailbox'
import { openSqliteStore } from '../../../lib/store/sqlite'
import type { Store } from '../../../lib/store/store'
import { changeFlags, type FlagChange, flagSet, NO_FLAGS } from '../../../lib/terms/flags'
import { type AccountId, accountId } from '../../../lib/terms/names'
import { uid } from '../../../lib/terms/numbers'
import { type FakeStore, fakeStore } from '../fake-store'
import { type Client, createClient, mailOf, roomOver, value } from '../room'

/**
 * Sessions of two processes on one mailbox, any order of writes, expunges and syncs. Notices between the processes may be lost,
 * commits may be heard of in any order, the store's log may end. After each sync a client that believed every update knows
 * exactly what its window shows; at the end, what the store has.
 */
type Action =
  | { readonly do: 'append'; readonly session: number; readonly count: number }
  | {
      readonly do: 'flags'
      readonly session: number
      readonly picks: readonly number[]
      readonly how: FlagChange
      readonly flag: string
      readonly silent: boolean
    }
  | { readonly do: 'expunge'; readonly session: number; readonly picks: readonly number[] }
  | { readonly do: 'sync'; readonly session: number; readonly expunges: 'say' | 'hold' }
  | { readonly do: 'reopen'; readonly session: number }
  | { readonly do: 'hold' | 'letGo' | 'forgetLog' | 'turn' | 'tell' }

const SESSIONS = 5
const session = fc.nat(SESSIONS - 1)
const picks = fc.array(fc.nat(30), { minLength: 1, maxLength: 4 })
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('append'), session, count: fc.integer({ min: 1, max: 3 }) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('flags'),
      session,
      picks,
      how: fc.constantFrom<FlagChange[]>('add', 'remove', 'replace'),
      flag: fc.constantFrom('\\Seen', '\\Flagged', '$Junk'),
      silent: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('expunge'), session, picks }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('sync'), session, expunges: fc.constantFrom('say', 'hold') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen'), session }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('hold', 'letGo', 'forgetLog', 'turn', 'tell') }),
  },
)

interface Session {
  readonly mail: AccountMail
  view: View
  client: Client
}

/** The store under the sessions, and what a test may do to it. */
interface Ground {
  readonly store: Store
  readonly account: AccountId
  readonly mischief?: Pick<FakeStore, 'hold' | 'letGo' | 'forgetLog'>
}

class World {
  readonly store: Store
  readonly rooms: MailRoom[] = []
  readonly sessions: Session[] = []
  readonly writes: Promise<unknown>[] = []
  held = false
  /** notices under way from one process to the other */
  readonly #mail: { to: (notice: Notice) => void; notice: Notice }[] = []
  readonly #ears: ((notice: Notice) => void)[] = []

  constructor(readonly ground: Ground) {
    this.store = ground.store
  }
  async open(): Promise<void> {
    for (const room of [roomOver(this.store, { bus: this.#bus(0) }), roomOver(this.store, { bus: this.#bus(1) })]) {
      this.rooms.push(room)
    }
    for (let nth = 0; nth < SESSIONS; nth++) {
      const mail = mailOf(this.rooms[nth % 2] ?? assert.fail(), this.ground.account)
      const view = value(await mail.open('INBOX', 'claim'))
      this.sessions.push({ mail, view, client: createClient(view) })
    }
  }
  #bus(own: number): Bus {
    return {
      publish: (notice) => {
        const to = this.#ears[1 - own]
        if (to !== undefined) this.#mail.push({ to, notice })
      },
      subscribe: (listener) => {
        this.#ears[own] = listener
        return () => {}
      },
      close: async () => {},
    }
  }
  /** Half of the notices never arrive. */
  tell(): void {
    for (const [nth, { to, notice }] of this.#mail.splice(0).entries()) if (nth % 2 === 0) to(notice)
  }

  async run(step: Action): Promise<void> {
    switch (step.do) {
      case 'hold':
        if (!this.held) this.ground.mischief?.hold()
        this.held = this.ground.mischief !== undefined
        return
      case 'letGo':
        this.held = false
        this.ground.mischief?.letGo((waiting) => ((waiting * 7) % waiting) | (waiting >> 1))
        return this.settle()
      case 'forgetLog':
        return this.ground.mischief?.forgetLog()
      case 'tell':
        return this.tell()
      case 'turn':
        return new Promise((resolve) => setImmediate(resolve))
      default:
        await this.act(step, this.sessions[step.session] ?? assert.fail())
    }
  }
  async settle(): Promise<void> {
    await Promise.all(this.writes.splice(0))
  }

  async act(
    step: Exclude<Action, { do: 'hold' | 'letGo' | 'forgetLog' | 'turn' | 'tell' }>,
    one: Session,
  ): Promise<void> {
    switch (step.do) {
      case 'append': {
        const message = { bytes: Buffer.from('a: b\r\n\r\nc'), flags: NO_FLAGS, internalDate: 1 }
        return this.write(one.mail.append('INBOX', Array(step.count).fill(message)))
      }
      case 'flags':
        return this.write(this.storeFlags(step, one))
      case 'expunge': {
        const uids = this.pick(one, step.picks)
        const mark = one.mail.storeFlags(one.view, uids, 'add', flagSet(['\\Deleted']))
        return this.write(mark.then(() => one.mail.expunge(one.view, uids)))
      }
      case 'sync':
        one.client.hear(await one.view.sync(step.expunges))
        return this.check(one)
      case 'reopen':
        one.view.close()
        one.view = value(await one.mail.open('INBOX', 'claim'))
        one.client = createClient(one.view)
    }
  }
  /** Waits for the write, unless the store holds writes back. */
  async write(promise: Promise<unknown>): Promise<void> {
    this.writes.push(promise)
    if (!this.held) await this.settle()
  }
  pick({ client }: Session, wanted: readonly number[]) {
    const uids = wanted.flatMap((nth) => client.messages[nth % Math.max(1, client.messages.length)]?.uid ?? [])
    return [...new Set(uids)].sort((a, b) => a - b).map(uid)
  }
  async storeFlags(step: Extract<Action, { do: 'flags' }>, { mail, view, client }: Session): Promise<void> {
    const flags = flagSet([step.flag])
    const uids = this.pick({ mail, view, client }, step.picks)
    // A client waits for its own STORE; one that the store holds back is not silent, since the session goes on meanwhile.
    const silent = step.silent && !this.held
    if (silent) view.quiet(uids)
    value(await mail.storeFlags(view, uids, step.how, flags))
    if (!silent) return
    // The client knows what it asked for; the server need not repeat it.
    for (const message of client.messages) {
      if (uids.some((one) => one === message.uid)) message.flags = changeFlags(message.flags, step.how, flags)
    }
  }

  /** The client's belief is the window; an expunged message that is still numbered keeps its place. */
  async check({ view, client }: Session): Promise<void> {
    const stored = value(await this.snapshot())
    assert.equal(view.exists, client.messages.length)
    for (const [index, known] of client.messages.entries()) {
      assert.equal(view.uidAt(index + 1), known.uid)
      assert.equal(view.seqOf(known.uid), index + 1)
      if (stored.has(known.uid)) assert.equal(view.flagsAt(index + 1).wire, known.flags.wire)
    }
    assert.ok(view.recentCount <= view.exists)
  }
  async snapshot() {
    const { account } = this.ground
    const inbox = await this.store.mailboxes.find(account, 'INBOX')
    const snapshot = inbox && (await this.store.messages.snapshot(account, inbox.id))
    const flagsOf = (index: number) => snapshot?.flagSets[snapshot.flags[index] ?? -1]?.wire
    const rows = [...(snapshot?.uids ?? [])].map((one, index) => [one, flagsOf(index)] as const)
    return { ok: true, value: new Map(rows) } as const
  }

  async finish(): Promise<void> {
    this.ground.mischief?.letGo()
    await this.settle()
    const stored = value(await this.snapshot())
    for (const one of this.sessions) {
      one.client.hear(await one.view.sync('say'))
      assert.deepEqual(new Map(one.client.messages.map(({ uid, flags }) => [uid, flags.wire])), stored)
      assert.equal(one.view.hasNews, false)
      assert.deepEqual(await one.view.sync('say'), [])
      one.view.close()
    }
    for (const room of this.rooms) await room.close()
  }
}

describe('mailbox views, model', function () {
  this.timeout(600_000)

  const holdsOver = (ground: () => Promise<Ground>, numRuns: number) =>
    fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 60, size: 'max' }), async (steps) => {
        const world = new World(await ground())
        await world.open()
        for (const step of steps) await world.run(step)
        await world.finish()
      }),
      { numRuns, endOnFailure: process.env.MAILBOX_LONG !== '1' },
    )
  const runs = Number(process.env.MAILBOX_RUNS ?? 1000)

  it('keeps every client true to its window, and in the end to the store', () => {
    const ground = async (): Promise<Ground> => {
      const store = fakeStore()
      return { store, account: accountId('a1'), mischief: store }
    }
    return holdsOver(ground, runs)
  })

  it('does so on the sqlite store', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'model-'))
    const store = await openSqliteStore({ path: directory })
    let accounts = 0
    const ground = async (): Promise<Ground> => {
      const name = `a${++accounts}@example.org`
      return { store, account: value(await store.accounts.create({ name, credentials: {} })).id }
    }
    await holdsOver(ground, runs / 8)
    await store.close()
    rmSync(directory, { recursive: true })
  })
})

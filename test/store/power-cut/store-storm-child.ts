import { openSync, writeSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { GramSet } from '../../../lib/search/text-grams'
import { named, value } from '../../../lib/store/conformance/fixtures'
import { openSqliteStore } from '../../../lib/store/sqlite'
import type { Store } from '../../../lib/store/store'
import type { Result } from '../../../lib/terms/fault'
import { flagSet, NO_FLAGS } from '../../../lib/terms/flags'
import type { AccountId } from '../../../lib/terms/names'
import { fence, type Uid } from '../../../lib/terms/numbers'
import { SMALL } from '../../engine/storm'
import { randomFrom } from '../../random'
import { MAILBOXES, messageOf, type StoreNote } from './facts'

export interface StoreStormOrder {
  readonly folder: string
  readonly notes: string
  readonly writer: number
  readonly seed: number
  readonly acts: number
  readonly sessions: number
}

export const ACCOUNT = 'storm@example.org'

interface Own {
  readonly mailbox: string
  readonly uid: Uid
  readonly text: string
  readonly size: number
}

/** A process that uses a store as sessions do, each on messages of its own, and notes what it is told. */
class Storm {
  private readonly random: (below: number) => number
  private readonly notes: number
  private texts = 0
  private acts = 0
  private fences = 0

  constructor(
    private readonly order: StoreStormOrder,
    private readonly store: Store,
    private readonly account: AccountId,
  ) {
    this.random = randomFrom(order.seed)
    this.notes = openSync(order.notes, 'a')
  }

  tell(note: StoreNote): void {
    writeSync(this.notes, JSON.stringify(note))
  }

  private stored(own: Own): Own {
    const { mailbox, uid, text, size } = own
    this.tell({ is: 'stored', mailbox, uid, text, size })
    return own
  }

  private new(): { readonly text: string; readonly size: number } {
    const large = this.random(12) === 0
    return {
      text: `text${this.order.writer}x${this.texts++}`,
      size: large ? 60_000 + this.random(120_000) : this.random(8000),
    }
  }

  private async append(mailbox: string): Promise<Own> {
    const { text, size } = this.new()
    const { id } = await named(this.store, this.account, mailbox)
    const what = `mark of ${text}`
    const marks = this.random(3) === 0 ? [{ what, at: Date.now(), until: Date.now() + 86_400_000 }] : undefined
    const { value: uids } = value(
      await this.store.messages.append(this.account, id, [messageOf(text, size)], { marks }),
    )
    if (marks) this.tell({ is: 'mark', what })
    const [uid] = uids
    if (uid === undefined) throw new Error('no UID')
    return this.stored({ mailbox, uid, text, size })
  }

  private async transfer(own: Own, to: string, how: 'copy' | 'move'): Promise<Own> {
    const [from, destination] = await Promise.all(
      [own.mailbox, to].map((name) => named(this.store, this.account, name)),
    )
    if (!from || !destination) throw new Error('no mailbox')
    if (how === 'move') this.tell({ is: 'to-remove', mailbox: own.mailbox, uid: own.uid })
    const done = await this.store.messages[how](this.account, from.id, [own.uid], destination.id)
    const [uid] = value(done).value.destination
    if (uid === undefined) throw new Error('it is not there any more')
    if (how === 'move') this.tell({ is: 'removed', mailbox: own.mailbox, uid: own.uid })
    return this.stored({ ...own, mailbox: to, uid })
  }

  private async replace(own: Own): Promise<Own> {
    const { text, size } = this.new()
    const { id } = await named(this.store, this.account, own.mailbox)
    this.tell({ is: 'to-remove', mailbox: own.mailbox, uid: own.uid })
    const message = messageOf(text, size)
    const done = await this.store.messages.replace(this.account, id, own.uid, id, message)
    this.tell({ is: 'removed', mailbox: own.mailbox, uid: own.uid })
    return this.stored({ mailbox: own.mailbox, uid: value(done).value, text, size })
  }

  /** POP3's QUIT is durable; the end of what carries \Deleted is visible. */
  private async expunge(own: Own, pop3: boolean): Promise<void> {
    const { id } = await named(this.store, this.account, own.mailbox)
    this.tell({ is: 'to-remove', mailbox: own.mailbox, uid: own.uid })
    if (!pop3) {
      const deleted = flagSet(['\\Deleted'])
      value(await this.store.messages.storeFlags(this.account, id, [own.uid], 'add', deleted))
      value(await this.store.messages.expunge(this.account, id, [own.uid], { only: 'deleted' }))
      return
    }
    const mine = fence(Date.now() * 1000 + this.order.writer * 100 + (this.fences++ % 100))
    await this.store.raiseFence(this.account, mine)
    const done = await this.store.messages.expunge(this.account, id, [own.uid], { only: 'all', fence: mine })
    // Another process has raised a higher one.
    if (done.ok) this.tell({ is: 'removed', mailbox: own.mailbox, uid: own.uid })
  }

  private async flags(own: Own): Promise<void> {
    const { id } = await named(this.store, this.account, own.mailbox)
    const flags = this.random(4) === 0 ? NO_FLAGS : flagSet(['\\Seen', `keyword${this.random(5)}`])
    value(await this.store.messages.storeFlags(this.account, id, [own.uid], 'replace', flags))
  }

  private async mailbox(): Promise<void> {
    const name = `Box${this.order.writer}-${this.texts++}`
    value(await this.store.mailboxes.create(this.account, name))
    this.tell({ is: 'mailbox', name })
    const uses = this.random(3)
    if (uses === 0) return
    this.tell({ is: 'mailbox-to-remove', name })
    if (uses === 1) value(await this.store.mailboxes.remove(this.account, name))
    else value(await this.store.mailboxes.rename(this.account, name, `${name}-renamed`))
    this.tell({ is: 'mailbox-removed', name })
    if (uses === 2) this.tell({ is: 'mailbox', name: `${name}-renamed` })
  }

  /** Of messages of its own: no other session knows them. */
  async session(): Promise<void> {
    const owns: Own[] = []
    const some = (): Own | undefined => owns.splice(this.random(owns.length), 1)[0]
    while (this.acts++ < this.order.acts) {
      const act = this.random(20)
      const other = MAILBOXES[this.random(MAILBOXES.length)] ?? 'INBOX'
      if (act < 7 || owns.length === 0) owns.push(await this.append(other))
      else if (act < 10) for (const own of owns.slice(-2)) await this.flags(own)
      else if (act === 19) await this.mailbox()
      else {
        const own = some()
        if (!own) continue
        if (act < 12) owns.push(own, await this.transfer(own, other, 'copy'))
        else if (act < 14 && other !== own.mailbox) owns.push(await this.transfer(own, other, 'move'))
        else if (act < 15) owns.push(await this.replace(own))
        else await this.expunge(own, act < 17)
      }
      if (this.random(50) === 0) await pause(this.random(60))
    }
  }

  /** As the process that builds the text index does. */
  async index(isOver: () => boolean): Promise<void> {
    const index = this.store.texts
    const builder = await index?.lead()
    while (index && builder && !isOver()) {
      for await (const { account } of index.behind()) {
        const page = await builder.next(account, 5)
        const done = page.map(({ email, prepared: { keys } }) => {
          const set = new GramSet()
          set.add('body', keys.subject)
          return { email, grams: set.grams() }
        })
        if (done.length > 0) await builder.add(account, done)
      }
      await builder.removeGone()
      await pause(5)
    }
    await builder?.release()
  }
}

/** What another process may have done at the same time. */
function done<T>(result: Result<T>, ...also: readonly string[]): void {
  if (!result.ok && !also.includes(result.fault.kind)) throw new Error(result.fault.kind)
}

async function main(order: StoreStormOrder): Promise<void> {
  const store = await openSqliteStore({ path: order.folder, engine: SMALL })
  done(await store.accounts.create({ name: ACCOUNT, credentials: {} }), 'not-permitted')
  const account = await store.accounts.find(ACCOUNT)
  if (!account) throw new Error('no account')
  const storm = new Storm(order, store, account.id)
  storm.tell({ is: 'account', name: ACCOUNT })
  for (const name of MAILBOXES) done(await store.mailboxes.create(account.id, name), 'mailbox-exists')
  let over = false
  const indexing = storm.index(() => over)
  await Promise.all(Array.from({ length: order.sessions }, () => storm.session()))
  over = true
  await indexing
  await store.close()
}

main(JSON.parse(process.argv[2] ?? '')).catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})

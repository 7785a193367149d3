import type { Store } from '../../store/store'
import type { TextBuilder, TextIndex } from '../../store/texts'
import { isUnavailable, textOf } from '../../terms/errors'
import type { AccountId } from '../../terms/names'
import type { Log, Metrics } from '../../terms/ports'
import type { Hub, MailRoom } from '../mailbox'
import type { MailboxSettings } from '../settings'
import { type IndexParts, indexSome } from './index-some'
import { createLoad } from './load'

/** Milliseconds between two tries to be the process that builds. */
const LEAD = 15_000
/** Milliseconds after which all accounts are looked at, in case a notice was lost. */
const SWEEP = 60_000
/** Times that looking how large it is takes until it is looked at again. */
const LOOKS = 100
/** How much less it works while the machine is busy. */
const BESIDE_WORK = 10
/** Milliseconds after a failure. */
const RETRY = 5000
/** Accounts that wait to be indexed; of the others the next sweep tells. */
const MOST_ACCOUNTS = 10_000

export interface IndexerParts {
  readonly store: Pick<Store, 'texts' | 'messages' | 'bin'>
  readonly hub: Pick<Hub, 'onAny' | 'onIndexAsked'>
  readonly pool: MailRoom['pool']
  readonly settings: Pick<MailboxSettings, 'indexTexts' | 'indexPace' | 'indexDelay' | 'indexMessage'>
  readonly metrics: Metrics
  readonly log: Log
}

/** Builds the text index in the background, in one of all processes at a time; throws it away where it is not wanted. */
export interface Indexer {
  /** When what is under way is done. */
  close(): Promise<void>
}

const GAUGES = [
  ...(['mailbox_text_index_waiting', 'mailbox_text_index_messages', 'mailbox_text_index_bytes'] as const),
  // Of the recycle bin: here, because one process of all tells.
  ...(['mailbox_bin_messages', 'mailbox_bin_bytes'] as const),
] as const
type GaugeOfIndex = (typeof GAUGES)[number]

class Building implements Indexer {
  readonly #index: IndexParts
  readonly #isBusy = createLoad()
  /** accounts with new mail go first, with some messages each time */
  readonly #fresh = new Set<AccountId>()
  readonly #behind = new Set<AccountId>()
  #waiting = 0
  /** what metrics say of this process */
  readonly #measured: Record<GaugeOfIndex, number> = {
    mailbox_text_index_waiting: 0,
    mailbox_text_index_messages: 0,
    mailbox_text_index_bytes: 0,
    mailbox_bin_messages: 0,
    mailbox_bin_bytes: 0,
  }
  #lookAgain = 0
  /** somebody threw the index away, or part of it: all accounts are looked at */
  #isAsked = false
  #leads = false
  /** something may have come or gone since the last step */
  #news = false
  #closed = false
  /** ends the wait that is under way */
  #wake: (() => void) | undefined
  readonly #running: Promise<void>
  readonly #unlisten: () => void

  constructor(
    readonly parts: IndexerParts,
    readonly texts: TextIndex,
  ) {
    const { store, hub, pool, settings } = parts
    this.#index = { messages: store.messages, pool, mostOctets: settings.indexMessage }
    const unlistenNews = hub.onAny((account, happened) => {
      if (!this.#leads || happened.every((event) => event === 'flags')) return
      const isWanted = settings.indexTexts && happened.includes('added')
      if (isWanted && this.#fresh.size < MOST_ACCOUNTS) this.#fresh.add(account)
      this.#news = true
      this.#wake?.()
    })
    const unlistenAsked = hub.onIndexAsked(() => {
      this.#isAsked = true
      this.#news = true
      this.#wake?.()
    })
    this.#unlisten = () => {
      unlistenNews()
      unlistenAsked()
    }
    this.#running = this.#run()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#unlisten()
    this.#wake?.()
    await this.#running
  }

  async #run(): Promise<void> {
    let complained = false
    while (!this.#closed) {
      try {
        const builder = await this.texts.lead()
        if (builder) await this.#lead(builder)
        complained = false
        await this.#sleep(LEAD)
      } catch (error) {
        if (!complained) this.parts.log.warn(`the text index is not built now: ${textOf(error)}`)
        // A bug is told once more each time.
        complained = isUnavailable(error)
        await this.#sleep(RETRY)
      }
    }
  }

  async #lead(builder: TextBuilder): Promise<void> {
    this.#leads = true
    try {
      await this.#build(builder)
    } finally {
      this.#leads = false
      for (const name of GAUGES) this.#measure(name, 0)
      this.#fresh.clear()
      this.#behind.clear()
      await builder.release()
    }
  }

  async #build(builder: TextBuilder): Promise<void> {
    if (!this.parts.settings.indexTexts) await builder.clear()
    let swept = Number.NEGATIVE_INFINITY
    while (!this.#closed) {
      if (this.#isAsked || performance.now() - swept >= SWEEP) {
        this.#isAsked = false
        await this.#sweep()
        swept = performance.now()
      }
      this.#news = false
      if (await this.#paced(() => this.#step(builder))) continue
      await this.#look()
      if (!this.#news) await this.#wait(swept + SWEEP - performance.now())
      // New mail gathers; much of it is gone soon, to a POP3 client or another mailbox.
      await this.#sleep(this.parts.settings.indexDelay * 1000, () => this.#isAsked)
    }
  }

  /** @returns whether there may be more to do */
  async #step(builder: TextBuilder): Promise<boolean> {
    if (await builder.removeGone()) return true
    const queue = this.#fresh.size > 0 ? this.#fresh : this.#behind
    const [account] = queue
    if (account === undefined) return builder.tidy()
    queue.delete(account)
    const count = await indexSome(this.#index, builder, account)
    if (count > 0) this.#behind.add(account)
    this.parts.metrics.count('mailbox_text_indexed_total', {}, count)
    this.#setWaiting(Math.max(0, this.#waiting - count))
    return true
  }

  async #sweep(): Promise<void> {
    const binned = await this.parts.store.bin?.total()
    this.#measure('mailbox_bin_messages', binned?.messages ?? 0)
    this.#measure('mailbox_bin_bytes', binned?.bytes ?? 0)
    if (!this.parts.settings.indexTexts) return
    let waiting = 0
    for await (const { account, waiting: its } of this.texts.behind()) {
      waiting += its
      if (this.#behind.size < MOST_ACCOUNTS) this.#behind.add(account)
    }
    this.#setWaiting(waiting)
  }

  /** How large the index is, for metrics; a database counts for a while, and is asked the less for it. */
  async #look(): Promise<void> {
    const begin = performance.now()
    if (begin < this.#lookAgain) return
    const { indexed, octets = 0 } = await this.texts.progress()
    this.#measure('mailbox_text_index_messages', indexed)
    this.#measure('mailbox_text_index_bytes', octets)
    const end = performance.now()
    this.#lookAgain = end + LOOKS * (end - begin)
  }

  #setWaiting(waiting: number): void {
    this.#waiting = waiting
    this.#measure('mailbox_text_index_waiting', waiting)
  }

  #measure(name: GaugeOfIndex, value: number): void {
    this.parts.metrics.move(name, value - this.#measured[name], {})
    this.#measured[name] = value
  }

  /** Mail comes first: after each piece of work there is a pause, and a long one while the machine is busy. */
  async #paced(work: () => Promise<boolean>): Promise<boolean> {
    const begin = performance.now()
    const more = await work()
    const { indexPace } = this.parts.settings
    if (!more || indexPace === 100) return more
    const pace = this.#isBusy() ? indexPace / BESIDE_WORK : indexPace
    await this.#sleep(((performance.now() - begin) * (100 - pace)) / pace)
    return more
  }

  /** Until there is news, the time is over, or it is closed. */
  async #wait(milliseconds: number): Promise<void> {
    if (this.#closed) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds).unref()
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = undefined
  }

  /** Whatever news there is. @param isEnough ends it before its time */
  async #sleep(milliseconds: number, isEnough = () => false): Promise<void> {
    const end = performance.now() + milliseconds
    for (let left = milliseconds; left > 0 && !this.#closed && !isEnough(); left = end - performance.now())
      await this.#wait(left)
  }
}

/** undefined: the store has no text index. */
export function startIndexer(parts: IndexerParts): Indexer | undefined {
  const { texts } = parts.store
  return texts && new Building(parts, texts)
}

import assert from 'node:assert/strict'
import { type Kit, kitOrSkip, Wire } from '../kit'
import { randomFrom, SEED } from '../random'
import { DRIVERS } from '../stores'
import { talker } from './qresync-client'

const STEPS = process.env.MAILBOX_LONG ? 3000 : 150
const EVENTS = '(MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange)'
/** those that are selected are never renamed or deleted */
const SELECTABLE = ['INBOX', 'Stay']
const NAMES = ['A', 'A/B', 'A/B/C', 'D', 'D/E', 'A/F', 'G']

interface Known {
  messages: number
  uidNext: number
  uidValidity: number
  /** told as a whole: not while it was selected, or was never told of */
  sure: boolean
}

/** A client that asks for nothing after its first look, and believes what it is told (RFC 5465 1). */
class Believer {
  readonly mailboxes = new Map<string, Known>()
  /** of names (RFC 9051 6.3.7): they stay when mailboxes go or get another name */
  readonly subscribed = new Set<string>()
  selected: string | undefined

  #of(name: string): Known {
    const known = this.mailboxes.get(name) ?? {
      messages: 0,
      uidNext: 1,
      uidValidity: 0,
      sure: false,
    }
    this.mailboxes.set(name, known)
    return known
  }
  #list(attributes: string, name: string, oldName: string | undefined): void {
    const below = (of: string, at: string): boolean => at === of || at.startsWith(`${of}/`)
    for (const [at, known] of oldName === undefined ? [] : [...this.mailboxes]) {
      if (oldName === undefined || !below(oldName, at)) continue
      this.mailboxes.delete(at)
      this.mailboxes.set(name + at.slice(oldName.length), known)
    }
    if (attributes.includes('\\NonExistent')) this.mailboxes.delete(name)
    else this.#of(name)
    if (attributes.includes('\\Subscribed')) this.subscribed.add(name)
    else this.subscribed.delete(name)
  }
  #status(name: string, items: string): void {
    const known = this.#of(name)
    const value = (item: string): number | undefined => {
      const found = new RegExp(`(?:^| )${item} (\\d+)`).exec(items)?.[1]
      return found === undefined ? undefined : Number(found)
    }
    known.messages = value('MESSAGES') ?? known.messages
    known.uidNext = value('UIDNEXT') ?? known.uidNext
    known.uidValidity = value('UIDVALIDITY') ?? known.uidValidity
    known.sure ||= value('UIDNEXT') !== undefined
  }
  hear(text: string): void {
    for (const line of text.split('\r\n')) {
      const list = /^\* LIST \(([^)]*)\) "\/" (\S+)(?: \("OLDNAME" \((\S+)\)\))?$/.exec(line)
      if (list) this.#list(list[1] ?? '', list[2] ?? '', list[3])
      const status = /^\* STATUS (\S+) \((.*)\)$/.exec(line)
      if (status) this.#status(status[1] ?? '', status[2] ?? '')
      const own = this.selected === undefined ? undefined : this.mailboxes.get(this.selected)
      const exists = /^\* (\d+) EXISTS$/.exec(line)
      if (own && exists) own.messages = Number(exists[1])
      if (own && /^\* \d+ EXPUNGE$/.test(line)) own.messages--
      assert.doesNotMatch(line, /NOTIFICATIONOVERFLOW|^\* BYE| (BAD|NO) /)
    }
  }
  /** What it knows, in order; `sure` ones with all of it. */
  shown(sure: (name: string) => boolean): unknown[] {
    const sorted = [...this.mailboxes].sort(([a], [b]) => (a < b ? -1 : 1))
    return sorted.map(([name, { messages, uidNext, uidValidity }]) => {
      const told = [name, this.subscribed.has(name), messages]
      return sure(name) ? [...told, uidNext, uidValidity] : told
    })
  }
}

for (const driver of DRIVERS) {
  describe(`a client that believes NOTIFY, on ${driver}`, () => {
    let kit: Kit
    const wires: Wire[] = []
    before(async function () {
      const opened = await kitOrSkip(driver)
      if (!opened) return this.skip()
      kit = opened
    })
    after(() => {
      for (const wire of wires) wire.close()
      return kit?.close()
    })

    async function login(): Promise<(command: string) => Promise<string>> {
      const wire = new Wire(kit.imap)
      wires.push(wire)
      const say = talker(wire)
      await wire.until(/^\* OK.*\r\n/m)
      await say('LOGIN model pass')
      return say
    }

    /** Another session's DELETE ends the session that has the mailbox selected: it comes back. */
    async function actor(): Promise<(command: string) => Promise<void>> {
      let say = await login()
      return async (command) => {
        const text = await say(command).catch((error: Error) => {
          if (/BYE The mailbox was deleted/.test(error.message)) return undefined
          throw error
        })
        if (text === undefined || /^\* BYE/m.test(text)) say = await login()
      }
    }

    it(`knows names, subscriptions and counts as the store does (seed ${SEED})`, async () => {
      const random = randomFrom(SEED)
      const of = <T>(all: readonly T[]): T => all[random(all.length)] as T
      const id = await kit.account('model')
      await kit.deliver(id, 'Subject: one\n\nx\n')
      const actors = [await actor(), await actor()]
      await actors[0]?.('CREATE Stay')
      const watcher = await login()
      const believer = new Believer()
      const selecting = random(2) === 0 ? 'SELECTED' : 'SELECTED-DELAYED'
      believer.hear(await watcher(`NOTIFY SET STATUS (${selecting} (MessageNew MessageExpunge)) (PERSONAL ${EVENTS})`))
      believer.hear(await watcher('LIST "" "*" RETURN (SUBSCRIBED)'))

      const any = (): string => of([...SELECTABLE, ...NAMES, ...NAMES])
      const acts: readonly (() => string)[] = [
        () => `CREATE ${of(NAMES)}`,
        () => `CREATE ${of(NAMES)}`,
        () => `DELETE ${of(NAMES)}`,
        () => `RENAME ${of(NAMES)} ${of(NAMES)}`,
        () => `RENAME INBOX ${of(NAMES)}`,
        () => `SUBSCRIBE ${any()}`,
        () => `UNSUBSCRIBE ${any()}`,
        () => `APPEND ${any()} {5+}\r\nA: b\n`,
        () => `APPEND ${any()} (\\Deleted) {5+}\r\nA: b\n`,
        () => `SELECT ${any()}`,
        () => 'COPY 1:* INBOX',
        () => `MOVE 1 ${any()}`,
        () => 'UID STORE 1:* +FLAGS.SILENT (\\Deleted)',
        () => 'EXPUNGE',
        () => 'CLOSE',
      ]
      const look = async (): Promise<void> => {
        const name = of(SELECTABLE)
        const truth = random(3)
        if (truth === 0) return believer.hear(await watcher('NOOP'))
        if (believer.selected !== undefined) {
          believer.hear(await watcher('UNSELECT'))
          believer.selected = undefined
          return
        }
        const text = await watcher(`EXAMINE ${name}`)
        believer.selected = name
        believer.hear(text)
        const known = believer.mailboxes.get(name)
        // UIDNEXT is told by STATUS alone from now on.
        if (known) known.sure = false
      }
      for (let step = 0; step < STEPS; step++) {
        const acting = actors.map((act) => act(of(acts)()))
        if (random(4) === 0) await look()
        if (random(3) === 0) await kit.deliver(id, 'Subject: more\n\nx\n')
        await Promise.all(acting)
      }
      believer.hear(await watcher('NOOP'))

      const truth = new Believer()
      truth.hear(await (await login())('LIST "" "*" RETURN (SUBSCRIBED STATUS (MESSAGES UIDNEXT UIDVALIDITY))'))
      const sure = (name: string): boolean => believer.mailboxes.get(name)?.sure === true
      assert.deepEqual(believer.shown(sure), truth.shown(sure))
      const unsure = [...believer.mailboxes.keys()].filter((name) => !sure(name))
      assert.deepEqual(
        unsure.filter((name) => !SELECTABLE.includes(name)),
        [],
      )
      assert.deepEqual(kit.errors, [])
    }).timeout(120_000)
  })
}

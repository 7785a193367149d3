import type { BinnedMessage, BinPlace, BinTable, GivenBack } from '../../store/bin'
import { REMOVED_AT_ONCE } from '../../store/limits'
import { fold } from '../../terms/casemap'
import { type Fault, failed, ok, type Result } from '../../terms/fault'
import type { FlagSet } from '../../terms/flags'
import { type AccountId, type BinnedId, binnedId } from '../../terms/names'
import { turn } from '../../work/turns'
import type { BinVerbs, Restored } from '../mailbox'
import { type Did, type Parts, published } from '../parts'
import { keywordsFault } from '../verbs/keywords'
import { binOf, quotaCheck, quotaOf } from '../verbs/limits'
import { mailboxNamed } from '../verbs/resolve'
import { prove } from './prove'

/** Messages that one look goes through. */
const LOOKED = 20_000

/** `next` of a page: where it ended. */
const placeText = ({ removedAt, id }: BinPlace): string => `${removedAt}.${id}`
export function placeFrom(text: string): BinPlace | undefined {
  const [, at = '', id = ''] = /^(\d{1,15})\.([\w-]{1,64})$/.exec(text) ?? []
  return id === '' ? undefined : { removedAt: Number(at), id: binnedId(id) }
}

/** @param wanted folded */
const matches = ({ keys, mailbox }: BinnedMessage, wanted: string): boolean =>
  [keys.subject, keys.from, keys.to, keys.cc, mailbox].some((text) => fold(text).includes(wanted))

function sum(parts: readonly (readonly GivenBack[])[]): GivenBack[] {
  const counts = new Map<string, number>()
  for (const { mailbox, messages } of parts.flat()) counts.set(mailbox, (counts.get(mailbox) ?? 0) + messages)
  return [...counts].map(([mailbox, messages]) => ({ mailbox, messages }))
}

const octetsOf = (messages: readonly BinnedMessage[]): number => messages.reduce((all, { size }) => all + size, 0)

export function binVerbs(parts: Parts, bin: BinTable, account: AccountId, did: Did): BinVerbs {
  const { store, hub, settings } = parts

  /** Why mailboxes cannot take these: too many mailboxes would be made again, or a mailbox would have too many keywords. */
  async function mailboxesFault(messages: readonly BinnedMessage[]): Promise<Fault | undefined> {
    const sets = new Map<string, Set<FlagSet>>()
    for (const { mailbox, flags } of messages) sets.set(mailbox, (sets.get(mailbox) ?? new Set()).add(flags))
    let missing = 0
    for (const [name, flags] of sets) {
      const mailbox = await mailboxNamed(store, account, name)
      const fault = mailbox && (await keywordsFault(parts, account, mailbox, flags))
      if (fault) return fault
      if (!mailbox) missing += 1
    }
    if (missing === 0) return undefined
    const count = (await store.mailboxes.list(account)).length
    return count + missing > settings.maxMailboxes ? { kind: 'limit', why: 'too many mailboxes' } : undefined
  }

  async function restore(ids: readonly BinnedId[]): Promise<Result<Restored>> {
    const messages = await bin.get(account, [...new Set(ids)])
    const fault = await mailboxesFault(messages)
    if (fault) return failed(fault)
    const { quota } = quotaCheck(quotaOf((await store.accounts.get(account)) ?? {}, settings))
    const done: (readonly GivenBack[])[] = []
    const restored = (): Restored => {
      const mailboxes = sum(done)
      return { mailboxes, messages: mailboxes.reduce((all, { messages: count }) => all + count, 0) }
    }
    for (let at = 0; at < messages.length; at += REMOVED_AT_ONCE) {
      const some = messages.slice(at, at + REMOVED_AT_ONCE)
      const rest = messages.slice(at + REMOVED_AT_ONCE)
      // What is still to come must fit too.
      const left = quota && { bytes: quota.bytes - octetsOf(rest), messages: quota.messages - rest.length }
      const back = await bin.restore(
        account,
        some.map(({ id }) => id),
        left,
      )
      const given = published(hub, back)
      if (given.ok) for (const { mailbox, messages: count } of given.value) did('restored', mailbox, count)
      if (!given.ok) return done.length === 0 ? given : ok({ ...restored(), fault: given.fault })
      done.push(given.value)
    }
    return ok(restored())
  }

  return {
    async state() {
      const keptFor = binOf(settings)?.time ?? 0
      return { ...(await bin.usage(account)), keptFor, limit: settings.undelete.octets }
    },
    async list({ find = '', after, limit }) {
      const wanted = fold(find.trim())
      const messages: BinnedMessage[] = []
      /** where the page ends */
      let last: BinnedMessage | undefined
      let looked = 0
      for await (const page of bin.list(account, after === undefined ? undefined : placeFrom(after))) {
        for (const message of page) {
          if (last && (messages.length === limit || looked === LOOKED)) return { messages, next: placeText(last) }
          last = message
          looked += 1
          if (matches(message, wanted)) messages.push(message)
        }
        await turn()
      }
      return { messages }
    },
    get: (ids) => bin.get(account, ids),
    restore,
    async erase(which) {
      const erased = await bin.erase(account, which)
      did('erased', '', erased.messages)
      return prove(parts, bin, account, erased, 'messages')
    },
  }
}

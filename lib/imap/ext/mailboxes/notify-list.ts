import type { ListListener } from '../../../mailbox/mailbox'
import type { Mailbox } from '../../../mailbox/vocabulary'
import { levelsAbove } from '../../../terms/names'
import { turn } from '../../../work/turns'
import { extendedItem, listAttributes, listResponse, parentsIn } from '../../base/mailboxes/names'
import type { Session } from '../../kernel/session'
import * as encode from '../../wire/encode'
import { untagged } from '../../wire/response'
import { mailboxText } from './metadata-entries'
import { eventsOf, type NotifySet, wants } from './notify-events'

/** Changes of the list of mailboxes as NOTIFY tells them: LIST (RFC 5465 5.4, 5.5) and METADATA (5.6, 5.7). */

export type ListChange = Parameters<ListListener>[0]

/** What there is now. */
export interface Names {
  readonly mailboxes: readonly Mailbox[]
  readonly subscriptions: ReadonlySet<string>
}

/** Says changes in their order. @returns false: the client is gone */
export type SayList = (set: NotifySet, changes: readonly ListChange[], names: Names) => Promise<boolean>

export function listNotifier(session: Session): SayList {
  /** RFC 5465 5.4: of what is below a renamed mailbox nothing is said. The store tells it right behind the mailbox. */
  let renamed: { readonly from: string; readonly to: string } | undefined

  function isBelowRenamed({ kind, name, oldName = '' }: ListChange): boolean {
    if (kind !== 'renamed' || !renamed?.from) return false
    return oldName.startsWith(`${renamed.from}/`) && name === renamed.to + oldName.slice(renamed.from.length)
  }

  function sayName(name: string, change: ListChange, { byName, parents, subscriptions, said }: Index): void {
    const mailbox = byName.get(name)
    // It had the name when it was renamed: what became of it then is told next.
    const isThere = mailbox !== undefined || (change.kind === 'renamed' && change.name === name)
    const below = parents.has(name) ? ['\\HasChildren'] : isThere ? ['\\HasNoChildren'] : []
    const attributes = [
      ...(subscriptions.has(name) ? ['\\Subscribed'] : []),
      ...(isThere ? [] : ['\\NonExistent']),
      ...(mailbox ? listAttributes(mailbox, parents) : below),
    ]
    const { oldName } = change
    const extended =
      oldName !== undefined && change.name === name
        ? [extendedItem('OLDNAME', encode.mailbox(oldName, session.modes.utf8))]
        : []
    const response = listResponse(session, 'LIST', attributes, name, extended)
    // A mailbox and what is below it may have been created together: it is its parent too.
    if (said.get(name) !== response) session.say(response)
    if (oldName === undefined) said.set(name, response)
    else said.clear()
  }

  function say(set: NotifySet, change: ListChange, index: Index): void {
    const { kind, name, oldName } = change
    const subscribedTo = (of: string): boolean => index.subscriptions.has(of)
    const events = (of: string) => eventsOf(set, of, subscribedTo(of))
    switch (kind) {
      case 'annotated': {
        const wanted = name === '' ? wants(set, 'ServerMetadataChange') : events(name).has('MailboxMetadataChange')
        const entries = (change.entries ?? []).map(encode.astring)
        if (wanted && entries.length > 0) session.say(untagged('METADATA', mailboxText(session, name), ...entries))
        return
      }
      case 'subscribed':
      case 'unsubscribed':
        // It was one of the subscribed mailboxes until now.
        if (eventsOf(set, name, true).has('SubscriptionChange')) sayName(name, change, index)
        return
      case 'renamed': {
        const wanted = [name, oldName ?? name].some((of) => events(of).has('MailboxName'))
        if (!wanted || isBelowRenamed(change)) return
        renamed = { from: oldName ?? name, to: name }
        return sayName(name, change, index)
      }
      case 'created':
      case 'deleted': {
        renamed = undefined
        const parent = levelsAbove(name).at(-1)
        for (const of of [name, ...(parent === undefined ? [] : [parent])])
          if (events(of).has('MailboxName')) sayName(of, change, index)
        return
      }
    }
  }

  return async (set, changes, { mailboxes, subscriptions }) => {
    const { writer } = session.connection
    const byName = new Map(mailboxes.map((mailbox) => [mailbox.name, mailbox]))
    const index: Index = { byName, parents: parentsIn(mailboxes), subscriptions, said: new Map() }
    for (const change of changes) {
      say(set, change, index)
      await turn()
      if (writer.full && !(await writer.drained())) return false
    }
    return true
  }
}

interface Index {
  readonly byName: ReadonlyMap<string, Mailbox>
  readonly parents: ReadonlySet<string>
  readonly subscriptions: ReadonlySet<string>
  /** the last LIST response of each name that the client has not renamed since */
  readonly said: Map<string, string>
}

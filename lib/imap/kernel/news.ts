import type { Gone, Update } from '../../mailbox/mailbox'
import { assertNever } from '../../terms/fault'
import { untagged } from '../wire/response'
import { fetchResponse } from './flags'
import type { Session } from './session'
import type { Slots } from './slots'
import type { Selected } from './state'
import type { Moment, Source } from './unsolicited'

/** what a client is told whose mailbox it cannot go on with */
export const goneText = (gone: Gone): string =>
  ({
    deleted: 'The mailbox was deleted',
    restored: 'The mailbox was restored, open it again',
    refused: 'You may not read this mailbox any more',
  })[gone]

function say(session: Session, update: Update, withUid: boolean): void {
  switch (update.kind) {
    case 'expunge':
      return session.say(untagged(update.seq, 'EXPUNGE'))
    case 'exists':
      session.say(untagged(update.count, 'EXISTS'))
      if (!session.modes.rev2) session.say(untagged(update.recent, 'RECENT'))
      return
    case 'flags':
      return session.say(fetchResponse(session, update.seq, { ...update, withUid }))
    default:
      return assertNever(update)
  }
}

/**
 * What other sessions did to the selected mailbox (RFC 9051 5.2, 7.4.1, 7.5), as far as the moment lets it be told. A class:
 * thousands of sessions have one and are idle.
 */
export class SelectedNews implements Source {
  constructor(
    readonly session: Session,
    readonly slots: Slots,
    readonly state: Selected,
  ) {}

  /** RFC 9051 7.5.1: no EXPUNGE when no command runs, and what comes behind one would be out of order. */
  get between(): boolean {
    return this.slots.news.some(({ between }) => between?.(this.session) === true)
  }

  async tell(moment: Moment): Promise<readonly string[]> {
    const { session, slots, state } = this
    const { view } = state
    let allowed: Moment | undefined = moment
    for (const { allow } of slots.news) if (allow && allowed) allowed = allow(session, state, allowed)
    if (!allowed && !view.gone) return []
    const { when, withUid } = moment
    const updates = allowed ? await view.sync(allowed.expunges, allowed.look) : []
    let left = updates
    for (const { take } of slots.news) left = take ? take(session, left) : left
    for (const update of left) say(session, update, withUid)
    if (view.gone) {
      // Behind a command dispatch says so, when it has said how the command ended.
      if (when !== 'command') await session.bye(goneText(view.gone))
      return []
    }
    const codes: string[] = []
    for (const { said } of slots.news) {
      const code = said?.(session, state, updates)
      const text = code instanceof Promise ? await code : code
      if (text !== undefined) codes.push(text)
    }
    return codes
  }
}

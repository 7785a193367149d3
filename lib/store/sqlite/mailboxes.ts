import type { Durability } from '../../engine/sqlite/program'
import { failed, ok } from '../../terms/fault'
import type { AccountId } from '../../terms/names'
import { uid } from '../../terms/numbers'
import type { Clock } from '../../terms/ports'
import { type ListChange, type MailboxChange, NO_COMMIT } from '../change'
import { accountNumber, mailboxNumber, makeMailboxId } from '../ids'
import { toMailbox } from '../row-types'
import type { MailboxTable, RecentClaim } from '../store'
import type { Mail } from './mail'
import { copiedOf, expungedOf } from './messages'
import type { Listed } from './write/mailboxes'

type MailboxWrites = Pick<MailboxTable, 'create' | 'rename' | 'remove' | 'setSpecialUse' | 'claimRecent'>

export const listOf = (id: AccountId, list: readonly Listed[]): ListChange[] =>
  list.map(({ mailbox, ...change }) => ({
    account: id,
    mailbox: makeMailboxId(accountNumber(id), mailbox),
    ...change,
  }))

/** Of no mailbox: nothing. */
const claimOf = ([from, next]: readonly [number, number] = [1, 1]): RecentClaim => ({
  from: uid(from),
  next: uid(next),
})

/** @param quick how what is \Recent is written */
export const mailboxWrites = (mail: Mail, clock: Clock, quick: Durability): MailboxWrites => ({
  async create(id, name, options) {
    const made = await mail.write('createMailbox', [accountNumber(id), name, options])
    if (!made.ok) return made
    const { box, subscribed, list } = made.value
    return ok({ value: toMailbox(box, subscribed), commit: { ...NO_COMMIT, list: listOf(id, list) } })
  },

  async rename(id, from, to) {
    const renamed = await mail.write('renameMailbox', [accountNumber(id), from, to, clock.now()])
    if (!renamed.ok) return renamed
    const { list, moved } = renamed.value
    const mailboxes = moved ? copiedOf(id, moved).commit.mailboxes : []
    return ok({ value: undefined, commit: { mailboxes, list: listOf(id, list) } })
  },

  async remove(id, name, bin) {
    const mailboxes: MailboxChange[] = []
    for (;;) {
      const done = await mail.write('removeMailbox', [accountNumber(id), name, clock.now(), bin])
      if (!done.ok) return done
      const { value } = done
      if (value.kind === 'gone') {
        const list = listOf(id, [{ kind: 'deleted', mailbox: value.mailbox, name }])
        return ok({ value: undefined, commit: { mailboxes, list } })
      }
      mailboxes.push(expungedOf(id, value.commit, value.uids))
    }
  },

  async setSpecialUse(id, name, uses) {
    const isThere = await mail.write('setSpecialUse', [accountNumber(id), name, uses.join(' ')])
    return isThere ? ok({ value: undefined, commit: NO_COMMIT }) : failed({ kind: 'no-such-mailbox' })
  },

  async claimRecent(id, mailbox) {
    const account = accountNumber(id)
    const number = mailboxNumber(account, mailbox)
    const text = 'SELECT recent_from, uid_next FROM mailboxes WHERE account = ? AND mailbox = ?'
    const [now] = mail.read.columns<[number, number]>(text, account, number)
    // Nothing new is the usual case and costs no write.
    if (!now || now[0] === now[1]) return claimOf(now)
    return claimOf(await mail.write('claimRecent', [account, number], quick))
  },
})

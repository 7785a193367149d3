import type { Identity } from '../../login/login'
import type { Actor } from '../deeds/deed'
import type { AccountMail, View } from '../mailbox'
import type { Parts } from '../parts'
import { ownMail, tellingWhose } from '../verbs/account-mail'
import { type ForeignMail, foreignMail } from './foreign-mail'
import { isForeign, isGuest } from './places'

/**
 * The verbs of an account that reach the mailboxes of others too. What those need is made when a session first names one:
 * thousands of sessions never do, and are idle.
 */
export function guestMail(shared: Parts, identity: Identity, actor: () => Actor): AccountMail {
  const parts = tellingWhose(shared, () => mail)
  const own = ownMail(parts, identity, actor)
  let made: ForeignMail | undefined
  const foreign = (): ForeignMail => {
    made ??= foreignMail(parts, own, actor)
    return made
  }
  const by = (nameUtf8: string) => (isForeign(nameUtf8) ? foreign() : own)
  const of = (view: View) => (view.account === own.id ? own : foreign())
  const between = (view: View, nameUtf8: string) => (view.account === own.id ? by(nameUtf8) : foreign())

  const mail: AccountMail = {
    ...own,
    lockOf: (which) => (typeof which === 'string' ? by(which) : (made ?? own)).lockOf(which),
    shared: async () => ((await isGuest(parts.store, identity)) ? foreign().shared() : []),
    rightsOn: (mailbox) => (made ?? own).rightsOn(mailbox),
    get rights() {
      return foreign().rights
    },
    get annotations() {
      return foreign().annotations
    },
    find: (nameUtf8) => by(nameUtf8).find(nameUtf8),
    create: (nameUtf8, uses) => by(nameUtf8).create(nameUtf8, uses),
    rename: (from, to) => (isForeign(from) ? foreign() : by(to)).rename(from, to),
    remove: (nameUtf8) => by(nameUtf8).remove(nameUtf8),
    subscribe: (nameUtf8, subscribed) => by(nameUtf8).subscribe(nameUtf8, subscribed),
    open: (nameUtf8, recent) => by(nameUtf8).open(nameUtf8, recent),
    accepts: (nameUtf8) => by(nameUtf8).accepts(nameUtf8),
    append: (nameUtf8, messages) => by(nameUtf8).append(nameUtf8, messages),
    replace: (view, uid, nameUtf8, message) => between(view, nameUtf8).replace(view, uid, nameUtf8, message),
    copy: (view, uids, nameUtf8, ...more) => between(view, nameUtf8).copy(view, uids, nameUtf8, ...more),
    move: (view, uids, nameUtf8, ...more) => between(view, nameUtf8).move(view, uids, nameUtf8, ...more),
    storeFlags: (view, ...more) => of(view).storeFlags(view, ...more),
    expunge: (view, ...more) => of(view).expunge(view, ...more),
    expungedSince: (view, since) => of(view).expungedSince(view, since),
    index: (mailbox) => (made ?? own).index(mailbox),
    unseen: (mailbox) => (made ?? own).unseen(mailbox),
    rows: (view, uids) => of(view).rows(view, uids),
    keys: (view, uids) => of(view).keys(view, uids),
    mayHave: (view, anyOf, instead) => of(view).mayHave(view, anyOf, instead),
    read: (id, start, end, view) => (view ? of(view) : own).read(id, start, end, view),
  }
  return mail
}

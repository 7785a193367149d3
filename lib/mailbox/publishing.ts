import type { Commit, Written } from '../store/change'
import type { Store } from '../store/store'
import type { Result } from '../terms/fault'

/** A store whose writes of mail are told to the sessions of other processes. */
export function publishing(store: Store, publish: (commit: Commit) => void): Store {
  const told =
    <Args extends readonly unknown[], T>(write: (...args: Args) => Promise<Result<Written<T>>>) =>
    async (...args: Args): Promise<Result<Written<T>>> => {
      const done = await write(...args)
      if (done.ok) publish(done.value.commit)
      return done
    }
  const { mailboxes, messages, subscriptions } = store
  return {
    ...store,
    mailboxes: {
      ...mailboxes,
      create: told(mailboxes.create),
      setSpecialUse: told(mailboxes.setSpecialUse),
    },
    messages: { ...messages, append: told(messages.append) },
    subscriptions: { ...subscriptions, set: told(subscriptions.set) },
  }
}

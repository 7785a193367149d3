import type { Mailbox } from '../../store/store'
import { failed, ok, type Result } from '../../terms/fault'
import { flagSet, isSystemFlag, NO_FLAGS } from '../../terms/flags'
import type { Delivered, NewCopy } from '../mailbox'
import { type Parts, published } from '../parts'
import { keywordsFault } from './keywords'
import { asNewMessages, quotaCheck, quotaOf } from './limits'
import { mailboxNamed } from './resolve'

/**
 * Final delivery: never waits for the mailbox lock. A mailbox that is not there (any more) means INBOX, so that a filter's
 * mistake loses no mail. Faults: no-such-account, stored-before, over-quota, too-big. Resolves after the message is durable.
 */
export async function deliver(parts: Parts, copy: NewCopy): Promise<Result<Delivered>> {
  const done = await append(parts, copy).catch((error: unknown) => {
    parts.metrics.count('mailbox_deliveries_total', { result: 'unavailable' })
    throw error
  })
  parts.metrics.count('mailbox_deliveries_total', { result: done.ok ? 'stored' : done.fault.kind })
  if (done.ok) parts.metrics.count('mailbox_delivered_bytes_total', {}, copy.bytes.length)
  return done
}

async function append(parts: Parts, copy: NewCopy): Promise<Result<Delivered>> {
  const { store, hub, settings } = parts
  const owner = copy.owner ?? (await store.accounts.get(copy.account))
  if (owner === undefined) return failed({ kind: 'no-such-account' })
  const incoming = { flags: NO_FLAGS, ...copy }
  const prepared = await asNewMessages(parts, copy.account, [incoming])
  if (!prepared.ok) return prepared
  const messages = prepared.value
  const quota = copy.quota === 'ignore' ? {} : quotaCheck(quotaOf(owner, settings))
  const options = { ...quota, marks: copy.marks }

  async function into(mailbox: Mailbox | undefined): Promise<Result<Delivered>> {
    if (mailbox === undefined) return failed({ kind: 'no-such-account' })
    // A script may make keywords of what strangers write: mail is not lost for them.
    const tooMany = await keywordsFault(parts, copy.account, mailbox, [incoming.flags])
    const flags = tooMany ? flagSet(incoming.flags.names.filter(isSystemFlag)) : incoming.flags
    const flagged = messages.map((message) => ({ ...message, flags }))
    const uids = published(hub, await store.messages.append(copy.account, mailbox.id, flagged, options))
    if (!uids.ok) return uids
    const [uid] = uids.value
    if (uid === undefined) throw new Error('the store appended nothing')
    return ok({ mailbox, uid })
  }

  const find = (nameUtf8: string) => mailboxNamed(store, copy.account, nameUtf8)
  const wanted = copy.mailbox === undefined ? undefined : await find(copy.mailbox)
  const done = wanted === undefined ? undefined : await into(wanted)
  const deletedMeanwhile = done?.ok === false && done.fault.kind === 'no-such-mailbox'
  return done === undefined || deletedMeanwhile ? into(await find('INBOX')) : done
}

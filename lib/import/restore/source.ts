import type { Account } from '../../store/account'
import type { Backup } from '../../store/backup'
import type { Mailbox, MessageRow } from '../../store/store'
import { textOf } from '../../terms/errors'
import type { AccountId } from '../../terms/names'
import { type Uid, uid } from '../../terms/numbers'
import type { SpecialUse } from '../../terms/special-use'
import { type Source, SourceGone, type SourceMailbox, type SourceMessage } from '../source'

/** What is taken out of a backup: all of an account, or less. */
export interface Wanted {
  /** canonical */
  readonly mailbox?: string | undefined
  readonly uid?: Uid | undefined
  /** with or without `<` and `>` */
  readonly messageId?: string | undefined
}

export interface BackupPorts {
  readonly backup: Backup
  /** as the backup has it */
  readonly account: Account
  readonly wanted: Wanted
  /** canonical name of the mailbox that gets all of it */
  readonly into: string | undefined
  /** those of a mailbox that is made now */
  specialUse(mailbox: Mailbox): readonly SpecialUse[]
  subscriptions(): Promise<readonly string[]>
  /** what ends it between two messages */
  readonly signal: AbortSignal
}

/** Messages whose rows are read at once. */
const BATCH = 200
const NEW_UIDS = 'what is restored gets new UIDs'

const bare = (messageId: string): string => messageId.replace(/^<|>$/g, '')

async function chosen({ messages }: Backup, account: AccountId, mailbox: Mailbox, wanted: Wanted): Promise<Uid[]> {
  const all = Array.from((await messages.snapshot(account, mailbox.id))?.uids ?? [], uid)
  if (wanted.uid !== undefined) return all.filter((one) => one === wanted.uid)
  if (wanted.messageId === undefined) return all
  const found: Uid[] = []
  for await (const rows of messages.keys(account, mailbox.id, all)) {
    for (const row of rows) if (bare(row.keys.messageId) === bare(wanted.messageId)) found.push(row.uid)
  }
  return found
}

/** Who reads goes on behind what is damaged, and says of which message it was. */
function mailboxSource(
  { backup, account, into, specialUse, signal }: BackupPorts,
  mailbox: Mailbox,
  uids: readonly Uid[],
) {
  const { file, messages } = backup
  const labelOf = (one: Uid): string => `${account.name} ${mailbox.name} UID ${one}`

  function messageOf(row: MessageRow): SourceMessage {
    const { emailId, size } = row
    return {
      label: labelOf(row.uid),
      uid: row.uid,
      uidl: row.uidl,
      // What comes back is not to go again with the next EXPUNGE.
      flags: row.flags.names.filter((flag) => flag.toLowerCase() !== '\\deleted'),
      internalDate: row.internalDate,
      stored: { emailId, size },
      async read() {
        const octets = await messages.read(account.id, emailId, 0, size)
        if (octets?.length !== size || !(await backup.isAsWritten(account.id, emailId, octets)))
          throw new Error(`${file} is damaged: its octets are not those that were written`)
        return octets
      },
    }
  }
  const unreadable = (one: Uid, why: string): SourceMessage => ({
    ...{ label: labelOf(one), uid: one, uidl: undefined, flags: [], internalDate: 0 },
    read: () => Promise.reject(new Error(why)),
  })

  async function alone(one: Uid): Promise<SourceMessage> {
    try {
      for await (const [row] of messages.rows(account.id, mailbox.id, [one])) if (row) return messageOf(row)
      return unreadable(one, `${file} is damaged: the message is missing`)
    } catch (error) {
      return unreadable(one, textOf(error))
    }
  }
  async function* batch(some: readonly Uid[]): AsyncGenerator<SourceMessage> {
    const left = new Set(some)
    try {
      for await (const rows of messages.rows(account.id, mailbox.id, some)) {
        for (const row of rows) {
          const message = messageOf(row)
          left.delete(row.uid)
          yield message
        }
      }
    } catch {
      // One after another: who cannot be read says why.
    }
    for (const one of left) yield alone(one)
  }

  const source: SourceMailbox = {
    name: into ?? mailbox.name,
    uids: undefined,
    newUids: NEW_UIDS,
    specialUse: into === undefined ? specialUse(mailbox) : [],
    count: uids.length,
    async *messages() {
      for (let at = 0; at < uids.length; at += BATCH) {
        for await (const message of batch(uids.slice(at, at + BATCH))) {
          if (signal.aborted) throw new SourceGone('the lock of the mailbox was lost: run it again')
          yield message
        }
      }
    },
  }
  return source
}

/** An account of a backup as a source of mail. */
export function backupSource(ports: BackupPorts): Source {
  const { backup, account, wanted, into } = ports
  const isSome = wanted.uid !== undefined || wanted.messageId !== undefined
  return {
    name: backup.file,
    async *mailboxes() {
      const all = await backup.mailboxes.list(account.id)
      const those = all.filter(({ name }) => wanted.mailbox === undefined || name === wanted.mailbox)
      if (those.length === 0) throw new Error(`the backup has no mailbox ${wanted.mailbox} of ${account.name}`)
      let found = 0
      for (const mailbox of those) {
        try {
          const uids = await chosen(backup, account.id, mailbox, wanted)
          found += uids.length
          if (uids.length > 0 || !isSome) yield mailboxSource(ports, mailbox, uids)
        } catch (error) {
          found += 1
          yield { ...mailboxSource(ports, mailbox, []), broken: textOf(error) }
        }
      }
      if (isSome && found === 0) throw new Error(`the backup has no such message of ${account.name}`)
    },
    subscriptions: async () => (isSome || into !== undefined ? [] : ports.subscriptions()),
    // Who opened the backup closes it.
    close: async () => undefined,
  }
}

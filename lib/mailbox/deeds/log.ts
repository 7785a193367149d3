import path from 'node:path'
import { type Journal, type JournalRange, openJournal } from '../../engine/sqlite/disposable/journal'
import type { Clock, Log } from '../../terms/ports'
import type { MailDeed } from './deed'
import { program } from './program'

interface DeedFilter extends JournalRange {
  /** full address */
  readonly account?: string | undefined
  readonly address?: string | undefined
}

/** Who removed or moved mail, and through what, on this host. */
export interface DeedLog extends Omit<Journal<MailDeed>, 'list'> {
  /** newest first */
  list(filter: DeedFilter): Promise<readonly MailDeed[]>
}

const MOST = 500_000

type Row = [
  number,
  number,
  string,
  MailDeed['what'],
  string,
  string,
  number,
  string,
  string,
  string,
  string,
  string,
  string,
]

const deedOf = (row: Row): MailDeed => {
  const [at, , account, what, mailbox, to, messages, protocol, address, client, connection, administrator, guest] = row
  const more = {
    ...(client !== '' && { client }),
    ...(administrator !== '' && { administrator }),
    ...(guest !== '' && { guest }),
  }
  return { at, account, what, mailbox, to, messages, by: { protocol, address, connection, ...more } }
}

/** @param options `folder` of its own, made when missing; `keep` in milliseconds */
export async function openDeedLog({
  folder,
  ...options
}: {
  readonly folder: string
  readonly keep: number
  readonly clock: Clock
  readonly log: Log
}): Promise<DeedLog> {
  const journal = await openJournal({
    ...options,
    file: path.join(folder, 'deeds.sqlite'),
    program,
    name: 'the log of who removed and moved mail',
    select: `SELECT at, id, account, what, mailbox, target, messages, protocol, address, client, connection, administrator, guest
      FROM deeds`,
    entryOf: deedOf,
    most: MOST,
  })
  return {
    ...journal,
    list: ({ account, address, ...range }) =>
      journal.list(
        range,
        (deed) =>
          (account === undefined || deed.account === account.toLowerCase()) &&
          (address === undefined || deed.by.address === address),
      ),
  }
}

import { canonicalMailboxName } from '../../../terms/names'
import type { Extension, Run } from '../../extension'

const spelled = (name: string): string => canonicalMailboxName(name.normalize('NFC'))
export const mailboxOf = (run: Run, name: string) =>
  run.world.mailboxes.find((mailbox) => spelled(mailbox.name) === spelled(name))

/** `mailboxexists`, and `fileinto :create` (RFC 5490 3). */
export const mailbox: Extension = {
  capability: 'mailbox',
  rfc: 'RFC 5490 3',
  tests: {
    mailboxexists: {
      positional: ['strings'],
      test: ({ positional: [names] }, run) => {
        run.budget.spend(run.world.mailboxes.length)
        return run.sayAll(names).every((name) => mailboxOf(run, name) !== undefined)
      },
    },
  },
  tags: { fileinto: { create: {} } },
  onStore: (node, _run, store) => ({ ...store, create: node?.tags.has('create') === true }),
}

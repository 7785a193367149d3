import path from 'node:path'
import { Command } from 'commander'
import { exportMaildir } from '../../export/maildir'
import { exportMbox } from '../../export/mbox'
import type { Mailbox } from '../../store/store'
import { openStore } from '../../wiring/store'
import { gather } from '../accounts/changes'
import { homeOption, openHome } from '../home'

interface ExportWords {
  readonly home: string
  readonly account: string
  readonly mailbox: readonly string[]
}

export function exportCommand(): Command {
  const command = new Command('export').description('write the mail of an account into files; nothing is changed')
  for (const [format, text, write] of [
    ['maildir', 'Maildir++ with the index files of Dovecot: UIDs, UIDLs, flags, dates, subscriptions', exportMaildir],
    ['mbox', 'an mbox file a mailbox', exportMbox],
  ] as const) {
    command
      .command(`${format} <folder>`)
      .description(text)
      .addOption(homeOption())
      .requiredOption('--account <name>', 'whose mail')
      .option('--mailbox <name>', 'only this one (repeatable)', gather, [])
      .action(async (folder: string, { home, account: name, mailbox: names }: ExportWords) => {
        const store = await openStore(openHome(home))
        try {
          const account = await store.accounts.find(name)
          if (!account) throw new Error(`there is no account ${name}`)
          const root = path.resolve(folder)
          const wanted = ({ name: one }: Mailbox): boolean => names.length === 0 || names.includes(one)
          const reports = await write(store, account.id, root, wanted)
          const missing = names.filter((one) => !reports.some((report) => report.name === one))
          for (const report of reports) {
            console.log(`${report.name}: ${report.messages} messages`)
            for (const note of report.notes) console.log(`  left out: ${note}`)
            if (report.notes.length > 0) process.exitCode = 1
          }
          if (missing.length > 0) throw new Error(`there is no mailbox ${missing.join(', ')}`)
        } finally {
          await store.close()
        }
      })
  }
  return command
}

import path from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { emlSource } from '../import/eml'
import { imapSource } from '../import/imap'
import { createImport, type MailboxReport } from '../import/import'
import { maildirSource } from '../import/maildir'
import { mboxSource } from '../import/mbox'
import type { Source } from '../import/source'
import { prepare } from '../mime/prepare'
import { homeOption, openHome } from './home'

interface Common {
  readonly home: string
  readonly account: string
  readonly dryRun?: boolean
  readonly verify: boolean
  readonly into: string
}

/** One line on standard error that is written over: rate and time left. */
function progressLine(): (done: number, all: number, bytes: number) => void {
  const began = Date.now()
  let last = 0
  return (done, all, bytes) => {
    const now = Date.now()
    if (!process.stderr.isTTY || (now - last < 200 && done < all)) return
    last = now
    const seconds = Math.max(0.001, (now - began) / 1000)
    const left = Math.round(((all - done) / done) * seconds)
    const rate = `${Math.round(done / seconds)} messages/s, ${(bytes / seconds / 1024 ** 2).toFixed(1)} MB/s`
    process.stderr.write(`\r${done}/${all}  ${rate}, ${left} s left   ${done === all ? '\n' : ''}`)
  }
}

function lineOf({ name, found, added, uids }: MailboxReport, dryRun: boolean): string {
  const clients =
    uids.kind === 'kept' ? 'UIDs kept: clients download nothing again' : `new UIDs, clients download again: ${uids.why}`
  return `${name}: ${found} found${dryRun ? '' : `, ${added} added`}; ${clients}`
}

async function run(options: Common, open: () => Promise<Source>): Promise<void> {
  const store = await openHome(options.home).openStore()
  try {
    const account = await store.accounts.find(options.account)
    if (!account) throw new Error(`there is no account ${options.account}; make it first: haraka-mailbox accounts add`)
    const source = await open()
    try {
      const reports = await createImport({ store, prepare })(account.id, source, {
        dryRun: options.dryRun === true,
        verify: options.verify,
        progress: progressLine(),
      })
      for (const report of reports) {
        console.log(lineOf(report, options.dryRun === true))
        for (const problem of report.problems) console.log(`  ${problem}`)
      }
      const sum = (key: 'found' | 'added'): number => reports.reduce((total, report) => total + report[key], 0)
      const faults = reports.reduce((total, { problems }) => total + problems.length, 0)
      console.log(`${source.name}: ${sum('found')} messages found, ${sum('added')} added, ${faults} problems`)
      if (options.dryRun) console.log('(dry run: nothing was changed)')
      if (faults > 0) process.exitCode = 1
    } finally {
      await source.close()
    }
  } finally {
    await store.close()
  }
}

function bytesPerSecond(text: string): number {
  const [, number = '', unit = ''] = /^(\d+)([KM]?)$/.exec(text) ?? []
  if (number === '') throw new InvalidArgumentError('must be a number of octets such as 500K or 2M.')
  return Number(number) * (unit === 'M' ? 1024 ** 2 : unit === 'K' ? 1024 : 1)
}

export function importCommand(): Command {
  const command = new Command('import').description(
    'bring mail from elsewhere into an account; can be run again at any time',
  )
  const sub = (usage: string, text: string): Command =>
    command
      .command(usage)
      .description(text)
      .addOption(homeOption())
      .requiredOption('--account <name>', 'the account that gets the mail')
      .option('--into <mailbox>', 'the mailbox for what has no name of its own', 'INBOX')
      .option('--dry-run', 'only say what would happen, and who would download again')
      .option('--no-verify', 'do not read all again to compare octets')

  sub('maildir <folder>', 'a Maildir or Maildir++ with the index files of Dovecot or Courier').action(
    (folder: string, options: Common) => run(options, async () => maildirSource(path.resolve(folder))),
  )
  sub('mbox <path>', 'an mbox file, or a folder of them').action((file: string, options: Common) =>
    run(options, async () => mboxSource(path.resolve(file), options.into)),
  )
  sub('eml <folder>', 'a folder of .eml files; folders in it are mailboxes').action((folder: string, options: Common) =>
    run(options, async () => emlSource(path.resolve(folder), options.into)),
  )
  sub('imap <host>', 'an account of another IMAP server; its password is read from the variable IMPORT_PASSWORD')
    .requiredOption('--user <name>', 'login name there')
    .option('--port <port>', 'port', '993')
    .option('--plain', 'no TLS: for a server on this machine')
    .option('--starttls', 'STARTTLS in place of TLS from the first octet')
    .option('--rate <octets>', 'octets a second at most, such as 500K or 2M', bytesPerSecond, 0)
    .addOption(
      new Option(
        '--uidl <format>',
        "POP3's unique ids: as the old server made them, so that POP3 clients download nothing again",
      )
        .choices(['dovecot', 'courier', 'new'])
        .default('new'),
    )
    .action((host: string, options: Common & ImapWords) =>
      run(options, async () => {
        const password = process.env.IMPORT_PASSWORD
        if (!password) throw new Error('put the password there into the environment: IMPORT_PASSWORD=...')
        const { user, port, plain, starttls, rate, uidl } = options
        const secure = !plain && !starttls
        return imapSource({ host, port: Number(port), secure, startTls: starttls === true, user, password, rate, uidl })
      }),
    )
  return command
}

interface ImapWords {
  readonly user: string
  readonly port: string
  readonly plain?: boolean
  readonly starttls?: boolean
  readonly rate: number
  readonly uidl: 'dovecot' | 'courier' | 'new'
}

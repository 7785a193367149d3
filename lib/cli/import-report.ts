import { type AccountReport, totalsOf } from '../import/accounts'
import type { ImportOptions, MailboxReport } from '../import/import'

const megabytes = (octets: number): string => `${(octets / 1024 ** 2).toFixed(1)} MB`

interface Progress extends Required<Pick<ImportOptions, 'found' | 'progress'>> {
  /** before something else is printed */
  clear(): void
}

/** One line on standard error that is written over: rate and time left. Silent where nobody looks. */
export function progressLine(accounts: number): Progress {
  const began = Date.now()
  let [opened, all, done, bytes, last] = [0, 0, 0, 0, 0]
  return {
    found(messages) {
      opened++
      all += messages
    },
    progress(octets) {
      done++
      bytes += octets
      const now = Date.now()
      if (!process.stderr.isTTY || (now - last < 200 && done < all)) return
      last = now
      const seconds = Math.max(0.001, (now - began) / 1000)
      // Accounts that nobody has looked into yet are taken to be like the others.
      const expected = Math.max(done, (all / opened) * accounts)
      const left = Math.round(((expected - done) / done) * seconds)
      const rate = `${Math.round(done / seconds)} messages/s, ${(bytes / seconds / 1024 ** 2).toFixed(1)} MB/s`
      const of = accounts > 1 ? ` in ${opened} of ${accounts} accounts` : ''
      process.stderr.write(`\r${done}/${all}${of}  ${rate}, ${left} s left\x1b[K`)
    },
    clear() {
      if (last > 0) process.stderr.write('\r\x1b[K')
    },
  }
}

function lineOf({ name, found, added, uids }: MailboxReport, dryRun: boolean): string {
  const clients =
    uids.kind === 'kept' ? 'UIDs kept: clients download nothing again' : `new UIDs, clients download again: ${uids.why}`
  return `${name}: ${found} found${dryRun ? '' : `, ${added} added`}; ${clients}`
}

/** An account as soon as it is done. */
export function printAccount(report: AccountReport, dryRun: boolean, isOnly: boolean): void {
  if (!isOnly) console.log(`== ${report.account}`)
  for (const mailbox of report.mailboxes) {
    console.log(lineOf(mailbox, dryRun))
    for (const problem of mailbox.problems) console.log(`  ${problem}`)
  }
  const { found, added, problems } = totalsOf([report])
  if (report.refused === undefined) {
    console.log(`${report.source}: ${found} messages found, ${added} added, ${problems} problems`)
  } else console.log(`refused: ${report.refused}`)
}

/** All accounts, and again what is missing, so that nobody has to look for it. @returns whether something is */
export function printTotals(reports: readonly AccountReport[], dryRun: boolean): boolean {
  const { accounts, found, added, octets, there, problems, refused } = totalsOf(reports)
  const again = reports.filter(({ mailboxes }) => mailboxes.some((one) => one.uids.kind === 'new' && one.found > 0))
  console.log(
    `Total: ${accounts} accounts, ${found} messages found, ${added} added (${megabytes(octets)}, ${octets} octets), ` +
      `${there} here before, ${problems} problems, ${refused} accounts refused`,
  )
  if (dryRun) {
    console.log(`Clients of ${again.length} accounts would download again${again.length > 0 ? ':' : '.'}`)
    for (const { account, mailboxes } of again) {
      for (const { name, uids } of mailboxes) if (uids.kind === 'new') console.log(`  ${account} ${name}: ${uids.why}`)
    }
    console.log('(dry run: nothing was changed)')
  }
  if (reports.length > 1) {
    for (const { account, refused: why } of reports) if (why !== undefined) console.log(`refused: ${account}: ${why}`)
    for (const { account, mailboxes } of reports) {
      const missing = mailboxes.reduce((sum, one) => sum + one.problems.length, 0)
      if (missing > 0) console.log(`problems: ${account}: ${missing}`)
    }
  }
  return problems > 0 || refused > 0
}

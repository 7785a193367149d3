import { type AccountReport, type Totals, totalsOf } from '../../import/accounts'
import type { ImportOptions, MailboxReport } from '../../import/import'
import type { PassedOver } from '../../import/remarks'
import { plainText } from '../../terms/plain'
import { sizeText } from '../../terms/sizes'

interface Progress extends Required<Pick<ImportOptions, 'found' | 'progress'>> {
  /** before something else is printed */
  clear(): void
}

/** milliseconds after which progress is shown */
const PATIENCE = 2000

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
      if (!process.stderr.isTTY || now - began < PATIENCE || (now - last < 200 && done < all)) return
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

function lineOf({ name, found, added, wouldAdd, uids }: MailboxReport, dryRun: boolean): string {
  const would = wouldAdd === undefined ? '' : `, ${wouldAdd} would be added`
  const clients =
    uids.kind === 'kept' ? 'UIDs kept: clients download nothing again' : `new UIDs, clients download again: ${uids.why}`
  return `${name}: ${found} found${dryRun ? would : `, ${added} added`}; ${clients}`
}

const print = (text: string): void => console.log(plainText(text))

const passedOverLine = ({ path, why, mayBeMail }: PassedOver): string =>
  `${mayBeMail ? 'not taken, may be mail' : 'passed over'}: ${path}: ${why}`

/** An account as soon as it is done. */
export function printAccount(report: AccountReport, dryRun: boolean, isOnly: boolean): void {
  if (!isOnly) print(`== ${report.account}`)
  for (const note of report.notes ?? []) print(note)
  for (const mailbox of report.mailboxes) {
    print(lineOf(mailbox, dryRun))
    for (const note of mailbox.notes ?? []) print(`  ${note}`)
    for (const problem of mailbox.problems) print(`  missing: ${problem}`)
    for (const doubt of mailbox.doubts) print(`  doubtful: ${doubt}`)
  }
  for (const one of report.passedOver) print(passedOverLine(one))
  const totals = totalsOf([report])
  if (report.refused === undefined) {
    print(`${report.source}: ${totals.found} messages found, ${totals.added} added, ${remarksOf(totals)}`)
  } else print(`refused: ${report.refused}`)
}

/** What is 0 is left out, but for what is missing. */
function remarksOf({ problems, doubts, passedOver, maybeMail }: Totals): string {
  const more = [
    doubts > 0 ? `${doubts} doubtful` : '',
    maybeMail > 0 ? `${maybeMail} files not taken that may be mail` : '',
    passedOver > maybeMail ? `${passedOver - maybeMail} other files passed over` : '',
  ]
  return [`${problems} problems`, ...more.filter((text) => text !== '')].join(', ')
}

/** Something is missing, or may be wrong. */
export const needsALook = ({ problems, doubts, maybeMail, refused }: Totals): boolean =>
  problems > 0 || doubts > 0 || maybeMail > 0 || refused > 0

/** The report for programs: names as in the types, and stable. */
export const jsonOf = (reports: readonly AccountReport[], dryRun: boolean): unknown => ({
  dryRun,
  accounts: reports.map(({ account, source, mailboxes, passedOver, refused, notes = [] }) => ({
    account,
    source: source ?? null,
    refused: refused ?? null,
    ...(notes.length > 0 && { notes }),
    mailboxes: mailboxes.map(({ name, found, added, octets, there, wouldAdd, uids, problems, doubts, notes = [] }) => ({
      ...{ name, found, added, octets, there, uidsKept: uids.kind === 'kept' },
      ...(uids.kind === 'new' && { newUidsBecause: uids.why }),
      ...(wouldAdd !== undefined && { wouldAdd }),
      ...{ missing: problems, doubtful: doubts },
      ...(notes.length > 0 && { notes }),
    })),
    passedOver,
  })),
  totals: totalsOf(reports),
})

/** All accounts, and again what is missing, so that nobody has to look for it. */
export function printTotals(reports: readonly AccountReport[], dryRun: boolean): void {
  const totals = totalsOf(reports)
  const { accounts, found, added, octets, there, refused } = totals
  const again = reports.filter(({ mailboxes }) => mailboxes.some((one) => one.uids.kind === 'new' && one.found > 0))
  print(
    `Total: ${accounts} accounts, ${found} messages found, ${added} added (${sizeText(octets)}, ${octets} octets), ` +
      `${there} here before, ${remarksOf(totals)}, ${refused} accounts refused`,
  )
  if (dryRun) {
    print(`Clients of ${again.length} accounts would download again${again.length > 0 ? ':' : '.'}`)
    for (const { account, mailboxes } of again) {
      for (const { name, uids } of mailboxes) if (uids.kind === 'new') print(`  ${account} ${name}: ${uids.why}`)
    }
    print('(dry run: nothing was changed)')
  }
  if (reports.length > 1) {
    for (const { account, refused: why } of reports) if (why !== undefined) print(`refused: ${account}: ${why}`)
    for (const report of reports) {
      const own = totalsOf([report])
      if (own.problems + own.doubts + own.maybeMail > 0) print(`look at: ${report.account}: ${remarksOf(own)}`)
    }
  }
}

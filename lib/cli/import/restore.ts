import os from 'node:os'
import path from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { type AccountReport, totalsOf } from '../../import/accounts'
import { type RestorePorts, restoreAccount } from '../../import/restore/restore'
import type { Wanted } from '../../import/restore/source'
import { createHub } from '../../mailbox/hub'
import { publishing } from '../../mailbox/publishing'
import { createStates } from '../../mailbox/view/states'
import { prepare } from '../../mime/prepare'
import type { Store } from '../../store/store'
import { textOf } from '../../terms/errors'
import { canonicalMailboxName } from '../../terms/names'
import { type Uid, uid } from '../../terms/numbers'
import type { Home } from '../../wiring/home'
import { openBus, openLocks } from '../../wiring/locks'
import { openAttempts } from '../../wiring/login'
import { readMailboxSettings } from '../../wiring/room'
import { openBackup, openStore } from '../../wiring/store'
import { homeOption, openHome } from '../home'
import { jsonOf, needsALook, printAccount, printTotals, progressLine } from './report'

interface RestoreWords {
  readonly home: string
  readonly account: string
  readonly mailbox?: string
  readonly message?: Uid
  readonly messageId?: string
  readonly into?: string
  readonly dryRun?: boolean
  readonly json?: boolean
}

function uidOf(text: string): Uid {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1 || number > 0xffff_ffff) throw new InvalidArgumentError('must be a UID.')
  return uid(number)
}

function wantedOf({ mailbox, message, messageId, into }: RestoreWords): Wanted {
  if (message !== undefined && mailbox === undefined)
    throw new Error('--message is a UID in a mailbox: say --mailbox too')
  if (into !== undefined && mailbox === undefined && messageId === undefined)
    throw new Error('--into is for a mailbox or a message: say --mailbox, or --message-id')
  return { mailbox: mailbox === undefined ? undefined : canonicalMailboxName(mailbox), uid: message, messageId }
}

/** The shared lock of the account, as an administrator has it who looks into it. */
const lockedBy =
  (locks: Awaited<ReturnType<typeof openLocks>>): RestorePorts['locked'] =>
  async ({ id, name }, work) => {
    const request = { account: id, access: 'shared', protocol: 'admin', address: 'local' } as const
    const held = await locks.hold({ ...request, client: 'haraka-mailbox restore' }, ({ lost }) => work(lost))
    if (held.ok) return held.value
    const { fault } = held
    throw new Error(
      fault.kind === 'held'
        ? `${fault.by.protocol} is in the mailbox of ${name} since ${new Date(fault.by.since).toISOString()}: run it again later, or haraka-mailbox locks kick ${name}`
        : `the mailbox of ${name} cannot be locked: ${fault.kind === 'unavailable' ? fault.why : fault.kind}`,
    )
  }

/** Who did what stands in the audit trail, as what administrators do in the browser. */
async function note(home: Home, folder: string, report: AccountReport): Promise<void> {
  const { added } = totalsOf([report])
  const reason = `${added} messages restored from ${folder} by ${process.env.SUDO_USER ?? os.userInfo().username}`
  const attempts = await openAttempts(home)
  try {
    await attempts.note({
      ...{ at: Date.now(), user: report.account, address: 'local', protocol: 'cli', mechanism: 'ADMIN' },
      ...{ verdict: 'granted', reason },
    })
  } finally {
    await attempts.close()
  }
}

async function restore(home: Home, store: Store, folder: string, words: RestoreWords): Promise<AccountReport> {
  const wanted = wantedOf(words)
  const { account, into, dryRun = false } = words
  const settings = readMailboxSettings(home)
  const backup = await openBackup(home, folder)
  try {
    const locks = await openLocks(home, false)
    const bus = await openBus(home)
    const hub = createHub({ states: createStates({ store, log: home.log, keepRows: 0 }), bus, log: home.log })
    const progress = progressLine(1)
    try {
      return await restoreAccount(
        { store: publishing(store, hub.publish), prepare, backup, settings, locked: lockedBy(locks) },
        account.toLowerCase(),
        { wanted, into: into === undefined ? undefined : canonicalMailboxName(into), dryRun, ...progress },
      )
    } finally {
      progress.clear()
      hub.close()
      await bus.close()
      await locks.close()
    }
  } finally {
    await backup.close()
  }
}

/** `haraka-mailbox restore`: one account, mailbox or message out of a backup, beside a running Haraka. */
export function restoreCommand(): Command {
  return new Command('restore')
    .description(
      'take an account, a mailbox or a message out of a backup; adds what is missing, and changes nothing else',
    )
    .argument('<folder>', 'what haraka-mailbox backup wrote; nothing in it changes')
    .addOption(homeOption())
    .requiredOption('--account <name>', 'whose mail; made again, with its settings and Sieve scripts, when it is gone')
    .option('--mailbox <name>', 'only this one')
    .addOption(
      new Option('--message <uid>', 'only this message of --mailbox, by its UID in the backup').argParser(uidOf),
    )
    .addOption(new Option('--message-id <id>', 'only messages with this Message-ID').conflicts('message'))
    .option('--into <mailbox>', 'the mailbox that gets it (default: the one that it was in)')
    .option('--dry-run', 'only say what would happen')
    .option('--json', 'machine-readable report')
    .action(async (given: string, words: RestoreWords) => {
      const home = openHome(words.home)
      const folder = path.resolve(given)
      const dryRun = words.dryRun === true
      const store = await openStore(home)
      try {
        const report = await restore(home, store, folder, words)
        if (words.json) console.log(JSON.stringify(jsonOf([report], dryRun), null, 2))
        else {
          printAccount(report, dryRun, true)
          printTotals([report], dryRun)
        }
        if (needsALook(totalsOf([report]))) process.exitCode = 1
        if (!dryRun && report.refused === undefined)
          await note(home, folder, report).catch((error: unknown) => {
            console.error(`the audit trail cannot be written: ${textOf(error)}`)
            process.exitCode = 1
          })
      } finally {
        await store.close()
      }
    })
}

import { Command, InvalidArgumentError } from 'commander'
import { repairAccount } from '../../store/repair'
import { skipNumbers } from '../../store/restored'
import { storeSettings } from '../../store/settings'
import type { Store } from '../../store/store'
import { isUnavailable } from '../../terms/errors'
import type { Home } from '../../wiring/home'
import { openStore } from '../../wiring/store'
import { homeOption, openHome } from '../home'
import { openAlone } from './offline'

const accounts = (count: number): string => `${count} account${count === 1 ? '' : 's'}`
const wanted = (names: readonly string[], name: string): boolean => names.length === 0 || names.includes(name)
const alone = (home: Home) => openAlone(home, storeSettings(home.ini('mailbox_store')).driver)

/** An account that cannot be read is one, too. */
async function mustExist(store: Store, name: string): Promise<void> {
  const found = await store.accounts.find(name).catch((error: unknown) => {
    if (!isUnavailable(error)) throw error
    return true
  })
  if (!found) throw new Error(`there is no account ${name}`)
}

async function check(store: Store, names: readonly string[]): Promise<void> {
  let checked = 0
  let faults = 0
  for await (const account of store.accounts.list()) {
    if (!wanted(names, account.name)) continue
    checked++
    for (const fault of await store.check(account.id)) {
      faults++
      console.log(`${account.name}: ${fault}`)
    }
  }
  console.log(`${accounts(checked)} checked, ${faults === 0 ? 'all is well' : `${faults} faults`}`)
  if (faults === 0) return
  console.log('haraka-mailbox check --repair mends them, with Haraka stopped; make a backup first')
  process.exitCode = 1
}

async function repair(home: Home, names: readonly string[]): Promise<void> {
  const end = await alone(home)
  try {
    let checked = 0
    let mended = 0
    for (const account of await end.accounts()) {
      if (!wanted(names, account.name)) continue
      checked++
      const { faults, left } = await repairAccount(end, account, Date.now()).catch((error: unknown) => {
        // What cannot be read of one account must not keep the others from being mended.
        if (!isUnavailable(error)) throw error
        return { faults: [], left: [error.message] }
      })
      mended += faults.length
      for (const fault of faults) console.log(`${account.name}: ${fault}: mended`)
      for (const fault of left) {
        console.log(`${account.name}: ${fault}: cannot be mended`)
        process.exitCode = 1
      }
    }
    console.log(`${accounts(checked)} checked, ${mended === 0 ? 'all was well' : `${mended} faults mended`}`)
  } finally {
    await end.close()
  }
}

/** `haraka-mailbox check`: the invariants of the store, account by account. */
export function checkCommand(): Command {
  return new Command('check')
    .description('verify all invariants of the mail store; changes nothing without --repair')
    .argument('[names...]', 'accounts (all)')
    .option('--repair', 'mend what does not hold; Haraka must be stopped')
    .addOption(homeOption())
    .action(async (names: string[], options: { home: string; repair?: boolean }) => {
      const home = openHome(options.home)
      if (options.repair) return repair(home, names)
      const store = await openStore(home)
      try {
        for (const name of names) await mustExist(store, name)
        await check(store, names)
      } finally {
        await store.close()
      }
    })
}

const SKIP = 1_000_000
function numbersToSkip(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 1 && count <= 100_000_000) return count
  throw new InvalidArgumentError('must be a number from 1 to 100000000.')
}

/** `haraka-mailbox restored`: after an older copy of the store was put back. */
export function restoredCommand(): Command {
  return new Command('restored')
    .description(
      'run it after an older copy of the mail store was put back, or after a failover that lost writes: UIDs assigned since then are not reused, so that no client takes new mail for old. Haraka must be stopped',
    )
    .option(
      '--skip <count>',
      'more than the UIDs, changes and messages that one account can have had since',
      numbersToSkip,
      SKIP,
    )
    .addOption(homeOption())
    .action(async ({ home, skip }: { home: string; skip: number }) => {
      const end = await alone(openHome(home))
      try {
        const all = await end.accounts()
        for (const account of all) await end.mend(await skipNumbers(account, end.facts(account.account), skip))
        // An account that was made since had a number too.
        await end.setLastAccount((await end.lastAccount()) + 1000)
        console.log(`${accounts(all.length)}: ${skip} UIDs, mod-sequences, UIDVALIDITYs and object ids are left out`)
      } finally {
        await end.close()
      }
    })
}

import { Command } from 'commander'
import { homeOption, openHome } from './home'

/** `haraka-mailbox check`: the invariants of the store, account by account. */
export function checkCommand(): Command {
  return new Command('check')
    .description('verify all invariants of the mail store; changes nothing')
    .argument('[names...]', 'accounts (all)')
    .addOption(homeOption())
    .action(async (names: string[], { home }: { home: string }) => {
      const store = await openHome(home).openStore()
      let accounts = 0
      let faults = 0
      try {
        for await (const account of store.accounts.list()) {
          if (names.length > 0 && !names.includes(account.name)) continue
          accounts++
          for (const fault of await store.check(account.id)) {
            faults++
            console.log(`${account.name}: ${fault}`)
          }
        }
      } finally {
        await store.close()
      }
      console.log(
        `${accounts} account${accounts === 1 ? '' : 's'} checked, ${faults === 0 ? 'all is well' : `${faults} faults`}`,
      )
      if (faults > 0) process.exitCode = 1
    })
}

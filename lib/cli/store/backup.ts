import { readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { Command } from 'commander'
import { openPlace } from '../../export/place'
import { openStore } from '../../wiring/store'
import { homeOption, openHome } from '../home'

/** `haraka-mailbox backup`: one moment of the store, beside a running Haraka. */
export function backupCommand(): Command {
  return new Command('backup')
    .description(
      'copy the mail store of this host as it is at one moment, while mail comes in; for postgres use its own tools',
    )
    .argument('<folder>', 'made when missing; must be empty')
    .addOption(homeOption())
    .action(async (given: string, { home }: { home: string }) => {
      const folder = path.resolve(given)
      const store = await openStore(openHome(home))
      try {
        if (!store.backup) throw new Error(`the ${store.facts.name} store is backed up by its own tools: docs/store.md`)
        // It holds everybody's mail.
        process.umask(0o077)
        openPlace(folder)
        if (readdirSync(folder).length > 0) throw new Error(`${folder} is not empty`)
        try {
          await store.backup(folder)
        } catch (error) {
          // Half a copy must not be taken for a whole one.
          for (const name of readdirSync(folder)) rmSync(path.join(folder, name), { force: true })
          throw error
        }
      } finally {
        await store.close()
      }
      console.log(`copied to ${folder}`)
    })
}

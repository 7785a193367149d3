import { changeTogether } from '../../lib/store/conformance/accounts'
import { storeDriver } from '../../lib/store/drivers'
import { silentLog } from '../../lib/terms/ports'

/** A process of its own that changes one account by many writers at once, and tells what each new epoch followed. */
async function main([driver = '', folder = '', name = '', who = '']: string[]): Promise<void> {
  const store = await storeDriver(driver, '.').open({ folder, ini: {}, log: silentLog })
  const account = await store.accounts.find(name)
  if (!account) throw new Error('there is no account')
  process.send?.([...(await changeTogether(store, account.id, who))])
  await store.close()
  process.disconnect?.()
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})

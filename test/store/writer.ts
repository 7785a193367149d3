import { add, newAccount } from '../../lib/store/conformance/fixtures'
import { storeDriver } from '../../lib/store/drivers'
import { silentLog } from '../../lib/terms/ports'

/** A process of its own that stores without end, 32 at once, and tells each message that was acknowledged. */
async function main([driver = '', folder = '', name = '']: string[]): Promise<void> {
  const store = await storeDriver(driver, '.').open({ folder, ini: {}, log: silentLog })
  const { id, inbox } = await newAccount(store, name)
  let next = 0
  const writer = async (): Promise<void> => {
    for (;;) {
      const text = `message-${next++}`
      const [uid] = await add(store, id, inbox, text)
      process.send?.({ uid, text })
    }
  }
  await Promise.all(Array.from({ length: 32 }, writer))
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})

import { changeTogether } from '../../lib/store/conformance/accounts'
import { storeDriver } from '../../lib/store/drivers'
import { silentLog } from '../../lib/terms/ports'

/** What a process did to the account that it shared with others. */
export interface Told {
  /** what each new epoch followed */
  readonly followed: readonly [string, string][]
  /** marks that it was the one to set */
  readonly marks: readonly string[]
}

/** Marks that each process tries to set. */
export const MARKS = Array.from({ length: 20 }, (_, nth) => `mark ${nth}`)
export const SCRIPTS = 8

/** A process of its own that changes one account by many writers at once: itself, its marks and its scripts. */
async function main([driver = '', folder = '', name = '', who = '']: string[]): Promise<void> {
  const store = await storeDriver(driver, '.').open({ folder, ini: {}, log: silentLog })
  const account = await store.accounts.find(name)
  if (!account) throw new Error('there is no account')
  const { id } = account
  const mark = { at: 1_800_000_000_000, until: 1_800_000_001_000 }
  const [followed, marks] = await Promise.all([
    changeTogether(store, id, who),
    Promise.all(MARKS.map(async (what) => ((await store.marks.set(id, { what, ...mark })) ? [what] : []))),
    ...Array.from({ length: SCRIPTS }, (_, nth) => store.scripts.put(id, `${who} ${nth}`, 'keep;')),
  ])
  const told: Told = { followed: [...followed], marks: marks.flat() }
  process.send?.(told)
  await store.close()
  process.disconnect?.()
}

if (require.main === module) {
  main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error)
    process.exit(1)
  })
}

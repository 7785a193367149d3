import { openEmbeddedAttempts } from '../../../lib/login/attempts/embedded'
import { loginSettings } from '../../../lib/login/settings'
import { silentLog } from '../../../lib/terms/ports'

/** A process that fails for one account from one network, and tells the bar that each attempt met. */
const [path = '', start = '0', count = '0'] = process.argv.slice(2)

async function main(): Promise<void> {
  const log = await openEmbeddedAttempts({ path, policy: loginSettings({}).policy, log: silentLog })
  let barred = 0
  for (let n = 0; n < Number(count); n++) {
    const who = { user: 'ann@example.org', address: '192.0.2.1' }
    const { bar } = await log.record(who, { kind: 'failure', mark: `${process.pid} ${n}` }, Number(start))
    if (bar) barred += 1
  }
  await log.close()
  process.stdout.write(String(barred))
}
main().catch((error) => {
  console.error(error)
  process.exit(1)
})

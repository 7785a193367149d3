import { openSync, writeSync } from 'node:fs'
import { silentLog } from '../../../lib/terms/ports'
import { value } from '../../mailbox/room'
import { randomFrom } from '../../random'
import { ACCOUNTS, openSmallFiles, type SmallNote } from './open'

/** A process that writes all small files for a while, and notes what was answered. */
export interface SmallOrder {
  readonly folder: string
  readonly notes: string
  readonly writer: number
  readonly seed: number
  readonly writes: number
}

async function main({ folder, notes, writer, seed, writes }: SmallOrder): Promise<void> {
  const random = randomFrom(seed)
  const descriptor = openSync(notes, 'a')
  const tell = (note: SmallNote): void => void writeSync(descriptor, JSON.stringify(note))
  const files = await openSmallFiles(folder, silentLog)
  const { locks, attempts, deliveries, sessions } = files
  const secrets: string[] = []
  const user = `writer${writer}@example.org`

  async function session(number: number): Promise<void> {
    const made = value(
      await sessions.create({
        ...{ kind: 'session', account: user, label: `${number}`, address: '192.0.2.1', createdAt: 1, activeAt: 1 },
        ...{ scopes: [], totp: false, epochs: [] },
      }),
    )
    tell({ is: 'made', secret: made.secret })
    secrets.push(made.secret)
    if (random(3) > 0) return
    const [secret = ''] = secrets.splice(random(secrets.length), 1)
    const found = await sessions.find(secret)
    tell({ is: 'removing', secret })
    await sessions.remove(found?.id ?? '')
    tell({ is: 'removed', secret })
  }

  for (let number = 0; number < writes; number++) {
    const common = { at: Date.now(), user, address: '192.0.2.1' }
    const entry = { ...common, protocol: 'imap', mechanism: 'PLAIN', verdict: 'refused', reason: `${number}` } as const
    const delivery = {
      ...{ at: common.at, sender: user, recipient: 'r@example.org', reply: '250', size: number },
      ...({ outcome: 'stored', messageId: `${number}` } as const),
    }
    const account = ACCOUNTS[random(ACCOUNTS.length)] ?? ''
    await Promise.all([
      session(number),
      attempts.record({ user, address: `192.0.2.${random(9)}` }, { kind: 'failure', mark: `${number}` }, common.at),
      attempts.note(entry),
      deliveries.note([delivery]),
      locks.hold({ account, access: 'exclusive', protocol: 'pop3', address: '192.0.2.1' }, async () => undefined),
      sessions.changeSecondFactor(user, (before) => [{ ...before, step: number + 1 }, undefined]),
    ])
    tell({ is: 'code', account: user, step: number + 1 })
    if (random(20) === 0) await new Promise((resolve) => setTimeout(resolve, random(60)))
  }
  await files.close()
  process.disconnect?.()
}

main(JSON.parse(process.argv[2] ?? '')).catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})

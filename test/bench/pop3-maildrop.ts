import { prepare } from '../../lib/mime/prepare'
import { NO_FLAGS } from '../../lib/terms/flags'
import { startKit, Wire } from '../kit'

/**
 * A maildrop of many messages: time and memory of login, STAT, LIST, UIDL, one RETR and QUIT with a deletion.
 *   npm run bench:pop3 -- [messages]
 */
const COUNT = Number(process.argv[2] ?? 100_000)
const BATCH = 1000
const megabytes = (): number => Math.round(process.memoryUsage().rss / 1024 / 1024)

async function run(): Promise<void> {
  const kit = await startKit()
  try {
    const id = await kit.account('many@x')
    const inbox = await kit.store.mailboxes.find(id, 'INBOX')
    if (!inbox) throw new Error('no INBOX')
    const bytes = Buffer.from(`From: a@example.org\r\nSubject: x\r\n\r\n${'line of a message\r\n'.repeat(50)}`)
    const message = { bytes, prepared: prepare(bytes), flags: NO_FLAGS, internalDate: 1_700_000_000_000 }
    for (let done = 0; done < COUNT; done += BATCH)
      await kit.store.messages.append(
        id,
        inbox.id,
        Array.from({ length: BATCH }, () => message),
      )
    console.log(`${COUNT} messages of ${bytes.length} octets, ${megabytes()} MB in memory`)
    for (const round of ['first', 'second']) {
      const wire = new Wire(kit.pop3)
      await wire.until(/^\+OK.*\r\n/)
      for (const [name, command, end] of [
        ['login', 'USER many@x\r\nPASS pass', /^\+OK \d+ messages\r\n/m],
        ['STAT', 'STAT', /^\+OK \d+ \d+\r\n/],
        ['LIST', 'LIST', /\r\n\.\r\n$/],
        ['UIDL', 'UIDL', /\r\n\.\r\n$/],
        ['RETR', 'RETR 1', /\r\n\.\r\n$/],
        ['QUIT', 'DELE 1\r\nQUIT', /^\+OK bye\r\n/m],
      ] as const) {
        const before = process.hrtime.bigint()
        wire.send(`${command}\r\n`)
        await wire.until(end)
        const took = Number(process.hrtime.bigint() - before) / 1e6
        console.log(`${round} ${name}: ${took.toFixed(1)} ms, ${megabytes()} MB`)
      }
      wire.close()
    }
  } finally {
    await kit.close()
  }
}

void run()

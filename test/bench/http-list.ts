import { client, message, openWeb } from '../http/web'

/** What the API's list costs: `npm run bench:http-list`. Client and server share this process, so the figures are upper bounds. */
const MESSAGES = 10_000
const ROUNDS = 200

async function main(): Promise<void> {
  const web = await openWeb()
  const account = await web.account('bench@example.org')
  const texts = Array.from({ length: MESSAGES }, (_, index) =>
    message(`Message ${index}`, `The text of ${index}. `.repeat(20), `Message-ID: <${index}@bench>\n`),
  )
  for (let at = 0; at < texts.length; at += 100) {
    await Promise.all(texts.slice(at, at + 100).map((text) => web.deliver(account, text)))
  }
  const browser = client(web.url)
  await browser.logIn('bench@example.org')
  const inbox = `mailboxes/${(await browser.get('mailboxes')).body.mailboxes[0].id}`

  async function measure(name: string, route: string, rounds = ROUNDS): Promise<void> {
    const first = performance.now()
    await browser.get(route)
    const firstTook = performance.now() - first
    const cpu = process.cpuUsage()
    const start = performance.now()
    for (let round = 0; round < rounds; round++) await browser.get(route)
    const { user, system } = process.cpuUsage(cpu)
    const milliseconds = (value: number): string => value.toFixed(2).padStart(8)
    console.log(
      `${name.padEnd(34)} first ${milliseconds(firstTook)} ms, then ${milliseconds((performance.now() - start) / rounds)} ms, CPU ${milliseconds((user + system) / 1000 / rounds)} ms`,
    )
  }
  console.log(`${MESSAGES} messages in one mailbox`)
  await measure('list of 50', `${inbox}/messages?limit=50`)
  await measure('list of 50, from the middle', `${inbox}/messages?limit=50&offset=5000`)
  await measure('50 conversations', `${inbox}/messages?limit=50&by=conversation`, 50)
  await measure('search of a subject', `${inbox}/messages?limit=50&query=subject:4711`, 10)
  await measure('mailboxes', 'mailboxes')
  await web.close()
}

void main()

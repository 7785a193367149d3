import { removeHome, startDemo } from '../e2e/demo'
import { open, type Talk } from './talk'

/**
 * Users during an attack, from outside: RATE wrong passwords a second from as many addresses (Linux), for SECONDS, on a running server
 * with NODES workers. USERS who are logged in fetch a message all the time; others log in, from an address that is known.
 */
const RATE = Number(process.env.RATE ?? 200)
const SECONDS = Number(process.env.SECONDS ?? 10)
const NODES = process.env.NODES ?? '0'
const USERS = 10
const ALICE = 'alice@example.org "wonder land"'
const MESSAGE = `From: ann@example.org\r\nSubject: a message\r\n\r\n${'A line of text.\r\n'.repeat(200)}`

const LINE = /^.*\r\n/m
const answer = (tag: string): RegExp => new RegExp(`^${tag} .*\\r\\n`, 'm')
const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

function report(what: string, times: readonly number[]): void {
  const sorted = [...times].sort((a, b) => a - b)
  const at = (part: number): string => (sorted[Math.floor(sorted.length * part)] ?? Number.NaN).toFixed(2)
  console.log(`${what.padEnd(16)} ${times.length} times: median ${at(0.5)} ms, 90 % ${at(0.9)} ms, 99 % ${at(0.99)} ms`)
}

async function timed<T>(run: () => Promise<T>, into: number[]): Promise<T> {
  const began = performance.now()
  const value = await run()
  into.push(performance.now() - began)
  return value
}

async function loggedIn(port: number, address: string): Promise<Talk> {
  const talk = await open(port, address, LINE)
  const said = await talk.say(`a LOGIN ${ALICE}`, answer('a'))
  if (!said.startsWith('a OK')) throw new Error(said)
  return talk
}

async function fetches(port: number, until: number, times: number[]): Promise<void> {
  const talk = await loggedIn(port, '127.0.0.1')
  await talk.say('b SELECT INBOX', answer('b'))
  for (let n = 0; performance.now() < until; n++) {
    await timed(() => talk.say(`c${n} FETCH 1 (FLAGS ENVELOPE BODY.PEEK[])`, answer(`c${n}`)), times)
    await pause(20 + (n % 20))
  }
  talk.close()
}

async function logins(port: number, until: number, times: number[]): Promise<void> {
  while (performance.now() < until) {
    const talk = await timed(() => loggedIn(port, '127.0.0.1'), times)
    talk.close()
    await pause(50)
  }
}

async function guess(port: number, number: number, answers: Map<string, number>): Promise<void> {
  const address = `127.${1 + (number % 200)}.${(number >> 8) & 255}.${number & 255}`
  const talk = await open(port, address, LINE)
  const said = (await talk.say(`a LOGIN user${number % 50}@example.org wrong${number}`, answer('a'))).trim()
  answers.set(said, (answers.get(said) ?? 0) + 1)
  talk.close()
}

async function phase(what: string, port: number, rate: number): Promise<void> {
  const began = performance.now()
  const until = began + SECONDS * 1000
  const [ofFetch, ofLogin]: [number[], number[]] = [[], []]
  const users = [...Array.from({ length: USERS }, () => fetches(port, until, ofFetch)), logins(port, until, ofLogin)]
  const answers = new Map<string, number>()
  const guesses: Promise<void>[] = []
  while (performance.now() < until) {
    const due = ((performance.now() - began) / 1000) * rate
    while (guesses.length < due) guesses.push(guess(port, guesses.length, answers))
    await pause(5)
  }
  await Promise.all(users)
  await Promise.all(guesses)
  console.log(`\n${what}${guesses.length > 0 ? `, ${guesses.length} wrong logins` : ''}`)
  report('FETCH', ofFetch)
  report('login', ofLogin)
  for (const [said, count] of answers) console.log(`  the attacker heard ${count} times: ${said}`)
}

async function main(): Promise<void> {
  const accounts = Array.from({ length: 50 }, (_, n) => ['--account', `user${n}@example.org:right`])
  const demo = await startDemo(['--nodes', NODES, ...accounts.flat()])
  try {
    const talk = await loggedIn(demo.imap, '127.0.0.1')
    await talk.say(`b APPEND INBOX {${MESSAGE.length}+}\r\n${MESSAGE}`, answer('b'))
    talk.close()
    console.log(`${NODES} worker processes`)
    await phase('quiet', demo.imap, 0)
    await phase('under attack', demo.imap, RATE)
  } finally {
    await demo.stop()
    removeHome(demo)
  }
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})

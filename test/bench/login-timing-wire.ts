import { openHome } from '../../lib/cli/home'
import { ok } from '../../lib/terms/fault'
import { type Demo, removeHome, startDemo } from '../e2e/demo'
import { scramClient } from '../login/scram-client'
import { open, type Talk } from './talk'
import { reportTimes } from './welch'

/**
 * The same question as login-timing.ts, asked from outside: a running server, one connection for each sample, the time from
 * the last line of the client to the answer. Each class has an address of its own (Linux).
 * SAMPLES=2000 for each class and mechanism; ONLY=POP3,SCRAM chooses by a part of the name.
 */
const SAMPLES = Number(process.env.SAMPLES ?? 2000)
const RIGHT = 'wonder land'
const WRONG = 'an old one.'

interface Class {
  readonly user: string
  readonly password: string
  readonly address: string
  /** wrong passwords of this name, and names that do not exist, tried before */
  readonly own?: number
  readonly others?: number
}
// The same wrong password counts once, so that classes that are not barred stay so.
const CLASSES: Readonly<Record<string, Class>> = {
  'wrong password': { user: 'alice@example.org', password: WRONG, address: '127.1.0.1' },
  'unknown user': { user: 'nobod@example.org', password: WRONG, address: '127.2.0.1' },
  'barred, wrong': { user: 'alice@example.org', password: WRONG, address: '127.3.0.1', own: 4 },
  'barred, right': { user: 'alice@example.org', password: RIGHT, address: '127.4.0.1', own: 4 },
  'barred address': { user: 'alice@example.org', password: RIGHT, address: '127.5.0.1', others: 10 },
  disabled: { user: 'caro1@example.org', password: RIGHT, address: '127.6.0.1' },
  'not allowed': { user: 'dave1@example.org', password: RIGHT, address: '127.7.0.1' },
}

const b64 = (text: string | Buffer): string => Buffer.from(text).toString('base64')
const plain = ({ user, password }: Class): string => b64(`\0${user}\0${password}`)

const LINE = /^.*\r\n/m
const imapTag = /^a .*\r\n/m
let started = 0n
/** The clock runs from here. */
function last(talk: Talk, line: string, wanted: RegExp): Promise<string> {
  started = process.hrtime.bigint()
  return talk.say(line, wanted)
}

async function scramFinal(one: Class, ask: (first: string) => Promise<string>): Promise<string> {
  const client = scramClient(one)
  const serverFirst = await ask(b64(client.first()))
  return b64(client.final(Buffer.from(serverFirst, 'base64').toString()))
}

const TRIES: Readonly<Record<string, (demo: Demo, one: Class) => Promise<[Talk, string]>>> = {
  'POP3 PASS': async (demo, one) => {
    const talk = await open(demo.pop3, one.address, LINE)
    await talk.say(`USER ${one.user}`, LINE)
    return [talk, await last(talk, `PASS ${one.password}`, LINE)]
  },
  'POP3 AUTH PLAIN': async (demo, one) => {
    const talk = await open(demo.pop3, one.address, LINE)
    return [talk, await last(talk, `AUTH PLAIN ${plain(one)}`, LINE)]
  },
  'IMAP LOGIN': async (demo, one) => {
    const talk = await open(demo.imap, one.address, LINE)
    return [talk, await last(talk, `a LOGIN ${one.user} "${one.password}"`, imapTag)]
  },
  'IMAP AUTHENTICATE PLAIN': async (demo, one) => {
    const talk = await open(demo.imap, one.address, LINE)
    return [talk, await last(talk, `a AUTHENTICATE PLAIN ${plain(one)}`, imapTag)]
  },
  'IMAP SCRAM-SHA-256': async (demo, one) => {
    const talk = await open(demo.imap, one.address, LINE)
    const final = await scramFinal(one, async (first) =>
      (await talk.say(`a AUTHENTICATE SCRAM-SHA-256 ${first}`, LINE)).slice(2).trim(),
    )
    return [talk, await last(talk, final, imapTag)]
  },
  'SMTP AUTH PLAIN': async (demo, one) => {
    const talk = await open(demo.submission, one.address, /^220 .*\r\n/m)
    await talk.say('EHLO bench', /^250 .*\r\n/m)
    return [talk, await last(talk, `AUTH PLAIN ${plain(one)}`, LINE)]
  },
}

async function sample(demo: Demo, run: (demo: Demo, one: Class) => Promise<[Talk, string]>, one: Class) {
  const [talk, answer] = await run(demo, one)
  const took = Number(process.hrtime.bigint() - started) / 1000
  talk.close()
  return { took, answer }
}

async function prepare(demo: Demo): Promise<void> {
  const store = await openHome(demo.home).openStore()
  for (const [name, change] of [
    ['caro1@example.org', { disabled: true }],
    ['dave1@example.org', { protocols: ['http'] }],
  ] as const) {
    const account = await store.accounts.find(name)
    if (account) await store.accounts.update(account.id, () => ok(change))
  }
  await store.close()
  const pop = TRIES['POP3 PASS']
  for (const one of Object.values(CLASSES)) {
    for (let n = 0; n < (one.own ?? 0); n++) await (pop && sample(demo, pop, { ...one, password: `wrong ${n}` }))
    for (let n = 0; n < (one.others ?? 0); n++) await (pop && sample(demo, pop, { ...one, user: `n${n}@example.org` }))
  }
}

async function main(): Promise<void> {
  const accounts = ['caro1', 'dave1'].flatMap((name) => ['--account', `${name}@example.org:${RIGHT}`])
  const demo = await startDemo([
    '--nodes',
    '0',
    '--set',
    'mailbox_login.ini:lockout.account_bar=12h',
    '--set',
    'mailbox_login.ini:lockout.address_bar=12h',
    ...accounts,
  ])
  let worst = 0
  try {
    await prepare(demo)
    for (const [what, run] of Object.entries(TRIES)) {
      if (process.env.ONLY && !process.env.ONLY.split(',').some((part) => what.includes(part))) continue
      const times = new Map(Object.keys(CLASSES).map((name): [string, number[]] => [name, []]))
      const answers = new Set<string>()
      for (let round = 0; round < SAMPLES + 20; round++) {
        for (const [name, one] of Object.entries(CLASSES).sort(() => Math.random() - 0.5)) {
          const { took, answer } = await sample(demo, run, one)
          answers.add(answer)
          if (round >= 20) times.get(name)?.push(took)
        }
      }
      console.log(`answers: ${[...answers].map((answer) => JSON.stringify(answer)).join(' ')}`)
      if (answers.size !== 1) console.log('DIFFERENT ANSWERS')
      worst = Math.max(worst, reportTimes(what, times))
    }
  } finally {
    await demo.stop()
    removeHome(demo)
  }
  console.log(`worst of all: |t| = ${worst.toFixed(2)}; goal: below 4.5 with ${SAMPLES} samples a class`)
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})

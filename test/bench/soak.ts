import { readdirSync, readFileSync } from 'node:fs'
import { createTransport } from 'nodemailer'
import { textOf } from '../../lib/terms/errors'
import { cli, removeHome, startDemo } from '../e2e/demo'
import { open, type Talk } from './talk'

/**
 * `npm run bench:soak`: SESSIONS IMAP sessions of ACCOUNTS accounts for MINUTES on a server with NODES workers: most in IDLE, which
 * each leaves now and then for other commands or for good; POP3 polls that delete; mail by SMTP. Wanted: memory and descriptors that
 * stay level, no unexpected answer, and no lock or descriptor left at the end.
 */
const MINUTES = Number(process.env.MINUTES ?? 60)
const SESSIONS = Number(process.env.SESSIONS ?? 1000)
const NODES = process.env.NODES ?? '2'
const ACCOUNTS = 50
/** accounts that are polled by POP3, which no IMAP session is in */
const MAILDROPS = 10
/** a mailbox is emptied above this */
const MESSAGES = 100
const EVERY = 30_000
const LINE = /^.*\r\n/m

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))
const pick = (limit: number): number => Math.floor(Math.random() * limit)

const counts = new Map<string, number>()
const errors = new Map<string, number>()
const add = (into: Map<string, number>, what: string): void => void into.set(what, (into.get(what) ?? 0) + 1)
let over = false

/** One command; what is not OK is an error. */
async function imap(talk: Talk, command: string): Promise<string> {
  const said = await talk.say(`a ${command}`, /(?:^[\s\S]*\n|^)a (?:OK|NO|BAD).*\r\n/)
  const status = /(?:^|\n)a (OK|NO|BAD)(.*)/.exec(said)
  const [name] = command.split(' ')
  // Who is not let in has nothing to do here, and comes again.
  if (name === 'LOGIN' && status?.[1] !== 'OK') throw new Error(`LOGIN: ${status?.[1]}${status?.[2]}`)
  if (status?.[1] !== 'OK') add(errors, `IMAP ${name}: ${status?.[1]}${status?.[2]}`)
  add(counts, 'imap')
  return said
}

async function session(port: number, number: number): Promise<void> {
  const talk = await open(port, `127.0.${1 + (number % 200)}.1`, LINE)
  try {
    await imap(talk, `LOGIN user${number % ACCOUNTS}@example.org pass`)
    const selected = await imap(talk, 'SELECT INBOX')
    let exists = Number(/(\d+) EXISTS/.exec(selected)?.[1] ?? 0)
    for (let round = 0; !over && round < 20; round++) {
      await talk.say('a IDLE', /(?:^|\n)\+ .*\r\n/)
      for (let second = 0; !over && second < 10 + pick(50); second++) await pause(1000)
      const news = await talk.say('DONE', /(?:^[\s\S]*\n|^)a OK.*\r\n/)
      exists = Number([...news.matchAll(/(\d+) EXISTS/g)].at(-1)?.[1] ?? exists)
      const noop = await imap(talk, 'NOOP')
      exists = Number([...noop.matchAll(/(\d+) EXISTS/g)].at(-1)?.[1] ?? exists)
      if (exists > MESSAGES && number < ACCOUNTS) {
        await imap(talk, 'STORE 1:* +FLAGS.SILENT (\\Deleted)')
        await imap(talk, 'EXPUNGE')
        await imap(talk, 'SELECT INBOX')
        exists = 0
      } else if (exists > 0) {
        await imap(talk, 'UID FETCH * (FLAGS ENVELOPE BODYSTRUCTURE)')
        await imap(talk, 'UID STORE * +FLAGS (\\Seen)')
        await imap(talk, 'UID SEARCH UNSEEN SUBJECT mail')
        if (pick(4) === 0) await imap(talk, 'UID FETCH * (BODY.PEEK[])')
        if (pick(4) === 0) await imap(talk, 'STATUS INBOX (MESSAGES UNSEEN)')
      }
    }
    await imap(talk, 'LOGOUT')
  } finally {
    talk.close()
  }
}

async function poll(port: number, number: number): Promise<void> {
  const talk = await open(port, `127.0.${1 + number}.2`, LINE)
  const say = async (command: string, wanted: RegExp): Promise<string> => {
    const said = await talk.say(command, wanted)
    if (!said.startsWith('+OK')) add(errors, `POP3 ${command.split(' ')[0]}: ${said.trim()}`)
    return said
  }
  try {
    await say(`USER drop${number}@example.org`, LINE)
    await say('PASS pass', LINE)
    const [, total = '0'] = /^\+OK (\d+)/.exec(await say('STAT', LINE)) ?? []
    for (let one = 1; one <= Number(total); one++) {
      await say(`RETR ${one}`, /^(?:-ERR.*\r\n|\+OK[\s\S]*?\r\n\.\r\n)/)
      await say(`DELE ${one}`, LINE)
    }
    await say('QUIT', LINE)
    add(counts, 'pop3')
  } finally {
    talk.close()
  }
}

/** Runs again and again until the end; what throws is an error, and the next one goes on. */
async function forever(what: string, run: () => Promise<void>, rest: () => number): Promise<void> {
  while (!over) {
    try {
      await run()
    } catch (error) {
      add(errors, `${what}: ${textOf(error)}`)
      await pause(1000)
    }
    if (!over) await pause(rest())
  }
}

/** Processes of the server and what they hold. */
function processes(parent: number): { pid: number; rss: number; descriptors: number }[] {
  const found: { pid: number; rss: number; descriptors: number }[] = []
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const stat = readFileSync(`/proc/${name}/status`, 'utf8')
      const [, ppid] = /^PPid:\s+(\d+)/m.exec(stat) ?? []
      const [, rss] = /^VmRSS:\s+(\d+)/m.exec(stat) ?? []
      if (Number(ppid) !== parent) continue
      const pid = Number(name)
      found.push({ pid, rss: Number(rss) / 1024, descriptors: readdirSync(`/proc/${name}/fd`).length })
      found.push(...processes(pid))
    } catch {
      // It ended meanwhile.
    }
  }
  return found
}

async function main(): Promise<void> {
  const names = [
    ...Array.from({ length: ACCOUNTS }, (_, n) => `user${n}`),
    ...Array.from({ length: MAILDROPS }, (_, n) => `drop${n}`),
  ]
  const demo = await startDemo([
    '--nodes',
    NODES,
    ...names.flatMap((name) => ['--account', `${name}@example.org:pass`]),
  ])
  const transport = createTransport({
    host: '127.0.0.1',
    port: demo.smtp,
    ignoreTLS: true,
    pool: true,
    maxConnections: 4,
  })
  const began = performance.now()
  const sample = (): void => {
    const now = processes(demo.pid)
    const sum = (pickOne: (one: (typeof now)[number]) => number): number =>
      now.reduce((all, one) => all + pickOne(one), 0)
    const minute = ((performance.now() - began) / 60_000).toFixed(1).padStart(6)
    const each = [...counts].map(([what, count]) => `${what} ${count}`).join(', ')
    const failed = [...errors.values()].reduce((all, one) => all + one, 0)
    const memory = now.map(({ rss }) => Math.round(rss)).join('+')
    console.log(`${minute} min  ${memory} MB  ${sum((one) => one.descriptors)} descriptors  ${each}  ${failed} errors`)
  }
  try {
    sample()
    const running: Promise<void>[] = []
    for (let number = 0; number < SESSIONS; number++) {
      running.push(
        forever(
          'session',
          () => session(demo.imap, number),
          () => pick(2000),
        ),
      )
      if (number % 10 === 0) await pause(50)
    }
    for (let n = 0; n < MAILDROPS; n++)
      running.push(
        forever(
          'poll',
          () => poll(demo.pop3, n),
          () => 2000 + pick(3000),
        ),
      )
    running.push(
      forever(
        'smtp',
        async () => {
          const name = names[pick(names.length)]
          const text = `A line of text.\r\n`.repeat(pick(2000))
          await transport.sendMail({ from: 's@example.net', to: `${name}@example.org`, subject: 'mail', text })
          add(counts, 'smtp')
        },
        () => 50,
      ),
    )
    const timer = setInterval(sample, EVERY)
    await pause(MINUTES * 60_000)
    over = true
    await Promise.all(running)
    clearInterval(timer)
    transport.close()
    await pause(2000)
    sample()
    const locks = await cli(['locks', 'list', '--json', '--home', demo.home])
    console.log(`locks left: ${locks.code === 0 ? JSON.parse(locks.stdout).length : locks.stderr}`)
    const { stdout: checked } = await cli(['check', '--home', demo.home])
    console.log(checked.trim())
    for (const [what, count] of errors) console.log(`${count} times: ${what}`)
  } finally {
    over = true
    await demo.stop()
    removeHome(demo)
  }
}

void main()

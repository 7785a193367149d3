import { spawn } from 'node:child_process'
import type { Filed } from '../../mailbox/filed'
import type { MailRoom } from '../../mailbox/mailbox'
import type { Mailbox, Store } from '../../store/store'
import { textOf } from '../../terms/errors'
import type { AccountId } from '../../terms/names'
import type { Uid } from '../../terms/numbers'
import type { Log } from '../../terms/ports'

export interface LearnPorts {
  readonly room: Pick<MailRoom, 'onFiled'>
  readonly store: Pick<Store, 'accounts' | 'messages'>
  readonly log: Log
  /** a program and its words; empty: none */
  readonly programs: { readonly spam: readonly string[]; readonly ham: readonly string[] }
}

const MOST_WAITING = 1000
/** milliseconds */
const TIME = 60_000

const isUsed = (mailbox: Mailbox, use: '\\Junk' | '\\Trash', name: string): boolean =>
  mailbox.specialUse.includes(use) || mailbox.name === name
const isJunk = (mailbox: Mailbox): boolean => isUsed(mailbox, '\\Junk', 'Junk')

/** What an owner says of a message by putting it elsewhere; undefined: nothing. */
function lessonOf({ from, to }: Pick<Filed, 'from' | 'to'>): 'spam' | 'ham' | undefined {
  if (isJunk(from) === isJunk(to)) return undefined
  if (isJunk(to)) return 'spam'
  return isUsed(to, '\\Trash', 'Trash') ? undefined : 'ham'
}

/** Runs a program to its end, without a shell. @returns why it failed */
function run(
  [program = '', ...words]: readonly string[],
  account: string,
  octets: Buffer,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const env = { PATH: process.env.PATH, MAILBOX_ACCOUNT: account }
    const child = spawn(program, words, {
      env,
      stdio: ['pipe', 'ignore', 'ignore'],
      timeout: TIME,
      killSignal: 'SIGKILL',
    })
    child.on('error', (error) => resolve(error.message))
    child.on('close', (code, signal) => resolve(code === 0 ? undefined : `it ended with ${signal ?? code}`))
    // One that does not read its input.
    child.stdin.on('error', () => undefined)
    child.stdin.end(octets)
  })
}

interface Lesson {
  readonly account: AccountId
  readonly mailbox: Mailbox
  readonly uid: Uid
  readonly program: readonly string[]
}

/** Tells programs what owners take for spam. Never holds up who moves a message. */
export function startLearning({ room, store, log, programs }: LearnPorts): void {
  if (programs.spam.length === 0 && programs.ham.length === 0) return
  const waiting: Lesson[] = []
  let running = false

  async function learn({ account, mailbox, uid, program }: Lesson): Promise<void> {
    const owner = await store.accounts.get(account)
    if (!owner) return
    for await (const rows of store.messages.rows(account, mailbox.id, [uid])) {
      for (const { emailId, size } of rows) {
        const octets = await store.messages.read(account, emailId, 0, size)
        const why = octets && (await run(program, owner.name, octets))
        if (why !== undefined) log.warn(`learning by ${program[0]} failed: ${why}`)
      }
    }
  }
  async function work(): Promise<void> {
    if (running) return
    running = true
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      await learn(next).catch((error) => log.warn(`learning failed: ${textOf(error)}`))
    }
    running = false
  }

  room.onFiled((filed) => {
    const lesson = lessonOf(filed)
    const program = lesson === undefined ? [] : programs[lesson]
    if (program.length === 0) return
    for (const uid of filed.uids.slice(0, Math.max(0, MOST_WAITING - waiting.length)))
      waiting.push({ account: filed.account, mailbox: filed.to, uid, program })
    void work()
  })
}

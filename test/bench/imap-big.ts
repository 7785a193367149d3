import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { prepare } from '../../lib/mime/prepare'
import { openSqliteStore } from '../../lib/store/sqlite'
import { flagSet } from '../../lib/terms/flags'
import { startKit } from '../kit'

/** `npm run bench:imap-big [-- 1000000]`: what commands cost in one mailbox of so many messages, octets on the wire included. */
const MESSAGES = Number(process.argv[2] ?? 100_000)
const BATCH = 2000
const FLAGS = [flagSet([]), flagSet(['\\Seen']), flagSet(['\\Seen', '\\Answered']), flagSet(['\\Flagged', 'work'])]

const mb = (octets: number): string => `${(octets / 1024 / 1024).toFixed(0)} MB`

/** Without the pages of the store's file, which the system takes back when it needs them (Linux; elsewhere with them). */
function ownMemory(): number {
  if (process.platform !== 'linux') return process.memoryUsage().rss
  const kilobytes = /^RssAnon:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
  return Number(kilobytes) * 1024
}

/** Fills the mailbox, in a process of its own: what it takes is not counted. */
async function fill(folder: string): Promise<void> {
  const store = await openSqliteStore({ path: folder })
  const made = await store.accounts.create({ name: 'big', credentials: {} })
  if (!made.ok) throw new Error(made.fault.kind)
  const { id } = made.value
  const inbox = await store.mailboxes.find(id, 'INBOX')
  if (!inbox) throw new Error('no INBOX')
  for (let n = 0; n < MESSAGES; n += BATCH) {
    const messages = Array.from({ length: Math.min(BATCH, MESSAGES - n) }, (_nothing, index) => {
      const serial = n + index
      const bytes = Buffer.from(
        `From: sender ${serial % 100} <s${serial % 100}@example.net>\r\nTo: big@example.org\r\nSubject: message ${serial}\r\nDate: Thu, 1 Jan 2026 00:00:00 +0000\r\nMessage-ID: <${serial}@example.net>\r\n\r\ntext of ${serial}\r\n`,
      )
      const flags = FLAGS[serial % FLAGS.length] ?? flagSet([])
      return { bytes, prepared: prepare(bytes), flags, internalDate: Date.UTC(2020, 0, 1) + serial * 60_000 }
    })
    const done = await store.messages.append(id, inbox.id, messages)
    if (!done.ok) throw new Error(done.fault.kind)
  }
  await store.close()
}

async function main(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'mailbox-bench-'))
  const filled = performance.now()
  const [code] = await once(fork(__filename, [String(MESSAGES), folder]), 'exit')
  if (code !== 0) throw new Error(`filling ended with ${code}`)
  console.log(`${MESSAGES} messages, filled in ${((performance.now() - filled) / 1000).toFixed(0)} s`)
  const kit = await startKit({ imap: { limits: { line: '1M' } }, store: await openSqliteStore({ path: folder }) })
  const id = (await kit.store.accounts.find('big'))?.id
  if (!id) throw new Error('no account')

  const socket = connect(kit.imap, '127.0.0.1')
  let tag = 'hello'
  let tail = ''
  let octets = 0
  let heard: (() => void) | undefined
  socket.on('data', (chunk) => {
    octets += chunk.length
    tail = (tail + chunk.toString('latin1')).slice(-4000)
    if (tag === 'hello' || tail.includes(`\n${tag} `) || tail.startsWith(`${tag} `)) heard?.()
  })
  await new Promise<void>((resolve) => {
    heard = resolve
  })
  let count = 0
  async function run(command: string): Promise<void> {
    tag = `c${++count}`
    tail = ''
    octets = 0
    const begin = performance.now()
    let longest = 0
    let last = begin
    const lag = setInterval(() => {
      longest = Math.max(longest, performance.now() - last - 5)
      last = performance.now()
    }, 5)
    const answered = new Promise<void>((resolve) => {
      heard = resolve
    })
    socket.write(`${tag} ${command}\r\n`)
    await answered
    longest = Math.max(longest, performance.now() - last - 5)
    clearInterval(lag)
    const { arrayBuffers } = process.memoryUsage()
    const end = /c\d+ (OK|NO|BAD)[^\r]*/.exec(tail)?.[0] ?? ''
    console.log(
      `${(performance.now() - begin).toFixed(0).padStart(7)} ms  longest pause ${longest.toFixed(0).padStart(5)} ms  ${(octets / 1024).toFixed(0).padStart(7)} KB  own memory ${mb(ownMemory())} columns and buffers ${mb(arrayBuffers)}  ${command.slice(0, 60)} -> ${end.slice(0, 40)}`,
    )
  }
  await run('LOGIN big pass')
  await run('STATUS INBOX (MESSAGES UNSEEN UIDNEXT SIZE)')
  await run('SELECT INBOX')
  await run('SELECT INBOX')
  const middle = MESSAGES >> 1
  await run(`FETCH ${middle}:${middle + 99} (UID FLAGS ENVELOPE BODYSTRUCTURE)`)
  await run(`FETCH ${MESSAGES - 49}:* (UID FLAGS INTERNALDATE BODY.PEEK[HEADER.FIELDS (FROM SUBJECT)])`)
  await run(`UID FETCH ${MESSAGES}:* (FLAGS)`)
  await run('UID FETCH 1:* (FLAGS)')
  await run(`UID FETCH 1:* (FLAGS) (CHANGEDSINCE ${Math.floor(MESSAGES / BATCH)})`)
  await run(`STORE ${middle} +FLAGS (\\Flagged)`)
  await run(`STORE 1:1000 +FLAGS.SILENT (\\Flagged)`)
  await run('SEARCH RETURN (COUNT) UNSEEN')
  await run('SEARCH FLAGGED SINCE 1-Jan-2021')
  await run('SEARCH RETURN (MIN MAX COUNT) SINCE 1-Mar-2020 BEFORE 1-Apr-2020')
  await run('UID SEARCH KEYWORD work LARGER 200')
  await run(`SEARCH RETURN (COUNT) SUBJECT "message ${middle}"`)
  await run('SORT RETURN (COUNT) (REVERSE ARRIVAL) UTF-8 ALL')
  await kit.store.mailboxes.create(id, 'other', {})
  const many = Math.min(MESSAGES >> 1, 100_000)
  await run(`COPY 1:${many} other`)
  await run(`MOVE 1:${many} other`)
  await run('SELECT other')
  await run('STORE 1:* +FLAGS.SILENT (\\Deleted)')
  await run('EXPUNGE')
  await run('SELECT INBOX')
  await run(`COPY 1:1000 INBOX`)
  await run(`STORE 1:1000 +FLAGS.SILENT (\\Deleted)`)
  await run('EXPUNGE')
  await run('STORE 1:* +FLAGS.SILENT (\\Seen)')
  await run('NOOP')
  await run('CREATE other')
  await run('COPY 1:* other')
  await run('MOVE 1:* other')
  await run('SELECT other')
  await run('STORE 1:* +FLAGS.SILENT (\\Deleted)')
  await run('EXPUNGE')
  socket.destroy()
  await kit.close()
  rmSync(folder, { recursive: true, force: true })
}

const [, , , folderToFill] = process.argv
void (folderToFill === undefined ? main() : fill(folderToFill))

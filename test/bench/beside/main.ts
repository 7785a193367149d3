import { parseArgs } from 'node:util'
import { type Peer, startDovecot, startOurs } from './peers'
import { cpuOf, memoryOf } from './processes'
import { type Scenario, type Stage, scenarios } from './scenarios'
import { imapLogin, type Wire } from './wire'

/**
 * Scenarios on a whole server, `haraka-mailbox demo`, and on Dovecot in turn where it is installed: docs/performance.md.
 *   npm run bench -- [--only imap-,pop3-poll] [--rounds 3] [--seconds 2] [--messages 300] [--nodes 2] [--idle 300]
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '2' },
    messages: { type: 'string', default: '300' },
    nodes: { type: 'string', default: '2' },
    idle: { type: 'string', default: '300' },
  },
})
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)
const messages = Number(values.messages)
const nodes = Number(values.nodes)
const idle = Number(values.idle)
const USERS = 8
const READERS = 4

const user = (nth: number): string => `user${nth}@localhost`

/** The same for every server: a header as mail has it, a text part, and often an attachment. */
function message(nth: number): Buffer {
  const text = `This is message ${nth} of many, and needle ${nth % 100} in a haystack.\r\n`.repeat(20 + (nth % 50))
  const attachment = `${'QUJD'.repeat(19)}\r\n`.repeat(50 + (nth % 200))
  const parts = [
    `Content-Type: text/plain; charset=utf-8\r\n\r\n${text}`,
    `Content-Type: application/pdf; name="a${nth}.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\n${attachment}`,
  ]
  return Buffer.from(
    `Received: from mail.example.org (mail.example.org [192.0.2.1]) by mx.example.net; Thu, 1 Jan 2026 00:00:00 +0000\r\n` +
      `From: "Sender ${nth % 40}" <sender${nth % 40}@example.org>\r\nTo: Reader <reader@example.net>\r\n` +
      `Subject: A subject with the number ${nth % 50} in it\r\nDate: Thu, 1 Jan 2026 00:00:${10 + (nth % 50)} +0000\r\n` +
      `Message-ID: <${nth}@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n` +
      `${parts.map((part) => `--b\r\n${part}`).join('')}--b--\r\n`,
  )
}

async function fill(peer: Peer, nth: number): Promise<void> {
  const wire = await imapLogin(peer.imap, user(nth))
  for (const mailbox of ['Kept', 'Copies']) await wire.imap(`CREATE ${mailbox}`)
  if (nth < READERS) for (let one = 0; one < messages; one++) await wire.append('INBOX', message(one))
  wire.close()
}

interface Figures {
  readonly perSecond: number
  readonly cpu: number
}

async function measure(scenario: Scenario, stage: Stage): Promise<Figures> {
  const players = await Promise.all(Array.from({ length: scenario.clients }, (_one, nth) => scenario.play(stage, nth)))
  // Once without the clock: the first answer is checked, and caches are filled on both sides.
  for (const player of players) await player.step()
  const cpu = cpuOf(stage.peer.pid)
  const start = performance.now()
  let steps = 0
  await Promise.all(
    players.map(async (player) => {
      while (performance.now() - start < seconds * 1000) {
        await player.step()
        steps++
      }
    }),
  )
  const elapsed = performance.now() - start
  const used = cpuOf(stage.peer.pid) - cpu
  for (const player of players) player.close()
  return { perSecond: (steps / elapsed) * 1000, cpu: used / steps }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}
const show = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3))

async function compare(scenario: Scenario, stages: readonly Stage[]): Promise<void> {
  const all = stages.map((): Figures[] => [])
  for (let round = 0; round < rounds; round++)
    for (const [nth, stage] of stages.entries()) all[nth]?.push(await measure(scenario, stage))
  const rows = all.map((figures) => ({
    perSecond: median(figures.map(({ perSecond }) => perSecond)),
    cpu: median(figures.map(({ cpu }) => cpu)),
  }))
  const [ours, other] = rows
  const cells = rows.flatMap(({ perSecond, cpu }) => [show(perSecond), show(cpu)])
  if (ours && other) cells.push((ours.perSecond / other.perSecond).toFixed(2), (ours.cpu / other.cpu).toFixed(2))
  console.log(`| ${scenario.name} | ${scenario.operation} | ${cells.join(' | ')} |`)
}

/** Kilobytes of one connection that waits in IDLE. */
async function idleMemory({ peer }: Stage): Promise<number> {
  const open: Wire[] = []
  const enter = async (nth: number): Promise<void> => {
    const wire = await imapLogin(peer.imap, user(nth % READERS))
    await wire.imap('SELECT INBOX')
    await wire.ask('i IDLE\r\n', /\+[^\r\n]*\r\n$/)
    open.push(wire)
  }
  for (let nth = 0; nth < 20; nth++) await enter(nth)
  const before = memoryOf(peer.pid)
  for (let nth = 0; nth < idle; nth++) await enter(nth)
  const after = memoryOf(peer.pid)
  for (const wire of open) wire.close()
  return (after - before) / idle
}

async function main(): Promise<void> {
  const peers: Peer[] = []
  const stop = async (): Promise<void> => {
    for (const peer of peers.splice(0)) await peer.stop()
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stop().then(() => process.exit(1)))
  try {
    peers.push(
      await startOurs(
        Array.from({ length: USERS }, (_one, nth) => user(nth)),
        nodes,
      ),
    )
    const dovecot = await startDovecot(nodes)
    if (typeof dovecot === 'string') console.log(`dovecot is left out: ${dovecot}\n`)
    else peers.push(dovecot)
    for (const peer of peers) for (let nth = 0; nth < USERS; nth++) await fill(peer, nth)
    const stages = peers.map((peer): Stage => ({ peer, messages, user, message }))
    const columns = peers.flatMap(({ name }) => [`${name}: 1/s`, `${name}: CPU ms`])
    if (peers.length > 1) columns.push('throughput', 'CPU')
    console.log(`| Scenario | Operation | ${columns.join(' | ')} |\n|---|---|${columns.map(() => '---|').join('')}`)
    const wanted = values.only.split(',')
    for (const scenario of scenarios)
      if (wanted.some((start) => scenario.name.startsWith(start))) await compare(scenario, stages)
    if (wanted.some((start) => 'idle-memory'.startsWith(start)))
      for (const stage of stages)
        console.log(`${stage.peer.name}: ${show(await idleMemory(stage))} KB for each of ${idle} connections in IDLE`)
  } finally {
    await stop()
  }
}

main().catch((error) => {
  console.error(error)
  process.exitCode = 1
})

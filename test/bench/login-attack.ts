import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { openEmbeddedAttempts } from '../../lib/login/attempts/embedded'
import { directoryChain } from '../../lib/login/chain'
import { createLogin } from '../../lib/login/create-login'
import type { LoginPeer } from '../../lib/login/login'
import { loginSettings } from '../../lib/login/settings'
import { noMetrics, silentLog, systemClock } from '../../lib/terms/ports'
import { directoryOf, person } from '../login/room'

/**
 * Users during an attack: RATE wrong passwords a second from as many addresses, for SECONDS. How long the event loop keeps
 * others waiting, and how long the logins of users take: from memory, by a hash from an address that is known, from a new one.
 */
const RATE = Number(process.env.RATE ?? 200)
const SECONDS = Number(process.env.SECONDS ?? 10)

const at = (values: readonly number[], part: number): string =>
  ([...values].sort((a, b) => a - b)[Math.floor(values.length * part)] ?? 0).toFixed(1)
const line = (what: string, values: readonly number[]): void =>
  console.log(`${what.padEnd(34)} ${values.length} times: median ${at(values, 0.5)} ms, 99 % ${at(values, 0.99)} ms`)

async function main(): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'login-attack-'))
  const settings = loginSettings({})
  const people = await Promise.all(Array.from({ length: 50 }, (_, n) => person(`user${n}@example.org`, 'right')))
  const directory = directoryOf(...people)
  const attempts = openEmbeddedAttempts({ path: home, policy: settings.policy })
  const ports = { directory, attempts, settings, chain: directoryChain, secret: Buffer.alloc(32, 1) }
  const login = createLogin({ ...ports, clock: systemClock, log: silentLog, metrics: noMetrics })
  const peer = (address: string): LoginPeer => ({ protocol: 'imap', address, tls: true, connection: address })
  const timed = async (
    address: string,
    user: string,
    into: number[],
    answers: Record<string, number>,
  ): Promise<void> => {
    const start = performance.now()
    const { kind } = await login.attempt(peer(address), user, 'right')
    into.push(performance.now() - start)
    answers[kind] = (answers[kind] ?? 0) + 1
  }

  async function watch(what: string, attack: boolean): Promise<void> {
    const lag: number[] = []
    const cached: number[] = []
    const known: number[] = []
    const fresh: number[] = []
    const answers: Record<string, number> = {}
    const attacks: Promise<unknown>[] = []
    const until = performance.now() + SECONDS * 1000
    let sent = 0
    for (let round = 0; performance.now() < until; round++) {
      const before = performance.now()
      await pause(5)
      lag.push(Math.max(0, performance.now() - before - 5))
      const due = attack ? Math.floor((SECONDS * 1000 - (until - performance.now())) * (RATE / 1000)) : 0
      for (; sent < due; sent++) {
        const address = `${11 + (sent % 200)}.${(sent >> 8) & 255}.${sent & 255}.1`
        attacks.push(login.attempt(peer(address), `user${sent % 60}@example.org`, `wrong ${sent}`))
      }
      if (round % 20 === 0) await timed('192.0.2.1', 'user0@example.org', cached, answers)
      // A name that is new to the memory: its hash must be made.
      if (round % 50 === 10)
        await timed('192.0.2.1', `user${2 + (((round - 10) / 50) % 40)}@example.org`, known, answers)
      if (round % 100 === 60) await timed(`198.51.100.${round / 100}`, 'user1@example.org', fresh, answers)
    }
    console.log(`\n${what} ${sent > 0 ? `(${sent} attempts)` : ''}`)
    line('event loop late by', lag)
    line('login from memory', cached)
    line('login of a known address', known)
    line('login of a new address', fresh)
    const ended = await Promise.all(attacks)
    console.log('answers to users', answers, 'attempts that were answered', ended.length)
  }

  await login.attempt(peer('192.0.2.1'), 'user0@example.org', 'right')
  await watch('quiet', false)
  await watch('under attack', true)
  await login.close()
  rmSync(home, { recursive: true })
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})

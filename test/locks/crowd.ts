import { linkSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { openEmbeddedLocks } from '../../lib/locks/embedded'
import type { Lease, Locks } from '../../lib/locks/locks'
import { lockSettings } from '../../lib/locks/settings'
import { identify, runs } from '../../lib/processes/identity'
import { onAbort } from '../../lib/terms/abort'
import { silentLog } from '../../lib/terms/ports'
import { randomFrom } from '../random'

/**
 * A process that takes locks, holds them for a moment, and gives them back, until it is told to stop. Who holds one has a file with its name
 * there, by link(2): two that hold the same lock find each other. `damage.test.ts` is the other side.
 */
export interface Orders {
  readonly folder: string
  /** where holders have their files */
  readonly proofs: string
  readonly expiry: number
  readonly accounts: number
  readonly seed: number
}
export type Told =
  | { readonly kind: 'open' }
  | { readonly kind: 'granted' }
  | { readonly kind: 'overlap'; readonly text: string }
  | { readonly kind: 'log'; readonly level: 'warn' | 'error'; readonly text: string }
  | { readonly kind: 'stopped' }

const say = (told: Told): void => {
  if (process.connected) process.send?.(told)
}
let stopping = false

/** The proof of who was killed is nobody's. */
function prove(proof: string, own: string): void {
  try {
    linkSync(own, proof)
  } catch {
    let other = ''
    try {
      other = readFileSync(proof, 'utf8')
    } catch {
      // It has gone just now.
    }
    if (runs(other)) say({ kind: 'overlap', text: `${path.basename(proof)}: ${other} and ${process.pid}` })
    withdraw(proof)
    linkSync(own, proof)
  }
}

function withdraw(proof: string): void {
  try {
    unlinkSync(proof)
  } catch {
    // Another process found that its owner was dead.
  }
}

async function hold(lease: Lease, proof: string, own: string, milliseconds: number): Promise<void> {
  let mine = true
  const over = (): void => {
    if (mine) withdraw(proof)
    mine = false
  }
  if (lease.lost.aborted) return
  prove(proof, own)
  onAbort(lease.lost, over)
  say({ kind: 'granted' })
  await pause(milliseconds)
  over()
  await lease.release()
}

async function session(locks: Locks, { proofs, accounts }: Orders, own: string, below: (n: number) => number) {
  while (!stopping) {
    const account = `account${below(accounts)}`
    const wait = below(2) * 500
    const lease = await locks.acquire({ account, access: 'exclusive', protocol: 'pop3', address: '192.0.2.1', wait })
    if (lease.ok) await hold(lease.value, path.join(proofs, account), own, below(8))
    else await pause(1 + below(5))
  }
}

async function main(orders: Orders): Promise<void> {
  const own = path.join(orders.proofs, `.${process.pid}`)
  writeFileSync(own, identify())
  const locks = await openEmbeddedLocks({
    path: orders.folder,
    settings: { ...lockSettings({}), expiry: orders.expiry },
    log: {
      ...silentLog,
      warn: (text) => say({ kind: 'log', level: 'warn', text }),
      error: (text) => say({ kind: 'log', level: 'error', text }),
    },
  })
  say({ kind: 'open' })
  const below = randomFrom(orders.seed)
  await Promise.all(Array.from({ length: 4 }, () => session(locks, orders, own, below)))
  await locks.close()
  say({ kind: 'stopped' })
  process.disconnect()
}

process.on('message', (orders: Orders | 'stop') => {
  if (orders === 'stop') stopping = true
  else
    main(orders).catch((error: unknown) => {
      console.error(error)
      process.exit(1)
    })
})

import { createHash } from 'node:crypto'
import { textOf } from '../../terms/errors'
import type { Log } from '../../terms/ports'
import type { LoginPeer } from '../login'
import type { PolicySettings } from '../settings'

/** What another server's policy says of an attempt. */
export type PolicyAnswer =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'refused' }
  /** it did not answer, and the settings refuse then */
  | { readonly kind: 'unavailable' }

interface Attempted {
  readonly peer: LoginPeer
  readonly user: string
  /** the password, or whatever tells wrong credentials apart */
  readonly shown: string
}

/** A weakforced, or what speaks its protocol: asked before a password is judged, told after it. */
export interface PolicyServer {
  /** Never rejects; waits no longer than the settings say. */
  allow(attempted: Attempted): Promise<PolicyAnswer>
  /** Nobody waits for it. */
  report(attempted: Attempted, outcome: { readonly success: boolean; readonly refused: boolean }): void
  close(): Promise<void>
}

/** Reports under way: more are left out, and a line says so. */
const MOST_REPORTS = 200
/** seconds for which a status above 0 lets somebody wait at most */
const LONGEST_TARPIT = 5
/** milliseconds between two lines about a server that does not answer */
const QUIET = 60_000
/** Bits that tell passwords apart, and too few to find one by. */
const BITS = 12

/** As Dovecot makes it, so that the same wrong password is the same everywhere. */
export function policyHash(nonce: string, user: string, shown: string): string {
  const digest = createHash('sha256').update(`${nonce}${user}\0${shown}`).digest()
  return (digest.readUInt16BE(0) >> (16 - BITS)).toString(16).padStart(4, '0')
}

const pause = (seconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.min(seconds, LONGEST_TARPIT) * 1000))

export function createPolicyServer(settings: PolicySettings, log: Log): PolicyServer {
  const { url, password, nonce, timeout, onFailure } = settings
  const authorization = `Basic ${Buffer.from(`wforce:${password}`).toString('base64')}`
  const underWay = new Set<Promise<unknown>>()
  let quietUntil = 0

  function complain(text: string): void {
    if (performance.now() < quietUntil) return
    quietUntil = performance.now() + QUIET
    log.error(`login: the policy server ${new URL(url).host} ${text}`)
  }

  /** Rejects when it does not answer as it should. */
  async function ask(command: string, { peer, user, shown }: Attempted, more = {}): Promise<unknown> {
    const address = new URL(url)
    address.searchParams.set('command', command)
    const { address: remote, protocol, tls } = peer
    const reply = await fetch(address, {
      method: 'POST',
      redirect: 'error',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({
        login: user,
        remote,
        pwhash: policyHash(nonce, user, shown),
        protocol,
        tls,
        attrs: {},
        ...more,
      }),
      signal: AbortSignal.timeout(timeout),
    })
    if (!reply.ok) {
      await reply.body?.cancel()
      throw new Error(`answers ${reply.status}`)
    }
    return reply.json()
  }

  return {
    async allow(attempted) {
      try {
        const answer = await ask('allow', attempted)
        const status: unknown =
          typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'status') : undefined
        if (typeof status !== 'number') throw new Error('gives no status')
        if (status < 0) return { kind: 'refused' }
        if (status > 0) await pause(status)
        return { kind: 'allowed' }
      } catch (error) {
        complain(`cannot be asked: ${textOf(error)}`)
        return { kind: onFailure === 'allow' ? 'allowed' : 'unavailable' }
      }
    },

    report(attempted, { success, refused }) {
      if (underWay.size >= MOST_REPORTS) return complain('is too slow: reports are left out')
      const done = ask('report', attempted, { success, policy_reject: refused })
        .catch((error) => complain(`cannot be told: ${textOf(error)}`))
        .finally(() => underWay.delete(done))
      underWay.add(done)
    },

    async close() {
      await Promise.allSettled(underWay)
    },
  }
}

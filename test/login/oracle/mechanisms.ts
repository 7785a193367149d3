import { scramClient } from '../sasl/scram-client'
import { address, type Refusal, RIGHT, WRONG } from './classes'
import type { Protocol, Round } from './protocols'
import type { Recorded } from './recorded'

/** Tokens by user; those of `forged` are signed by nobody whom the server trusts. */
export interface Tokens {
  readonly right: ReadonlyMap<string, string>
  readonly forged: ReadonlyMap<string, string>
}

export interface Step {
  /** what the server said, without what must differ: nonces, and the salts of SCRAM */
  readonly text: string
  readonly records: readonly number[]
  /** microseconds */
  readonly took: number
}

export type Exchange = (
  wire: Recorded,
  protocol: Protocol,
  refusal: Refusal,
  tokens: Tokens,
) => Promise<readonly Step[]>

const passwordOf = ({ right }: Refusal): string => (right ? RIGHT : WRONG)

/** RFC 5802 5.1: nonce and salt are random; what may be compared is their length, and the number of iterations. */
function masked({ text, challenge }: Round): string {
  const [, nonce, salt, iterations] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(challenge?.toString() ?? '') ?? []
  return nonce && salt ? `challenge r=${nonce.length} s=${salt.length} i=${iterations} of ${text.length}` : text
}

async function stepOf(wire: Recorded, answer: Promise<Round>): Promise<Step & Round> {
  const round = await answer
  return { text: masked(round), records: wire.records, took: wire.took, challenge: round.challenge }
}

const password: Exchange = async (wire, protocol, refusal) => {
  if (!protocol.password) throw new Error(`${protocol.name} has no command for passwords`)
  return [await stepOf(wire, protocol.password(wire, address(refusal), passwordOf(refusal)))]
}

const plain: Exchange = async (wire, protocol, refusal) => {
  const message = Buffer.from(`\0${address(refusal)}\0${passwordOf(refusal)}`)
  return [await stepOf(wire, protocol.begin(wire, 'PLAIN', message))]
}

const login: Exchange = async (wire, protocol, refusal) => [
  await stepOf(wire, protocol.begin(wire, 'LOGIN', undefined)),
  await stepOf(wire, protocol.respond(wire, Buffer.from(address(refusal)))),
  await stepOf(wire, protocol.respond(wire, Buffer.from(passwordOf(refusal)))),
]

const scram =
  (mechanism: string): Exchange =>
  async (wire, protocol, refusal) => {
    const plus = mechanism.endsWith('-PLUS')
    const client = scramClient({
      user: address(refusal),
      password: passwordOf(refusal),
      hash: mechanism.includes('256') ? 'sha256' : 'sha1',
      ...(plus && { gs2: 'p=tls-exporter,,', binding: wire.binding }),
    })
    const first = await stepOf(wire, protocol.begin(wire, mechanism, client.first()))
    if (!first.challenge) return [first]
    const final = client.final(first.challenge.toString())
    return [first, await stepOf(wire, protocol.respond(wire, final))]
  }

const bearer =
  (mechanism: 'OAUTHBEARER' | 'XOAUTH2'): Exchange =>
  async (wire, protocol, refusal, tokens) => {
    const user = address(refusal)
    const token = (refusal.right ? tokens.right : tokens.forged).get(refusal.user) ?? ''
    const who = mechanism === 'XOAUTH2' ? `user=${user}` : `n,a=${user},`
    const first = await stepOf(
      wire,
      protocol.begin(wire, mechanism, Buffer.from(`${who}\x01auth=Bearer ${token}\x01\x01`)),
    )
    return first.challenge ? [first, await stepOf(wire, protocol.respond(wire, Buffer.from('\x01')))] : [first]
  }

/** The certificate was shown in the handshake; a wrong one is another's name asked for. */
const external: Exchange = async (wire, protocol, refusal) => {
  const asked = refusal.right ? address(refusal) : `x${address(refusal).slice(1)}`
  return [await stepOf(wire, protocol.begin(wire, 'EXTERNAL', Buffer.from(asked)))]
}

export const EXCHANGES: Readonly<Record<string, Exchange>> = {
  password,
  PLAIN: plain,
  LOGIN: login,
  'SCRAM-SHA-256': scram('SCRAM-SHA-256'),
  'SCRAM-SHA-256-PLUS': scram('SCRAM-SHA-256-PLUS'),
  'SCRAM-SHA-1': scram('SCRAM-SHA-1'),
  OAUTHBEARER: bearer('OAUTHBEARER'),
  XOAUTH2: bearer('XOAUTH2'),
  EXTERNAL: external,
}

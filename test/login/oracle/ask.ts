import { request } from 'node:http'
import { address, REFUSALS, type Refusal, RIGHT, SECOND_FACTOR, WRONG } from './classes'
import { EXCHANGES, type Step } from './mechanisms'
import { imap, type Protocol, pop3, sieve, smtp } from './protocols'
import { Recorded } from './recorded'
import type { Oracle } from './server'

/** One way to log in, asked from outside. */
export interface Way {
  readonly name: string
  readonly refusals: Readonly<Record<string, Refusal>>
  /** One attempt on a connection of its own. */
  once(oracle: Oracle, refusal: Refusal): Promise<readonly Step[]>
  /** Attempts on one connection until the server ends it, ten at most. @returns all that the server said, and how it ended */
  untilEnd?(oracle: Oracle, refusal: Refusal): Promise<string>
}

/** Exchanges of one connection that are begun and given up, until the server ends it or ten are over. @returns how many */
export async function givenUp(oracle: Oracle, protocol: Protocol): Promise<number> {
  const refusal = { user: 'alice', right: false, own: 0, others: 0 }
  const wire = await opened(oracle, protocol, 'SCRAM-SHA-256', refusal)
  try {
    let tries = 0
    for (; tries < 10 && wire.end === 'open'; tries++) {
      const first = Buffer.from(`n,,n=${address(refusal)},r=abcdefgh`)
      const { challenge } = await protocol.begin(wire, 'SCRAM-SHA-256', first)
      if (!challenge) break
      await protocol.cancel(wire)
    }
    return tries
  } finally {
    wire.close()
  }
}
export const PROTOCOLS = [pop3, imap, sieve, smtp]

async function opened(oracle: Oracle, protocol: Protocol, mechanism: string, refusal: Refusal): Promise<Recorded> {
  const wire = new Recorded(protocol.port(oracle.demo, oracle.sieve), await oracle.addressFor(refusal))
  await protocol.greet(wire, mechanism === 'EXTERNAL' ? oracle.identification(refusal.user) : {})
  return wire
}

function way(protocol: Protocol, mechanism: string): Way {
  const exchange = EXCHANGES[mechanism]
  if (!exchange) throw new Error(`no client for ${mechanism}`)
  // No password is looked at, so that there is no scheme, and the right one of nobody is not at hand.
  const { 'cheap scheme': _scheme, ...others } = REFUSALS
  return {
    name: `${protocol.name} ${mechanism}`,
    refusals: /^(?:EXTERNAL|.*OAUTH)/.test(mechanism) ? others : REFUSALS,
    async once(oracle, refusal) {
      const wire = await opened(oracle, protocol, mechanism, refusal)
      try {
        return await exchange(wire, protocol, refusal, oracle.tokens)
      } finally {
        wire.close()
      }
    },
    async untilEnd(oracle, refusal) {
      const wire = await opened(oracle, protocol, mechanism, refusal)
      const heard: string[] = []
      try {
        for (let tries = 0; tries < 10 && wire.end === 'open'; tries++) {
          for (const { text } of await exchange(wire, protocol, refusal, oracle.tokens)) heard.push(text)
        }
        // What came with the last answer.
        if (wire.end !== 'open') heard.push(await wire.until(/$^/))
        return `${heard.join('')} ${wire.end}`
      } finally {
        wire.close()
      }
    },
  }
}

/** HTTP is one question a connection: the time and the octets of its answer. */
function post(port: number, localAddress: string, body: object): Promise<Step> {
  const text = JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const started = process.hrtime.bigint()
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), 'x-csrf': '1' }
    const asked = request(
      { port, host: '127.0.0.1', localAddress, path: '/api/v1/session', method: 'POST', headers, agent: false },
      (response) => {
        let said = ''
        response.on('data', (octets: Buffer) => {
          said += octets.toString('latin1')
        })
        response.on('end', () => {
          const took = Number(process.hrtime.bigint() - started) / 1000
          const lines = response.rawHeaders.map((line, at) => (response.rawHeaders[at - 1] === 'Date' ? '' : line))
          resolve({ text: `${response.statusCode} ${lines.join('|')} ${said}`, records: [], took })
        })
      },
    )
    asked.on('error', reject)
    asked.end(text)
  })
}

const FREE = { own: 2, others: 0 } as const
const http: Way = {
  name: 'HTTP session',
  refusals: { ...REFUSALS, ...SECOND_FACTOR, 'protocol taken away': { user: 'erin1', right: true, ...FREE } },
  async once(oracle, refusal) {
    const { code } = refusal
    const password = refusal.right ? RIGHT : WRONG
    const body = { user: address(refusal), password, ...(code !== undefined && { code }) }
    return [await post(oracle.demo.http, await oracle.addressFor(refusal), body)]
  },
}

export const WAYS: readonly Way[] = [
  ...[
    'password',
    'PLAIN',
    'LOGIN',
    'SCRAM-SHA-256',
    'SCRAM-SHA-256-PLUS',
    'SCRAM-SHA-1',
    'OAUTHBEARER',
    'XOAUTH2',
    'EXTERNAL',
  ].flatMap((mechanism) => [way(pop3, mechanism), way(imap, mechanism)]),
  ...['PLAIN', 'LOGIN', 'SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS', 'OAUTHBEARER', 'EXTERNAL'].map((name) =>
    way(sieve, name),
  ),
  ...['PLAIN', 'LOGIN', 'SCRAM-SHA-256', 'SCRAM-SHA-1', 'OAUTHBEARER', 'XOAUTH2'].map((name) => way(smtp, name)),
  http,
]

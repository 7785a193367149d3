import { randomBytes, timingSafeEqual } from 'node:crypto'
import { splitMailbox } from '../account-name'
import type { LoginPeer, SaslExchange, SaslStep } from '../login'
import {
  deriveScramKeys,
  digest,
  fakeScramKeys,
  hmac,
  isUsual,
  readScramKeys,
  type ScramHash,
  type ScramKeys,
} from '../passwords/scram-keys'
import { BINDINGS } from './offer'
import type { SaslPorts } from './ports'

interface First {
  readonly gs2: string
  readonly flag: 'n' | 'y' | 'p'
  readonly binding: string | undefined
  readonly bare: string
  readonly user: string
  readonly nonce: string
}

const decodeName = (name: string): string => name.replace(/=2C/g, ',').replace(/=3D/g, '=')

/** RFC 5802 7 client-first-message; undefined when it breaks the grammar or asks for what is not offered. */
function parseFirst(text: string): First | undefined {
  const match = /^((n|y|p)(?:=([A-Za-z0-9.-]+))?,(?:a=([^,]*))?,)(n=([^,]+),r=([\x21-\x2b\x2d-\x7e]+)(?:,.*)?)$/s.exec(
    text,
  )
  if (!match) return undefined
  const [, gs2 = '', letter, binding, authzid, bare = '', name = '', nonce = ''] = match
  const flag = letter === 'p' ? 'p' : letter === 'y' ? 'y' : 'n'
  if ((flag === 'p') !== (binding !== undefined)) return undefined
  const user = decodeName(name)
  if (authzid !== undefined && authzid !== '' && decodeName(authzid).toLowerCase() !== user.toLowerCase())
    return undefined
  return { gs2, flag, binding, bare, user, nonce }
}

const xor = (a: Buffer, b: Buffer): Buffer => Buffer.from(a.map((octet, index) => octet ^ (b[index] ?? 0)))

/**
 * RFC 5802 and RFC 7677 over stored keys. A name that nobody has, or that has no keys, gets an answer like everybody's: a
 * salt that is the same each time, and a proof that fails.
 */
export function scramExchange(peer: LoginPeer, ports: SaslPorts, hash: ScramHash, mechanism: string): SaslExchange {
  const plus = mechanism.endsWith('-PLUS')
  const family = mechanism.replace('-PLUS', '')
  let first: First | undefined
  let serverFirst = ''
  let stored: string | undefined
  let keys: ScramKeys | undefined
  let over = false

  interface Proven {
    readonly right: boolean
    readonly signature?: Buffer
    readonly provedWith?: (password: string) => Promise<boolean>
  }

  async function settle({ right, signature, provedWith }: Proven): Promise<SaslStep> {
    over = true
    const answer = await ports.admit(peer, {
      user: first?.user ?? '',
      mechanism,
      password: '',
      distinct: undefined,
      lookup: ports.lookup,
      provedWith: provedWith ?? (async () => false),
      // The keys must still be those that the proof was checked against: the password may have changed in between.
      check: async (entry) => ({ right: right && stored !== undefined && entry?.scram?.[family] === stored }),
    })
    if (answer.kind !== 'granted' || !signature) return { kind: 'done', answer }
    return { kind: 'done', answer, final: Buffer.from(`v=${signature.toString('base64')}`) }
  }

  /** What the channel binding must be for this message; undefined: it cannot be right. */
  function bindingData({ flag, binding = '' }: First): Buffer | undefined {
    // RFC 5802 6: `y` says that the client saw no -PLUS here; when we offered it, somebody took it out on the way.
    if (flag === 'y' && !plus && ports.offers(peer, `${family}-PLUS`)) return undefined
    if (!plus) return flag === 'p' ? undefined : Buffer.alloc(0)
    return BINDINGS.some((type) => type === binding) ? peer.channelBindings?.[binding] : undefined
  }

  async function start(text: string): Promise<SaslStep> {
    first = parseFirst(text)
    if (!first || bindingData(first) === undefined) return settle({ right: false })
    // One salt for all spellings of a name that nobody has, as for those of one that somebody has.
    const user = ports.nameOf(splitMailbox(peer, first.user).user)
    stored = user === '' ? undefined : (await ports.lookup(user))?.scram?.[family]
    const fake = fakeScramKeys(hash, ports.secret, user)
    const read = readScramKeys(stored ?? fake)
    // Keys of another shape than ours would show that there is such an account: it has none, until its password is known again.
    const usual = read && isUsual(read) ? read : readScramKeys(fake)
    if (!usual) throw new Error('false keys are spelled as stored ones are')
    keys = usual
    const nonce = first.nonce + (ports.random?.bytes(18) ?? randomBytes(18)).toString('base64')
    serverFirst = `r=${nonce},s=${usual.salt.toString('base64')},i=${usual.iterations}`
    return { kind: 'challenge', octets: Buffer.from(serverFirst) }
  }

  async function finish(text: string, opened: First, known: ScramKeys): Promise<SaslStep> {
    const match = /^(c=([^,]+),r=([^,]+)(?:,.*)?),p=([A-Za-z0-9+/=]+)$/s.exec(text)
    const [, withoutProof = '', channel = '', nonce = '', proofText = ''] = match ?? []
    const binding = Buffer.concat([Buffer.from(opened.gs2), bindingData(opened) ?? Buffer.alloc(0)])
    const authMessage = `${opened.bare},${serverFirst},${withoutProof}`
    const proof = Buffer.from(proofText, 'base64')
    const proves = ({ storedKey }: ScramKeys): boolean => {
      const computed = digest(hash, xor(proof, hmac(hash, storedKey, authMessage)))
      return proof.length === storedKey.length && timingSafeEqual(computed, storedKey)
    }
    const right =
      proves(known) && channel === binding.toString('base64') && serverFirst.startsWith(`r=${nonce},`) && nonce !== ''
    const { salt, iterations } = known
    return settle({
      right,
      signature: hmac(hash, known.serverKey, authMessage),
      provedWith: async (password) =>
        proves(await ports.limited(() => deriveScramKeys(hash, password, salt, iterations))),
    })
  }

  return {
    step: async (response) => {
      try {
        if (over) return { kind: 'done', answer: { kind: 'invalid' } }
        if (response === undefined) return { kind: 'challenge', octets: Buffer.alloc(0) }
        const text = response.toString('utf8')
        return first && keys ? await finish(text, first, keys) : await start(text)
      } catch {
        return { kind: 'done', answer: { kind: 'unavailable', why: 'directory' } }
      }
    },
  }
}

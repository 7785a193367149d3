import { createHmac } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { type Lane, Overloaded } from '../../processes/limiter'
import { textOf } from '../../terms/errors'
import type { Clock, Log } from '../../terms/ports'
import { accountName, splitMailbox } from '../account-name'
import type { Chain, ChainAnswer, Outcome } from '../chain'
import { allowsProtocol, type Directory, type DirectoryEntry } from '../directory'
import type { AttemptLog, Recorded, Standing } from '../lockout/attempts'
import type { Outcome as Learned, Who } from '../lockout/lockout'
import type { Identity, LoginAnswer, LoginPeer, SecondFactor } from '../login'
import { canonicalAddress, networkOf } from '../networks'
import type { LoginSettings } from '../settings'
import type { createConnections, Proof } from './connections'
import { createInOrder } from './in-order'
import type { createReport } from './report'

interface Checked {
  readonly right: boolean
  /** answered from memory: when it is refused after all, `pay()` makes up for the time */
  readonly pay?: (() => Promise<unknown>) | undefined
  /** id of the app password that was given */
  readonly appPassword?: string | undefined
}

/** How one credential is checked: by password, or by an exchange that has checked it already. */
export interface Credential {
  readonly user: string
  readonly mechanism: string
  /** clear password, or empty */
  readonly password: string
  /** tells wrong credentials apart without keeping them; undefined: they cannot be told apart (SCRAM) */
  readonly distinct: string | undefined
  /** SCRAM only */
  readonly provedWith?: ((password: string) => Promise<boolean>) | undefined
  /** asked once the credential is right */
  readonly second?: SecondFactor | undefined
  /** absent: in all directories */
  readonly lookup?: Directory['lookup']
  check(entry: DirectoryEntry | undefined, how: HowToCheck): Promise<Checked>
}

interface HowToCheck {
  /** the name as `accountName` writes it; empty: nobody can have it */
  readonly user: string
  /** whoever is refused anyway gets no quick answer from memory */
  readonly careful: boolean
  readonly lane: Lane
}

export interface AdmissionPorts {
  readonly directory: Directory
  readonly attempts: AttemptLog
  readonly chain: Chain
  readonly settings: LoginSettings
  readonly secret: Buffer
  readonly clock: Clock
  readonly log: Log
  readonly connections: ReturnType<typeof createConnections>
  readonly report: ReturnType<typeof createReport>
  /** after a grant: rehash and the like; must not throw */
  granted(entry: DirectoryEntry, credential: Credential): void
}

interface Looked {
  readonly answered: boolean
  readonly entry: DirectoryEntry | undefined
}

const NOT_ASKED: Standing = { bar: undefined, strangers: undefined, goodNetwork: true }
const NOTHING: Recorded = { bar: undefined, counted: false, begun: [] }

/**
 * The order of one attempt (docs/login.md#the-hook-login): look whether it is barred; run the chain all the same; record; answer. The lockout
 * is around the chain, not in it: whatever a plugin answers, throws or forgets, a barred account stays closed.
 */
export function createAdmission(ports: AdmissionPorts) {
  const { directory, attempts, chain, settings, clock, log, connections, report } = ports
  const { defaultDomain } = settings
  const inOrder = createInOrder()

  const markOf = (user: string, distinct: string | undefined): string | undefined =>
    distinct === undefined
      ? undefined
      : createHmac('sha256', ports.secret)
          .update(JSON.stringify(['mark', user, distinct]))
          .digest('base64url')
          .slice(0, 16)

  const complain = (error: unknown): void => log.error(`login: the directory cannot answer: ${textOf(error)}`)

  async function look(user: string, { lookup = directory.lookup }: Credential): Promise<Looked> {
    try {
      return { answered: true, entry: user === '' ? undefined : await lookup(user) }
    } catch (error) {
      complain(error)
      return { answered: false, entry: undefined }
    }
  }

  /** Our directories' say about one credential; asked once, by the chain or after it. */
  function verification(peer: LoginPeer, user: string, looked: Looked, credential: Credential, standing: Standing) {
    const { answered, entry } = looked
    let checked: Checked | undefined
    let busy = false
    let asked: Promise<Outcome> | undefined
    async function ask(): Promise<Outcome> {
      if (!answered) return 'unavailable'
      try {
        const open = entry !== undefined && !entry.disabled && allowsProtocol(entry, peer.protocol)
        // By the network alone: a lane that depended on the name would tell who exists while many wait.
        const lane = standing.goodNetwork ? 'first' : 'second'
        checked = await credential.check(entry, { user, careful: !open || standing.bar !== undefined, lane })
        if (!entry) return 'unknown'
        if (!checked.right) return 'wrong'
        if (entry.disabled) return 'disabled'
        return allowsProtocol(entry, peer.protocol) ? 'right' : 'protocol'
      } catch (error) {
        if (error instanceof Overloaded) busy = true
        else complain(error)
        return 'unavailable'
      }
    }
    const verify = (): Promise<Outcome> => {
      asked ??= ask()
      return asked
    }
    const appPassword = (): string | undefined => checked?.appPassword
    return {
      verify,
      remembered: () => checked?.pay !== undefined,
      pay: () => checked?.pay?.(),
      busy: () => busy,
      appPassword,
    }
  }

  /** A plugin that lets somebody in by itself names an account; our rules about accounts stay. */
  async function accountOf(answer: ChainAnswer, peer: LoginPeer): Promise<DirectoryEntry | undefined> {
    if (answer.kind !== 'accepted' || answer.account === undefined) return undefined
    const entry = await directory.lookup(accountName(answer.account, defaultDomain))
    return entry && !entry.disabled && allowsProtocol(entry, peer.protocol) ? entry : undefined
  }

  /** An earlier SCRAM failure of this connection with the same credential: one click of one client. */
  async function sameCredential(peer: LoginPeer, user: string, credential: Credential): Promise<Proof | undefined> {
    const earlier = connections.of(peer.connection, user)
    const family = credential.mechanism.replace('-PLUS', '')
    if (credential.provedWith) {
      // Two proofs cannot be compared: each other mechanism is believed once.
      const leader = earlier.find(({ mechanism, followers }) => mechanism !== family && !followers.has(family))
      leader?.followers.add(family)
      return leader
    }
    // Asked whether the password is right or wrong: equal work.
    for (const proof of earlier) {
      if (!(await proof.provedWith(credential.password))) continue
      connections.settle(peer.connection, proof)
      return proof
    }
    return undefined
  }

  async function judge(peer: LoginPeer, credential: Credential): Promise<LoginAnswer> {
    const { user } = splitMailbox(peer, credential.user)
    const turn = inOrder.begin(`${accountName(user, defaultDomain)} ${networkOf(peer.address)}`)
    try {
      return await judgeNow(peer, credential, turn.before)
    } finally {
      turn.over()
    }
  }

  async function judgeNow(
    peer: LoginPeer,
    credential: Credential,
    before: () => Promise<unknown>,
  ): Promise<LoginAnswer> {
    const wanted = splitMailbox(peer, credential.user)
    const typed = accountName(wanted.user, defaultDomain)
    const looked = await look(typed, credential)
    // Directories may find one account by many names (an LDAP filter does): all of them count as the account's own.
    const user = looked.entry?.name ?? typed
    const who: Who = { user, address: canonicalAddress(peer.address) }
    const spared = settings.neverBar(peer.address) || settings.trustedProxies(peer.address)
    const standing = spared ? NOT_ASKED : await attempts.judge(who, clock.now())
    const { verify, remembered, pay, busy, appPassword } = verification(peer, typed, looked, credential, standing)
    const { mechanism } = credential
    const answer = await chain({ peer, user: typed, mechanism, password: () => credential.password, verify })
    const outcome = await verify()
    if (remembered()) await before()
    const same = await sameCredential(peer, user, credential)
    const named = await accountOf(answer, peer)
    const opened =
      answer.kind === 'accepted'
        ? (named ?? (answer.account === undefined && outcome === 'right' ? looked.entry : undefined))
        : undefined
    const identity = opened && identityOf(opened, named ? undefined : appPassword())
    // Nobody who is barred learns that the password was right: the code is not looked at, and so nothing opens, even if the
    // bar ends in this moment.
    const unlooked = credential.second !== undefined && standing.bar !== undefined
    const checked = standing.bar ? undefined : await credential.second?.check(identity)
    const second = (identity && checked) ?? 'right'
    const found = second === 'right' && !unlooked ? opened : undefined
    const now = clock.now()
    const event = { at: now, peer, user, mechanism }

    if (!found && (answer.kind === 'unavailable' || outcome === 'unavailable')) {
      const why = busy() ? 'busy' : outcome === 'unavailable' ? 'directory' : 'plugin'
      report({ ...event, verdict: 'unavailable', reason: why })
      return { kind: 'unavailable', why }
    }
    const shown = second === 'wrong' ? `${credential.distinct} ${credential.second?.text}` : credential.distinct
    const learned: Learned =
      second === 'missing'
        ? { kind: 'incomplete' }
        : found
          ? { kind: 'success' }
          : { kind: 'failure', mark: markOf(user, shown), sameAs: same?.counted ? same.at : undefined }
    const { bar, begun, counted } = spared ? NOTHING : await attempts.record(who, learned, now)
    if (found && identity && !bar) {
      report({ ...event, verdict: 'granted', reason: named ? 'plugin' : 'right' })
      ports.granted(found, credential)
      const { mailbox } = wanted
      return { kind: 'granted', identity: { ...identity, ...(mailbox !== undefined && { mailbox }) } }
    }
    // Only now: of many passwords at once, a right one after the limit is barred like a wrong one.
    if (second === 'missing' && !bar) {
      report({ ...event, verdict: 'refused', reason: 'code-missing' })
      return { kind: 'invalid', incomplete: true }
    }
    // Barred between the look and the record: the quick answer from memory would tell that the password was right.
    if (!standing.bar) await pay()
    if (credential.provedWith && !found && !same) {
      const { provedWith } = credential
      const family = mechanism.replace('-PLUS', '')
      const proof = { at: now, counted, user, mechanism: family, followers: new Set<string>(), provedWith }
      connections.add(peer.connection, proof)
    }
    report(
      {
        ...event,
        verdict: 'refused',
        reason: reasonOf((bar ?? standing.bar)?.scope, answer, second === 'wrong' ? 'wrong-code' : outcome),
      },
      begun,
    )
    return { kind: 'invalid' }
  }

  return {
    /** Never rejects. */
    async admit(peer: LoginPeer, credential: Credential): Promise<LoginAnswer> {
      const begun = performance.now()
      try {
        const answer = await judge(peer, credential)
        const early = settings.refusalTime - (performance.now() - begun)
        if (answer.kind === 'invalid' && early > 0) await pause(early)
        return answer
      } catch (error) {
        log.error(`login: ${textOf(error)}`)
        return { kind: 'unavailable', why: 'login' }
      }
    },

    /** Only failures are learned of: a program shows its token with every request, and is no proof of who sits there. */
    async admitsToken(peer: LoginPeer, token: string, user = ''): Promise<boolean> {
      if (settings.neverBar(peer.address) || settings.trustedProxies(peer.address)) return user !== ''
      const who: Who = { user, address: canonicalAddress(peer.address) }
      const now = clock.now()
      if (user !== '') return (await attempts.judge(who, now)).bar === undefined
      const mark = markOf('', token)
      const { counted, begun } = await attempts.record(who, { kind: 'failure', mark, sameAs: undefined }, now)
      // A program with an old token asks again and again: one line of it is enough.
      if (!counted) return false
      report({ at: now, peer, user, mechanism: 'TOKEN', verdict: 'refused', reason: 'wrong-token' }, begun)
      return false
    },
  }
}

function identityOf(entry: DirectoryEntry, appPassword: string | undefined): Identity {
  const { id, name, overrides, admin, epoch } = entry
  return { id, name, overrides, admin, ...(epoch !== undefined && { epoch }), ...(appPassword && { appPassword }) }
}

function reasonOf(scope: string | undefined, answer: ChainAnswer, outcome: Outcome | 'wrong-code'): string {
  if (scope !== undefined) return `barred-${scope}`
  switch (outcome) {
    case 'wrong':
      return 'wrong-password'
    case 'unknown':
      return 'unknown-user'
    case 'protocol':
      return 'protocol-not-allowed'
    case 'right':
      return answer.kind === 'accepted' ? 'plugin-named-nobody' : 'refused-by-plugin'
    default:
      return outcome
  }
}

import { createHmac } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { textOf } from '../../terms/errors'
import type { Clock, Log } from '../../terms/ports'
import { accountName, splitMailbox } from '../account-name'
import type { Chain, ChainAnswer } from '../chain'
import { allowsProtocol, type Directory, type DirectoryEntry, needsAppPassword } from '../directory'
import type { AttemptLog, Recorded, Standing } from '../lockout/attempts'
import type { AttemptOutcome, Bar, Who } from '../lockout/lockout'
import type { Identity, LoginAnswer, LoginPeer } from '../login'
import { canonicalAddress, networkOf } from '../networks'
import type { LoginSettings } from '../settings'
import type { createConnections, Proof } from './connections'
import type { Credential } from './credential'
import { createInOrder } from './in-order'
import type { PolicyServer } from './policy-server'
import type { createReport } from './report'
import { type Evidence, verdictOf } from './verdict'
import { createVerification, lookUp, type Verification } from './verification'

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
  readonly policyServer?: PolicyServer | undefined
  /** after a grant: rehash and the like; must not throw */
  granted(entry: DirectoryEntry, credential: Credential, peer: LoginPeer, appPassword: string | undefined): void
}

/** One attempt, gathered before anything is recorded of it. */
interface Attempt {
  readonly peer: LoginPeer
  readonly credential: Credential
  /** the account's own name, or what was typed */
  readonly user: string
  readonly who: Who
  /** this address is never barred, and nothing is recorded of it */
  readonly spared: boolean
  readonly standing: Standing
  readonly verification: Verification
  readonly evidence: Evidence
  /** what opens if nothing stands against it */
  readonly opened: { readonly entry: DirectoryEntry; readonly identity: Identity } | undefined
  /** an earlier failure of this connection with the same credential */
  readonly same: Proof | undefined
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

  const isSpared = ({ address }: LoginPeer): boolean => settings.neverBar(address) || settings.trustedProxies(address)
  const complain = (error: unknown): void => log.error(`login: the directory cannot answer: ${textOf(error)}`)

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

  /** Asks everybody, in the same order for every name. @param before those of this account and network that began earlier */
  async function gather(peer: LoginPeer, credential: Credential, before: () => Promise<unknown>): Promise<Attempt> {
    const typed = accountName(splitMailbox(peer, credential.user).user, defaultDomain)
    const looked = await lookUp(typed, credential.lookup ?? directory.lookup, complain)
    // Directories may find one account by many names (an LDAP filter does): all of them count as the account's own.
    const user = looked.entry?.name ?? typed
    const who: Who = { user, address: canonicalAddress(peer.address) }
    const spared = isSpared(peer)
    const standing = spared ? NOT_ASKED : await attempts.judge(who, clock.now())
    const verification = createVerification({
      ...{ peer, user: typed, looked, credential, standing, complain },
      needsApp: (entry) => needsAppPassword(entry, peer.protocol, settings),
    })
    const { verify } = verification
    const { mechanism } = credential
    // Asked beside the chain: whoever is refused by it does the same work.
    const policy = spared ? undefined : ports.policyServer?.allow({ peer, user, shown: shownBy(credential) })
    const answer = await chain({ peer, user: typed, mechanism, password: () => credential.password, verify })
    const outcome = await verify()
    if (verification.remembered()) await before()
    const same = await sameCredential(peer, user, credential)
    const named = await accountOf(answer, peer)
    const own = answer.kind === 'accepted' && answer.account === undefined && outcome === 'right'
    const entry = named ?? (own ? looked.entry : undefined)
    const identity = entry && identityOf(entry, named ? undefined : verification.appPassword())
    const code = standing.bar ? undefined : await credential.second?.check(identity)
    const evidence: Evidence = {
      chain: answer,
      outcome,
      opens: entry !== undefined,
      byPlugin: named !== undefined,
      second: credential.second && standing.bar ? 'unlooked' : identity && code,
      busy: verification.busy(),
      policy: (await policy)?.kind,
    }
    const opened = entry && identity && { entry, identity }
    return { peer, credential, user, who, spared, standing, verification, evidence, opened, same }
  }

  /** What the lockouts are told of it. */
  function outcomeOf(
    { credential, user, same, evidence }: Attempt,
    kind: 'success' | 'incomplete' | 'failure',
  ): AttemptOutcome {
    if (kind !== 'failure') return { kind }
    const { distinct, second } = credential
    const shown = evidence.second === 'wrong' ? `${distinct} ${second?.text}` : distinct
    return { kind, mark: markOf(user, shown), sameAs: same?.counted ? same.at : undefined }
  }

  /** A SCRAM failure, to know what follows it on this connection. */
  function remember({ peer, credential, user }: Attempt, at: number, counted: boolean): void {
    const { provedWith, mechanism } = credential
    if (!provedWith) return
    const family = mechanism.replace('-PLUS', '')
    connections.add(peer.connection, { at, counted, user, mechanism: family, followers: new Set(), provedWith })
  }

  /** Half a login is no news; what was refused because of a lockout counts nowhere else either. */
  function tellPolicy(attempt: Attempt, verdict: 'granted' | 'incomplete' | 'refused', bar: Bar | undefined): void {
    if (attempt.spared || verdict === 'incomplete') return
    const refused = attempt.evidence.policy === 'refused' || bar !== undefined
    const { peer, user, credential } = attempt
    const success = verdict === 'granted' && !refused
    ports.policyServer?.report({ peer, user, shown: shownBy(credential) }, { success, refused })
  }

  /** Records and answers; the table is `verdictOf`'s. */
  async function conclude(attempt: Attempt): Promise<LoginAnswer> {
    const { peer, credential, user, who, spared, standing, verification, opened, same } = attempt
    const verdict = verdictOf(attempt.evidence)
    const now = clock.now()
    const event = { at: now, peer, user, mechanism: credential.mechanism }
    const { reason } = verdict
    if (verdict.kind === 'unavailable') {
      report({ ...event, verdict: 'unavailable', reason })
      return { kind: 'unavailable', why: reason }
    }
    const recorded = spared ? NOTHING : await attempts.record(who, outcomeOf(attempt, verdict.learned), now)
    const { bar, begun, counted } = recorded
    tellPolicy(attempt, verdict.kind, bar ?? standing.bar)
    if (verdict.kind === 'granted' && opened && !bar) {
      report({ ...event, verdict: 'granted', reason })
      ports.granted(opened.entry, credential, peer, opened.identity.appPassword)
      const { mailbox } = splitMailbox(peer, credential.user)
      return { kind: 'granted', identity: { ...opened.identity, ...(mailbox !== undefined && { mailbox }) } }
    }
    if (verdict.kind === 'incomplete' && !bar) {
      report({ ...event, verdict: 'refused', reason })
      return { kind: 'invalid', incomplete: true }
    }
    // Barred between the look and the record: the quick answer from memory would tell that the password was right.
    if (!standing.bar) await verification.pay()
    if (verdict.kind !== 'granted' && !same) remember(attempt, now, counted)
    const scope = (bar ?? standing.bar)?.scope
    report({ ...event, verdict: 'refused', reason: scope === undefined ? reason : `barred-${scope}` }, begun)
    return { kind: 'invalid' }
  }

  async function judge(peer: LoginPeer, credential: Credential): Promise<LoginAnswer> {
    const { user } = splitMailbox(peer, credential.user)
    const turn = inOrder.begin(`${accountName(user, defaultDomain)} ${networkOf(peer.address)}`)
    try {
      return await conclude(await gather(peer, credential, turn.before))
    } finally {
      turn.over()
    }
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
      if (isSpared(peer)) return user !== ''
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

const shownBy = ({ password, distinct = '' }: Credential): string => (password === '' ? distinct : password)

function identityOf(entry: DirectoryEntry, appPassword: string | undefined): Identity {
  const { id, name, overrides, admin, epoch } = entry
  return { id, name, overrides, admin, ...(epoch !== undefined && { epoch }), ...(appPassword && { appPassword }) }
}

import type { LoginPeer } from '../../../login/login'
import { accountId, isObjectId } from '../../../terms/names'
import { Refused } from '../../kernel/faults'
import type { WebPorts } from '../../ports'
import type { PasskeyUse, SecondFactorState } from '../sessions'
import { type Assertion, type Checked, createCeremonies } from './ceremony'
import { CHALLENGE_LIFE, newChallenge } from './challenge'
import type { PasskeySite } from './sites'

/** no account has this id */
const NOBODY = 'nobody'
/** no account has this name: what is logged, and counted for the address, of a passkey that nobody has */
const NOBODYS_NAME = 'passkey-of-nobody'

/**
 * What one use of a passkey leaves. A challenge opens once, and a counter that did not grow is of a copy (Web Authentication
 * Level 3, 6.1.1).
 */
function spending(
  before: SecondFactorState,
  passkey: string,
  { challenge, made, counter }: Checked,
  { at, address }: { at: number; address: string },
): readonly [SecondFactorState, boolean] {
  const challenges = (before.challenges ?? []).filter((spent) => at - spent.made <= CHALLENGE_LIFE)
  const last = before.passkeys?.[passkey]?.counter ?? 0
  const isCopy = (counter > 0 || last > 0) && counter <= last
  if (isCopy || challenges.some((spent) => spent.challenge === challenge)) return [before, false]
  return [
    {
      ...before,
      challenges: [...challenges, { challenge, made }],
      passkeys: { ...before.passkeys, [passkey]: { counter, at, address } },
    },
    true,
  ]
}

/** Passkeys: asked for, and looked at. */
export function createPasskeys({ room, sessions, clock, passkeys: { sites, secret } }: WebPorts) {
  const { checkAssertion, checkRegistration } = createCeremonies(sites, secret)

  return {
    checkRegistration,

    /** Where the page is. Throws 404. */
    siteOf(origin: string | undefined): PasskeySite {
      const site = sites.find((each) => each.origin === origin)
      if (site) return site
      throw new Refused(404, 'no-passkeys', 'Passkeys are not used at this address.')
    },

    challenge: (purpose: 'login' | `register ${string}`): string => newChallenge(secret, purpose, clock.now()),

    /** Last uses, by id. */
    usesOf: async (id: string): Promise<Readonly<Record<string, PasskeyUse>>> =>
      (await sessions.secondFactor(id)).passkeys ?? {},

    /** A new one, whose authenticator has counted so far. */
    begin: (id: string, passkey: string, counter: number): Promise<void> =>
      sessions.changeSecondFactor(id, (before) => [
        { ...before, passkeys: { ...before.passkeys, [passkey]: { counter } } },
        undefined,
      ]),

    /** Whose passkey it says it is: the name for the login door, and the account. */
    async claimed({ userHandle = '' }: Assertion): Promise<{ name: string; id: string | undefined }> {
      const handle = Buffer.from(userHandle, 'base64url').toString('utf8')
      const account = await room.accounts.get(accountId(isObjectId(handle) ? handle : NOBODY))
      return { name: account?.name ?? NOBODYS_NAME, id: account?.id }
    },

    /**
     * Whether it is a passkey of this account, used now.
     * @param id undefined: nobody's, which is as much work
     */
    async opens(id: string | undefined, assertion: Assertion, { address }: LoginPeer): Promise<boolean> {
      const account = await room.accounts.get(accountId(id ?? NOBODY))
      const key = account?.credentials.passkeys?.find(({ credential }) => credential === assertion.id)
      const now = clock.now()
      const checked = await checkAssertion(assertion, key, now)
      return sessions.changeSecondFactor(account?.id ?? NOBODY, (before) =>
        key && checked ? spending(before, key.id, checked, { at: now, address }) : [before, false],
      )
    },
  }
}

export type Passkeys = ReturnType<typeof createPasskeys>

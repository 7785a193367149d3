import type { LoginPeer } from '../../login/login'
import { accountId } from '../../terms/names'
import type { WebPorts } from '../ports'
import { hasSecondFactor } from './credentials'
import type { Assertion } from './passkeys/ceremony'
import type { Passkeys } from './passkeys/passkeys'
import type { SecondFactorState } from './sessions'
import { recoveryOf, totpStep } from './totp'

const MOST_CODES = 5
/** milliseconds in which no code is looked at after so many wrong ones in a row */
const LOCKED_OUT = 15 * 60_000
/** no account has this id */
const NOBODY = 'nobody'

type SecondVerdict = 'right' | 'wrong' | 'missing'

/** What was given beside the password. */
export interface Second {
  /** empty: none */
  readonly code: string
  readonly passkey?: Assertion | undefined
}

/** @param code a code of an authenticator app, or one of the `recoveryCodes` (hashes) */
function judge(
  before: SecondFactorState,
  code: string,
  { secret, recoveryCodes, now }: { secret: string | undefined; recoveryCodes: readonly string[]; now: number },
): readonly [SecondFactorState, SecondVerdict] {
  // A lockout that ends later than any that begins now is of a clock that was set back since.
  if (before.barredUntil > now && before.barredUntil <= now + LOCKED_OUT) return [before, 'wrong']
  const step = secret === undefined ? undefined : totpStep(secret, code, now, before.step)
  // Those of codes that were replaced are forgotten.
  const spent = (before.spent ?? []).filter((hash) => recoveryCodes.includes(hash))
  if (step !== undefined) return [{ ...before, step, spent, failures: 0, barredUntil: 0 }, 'right']
  const hash = recoveryOf(code.trim(), recoveryCodes)
  if (hash !== undefined && !spent.includes(hash)) {
    return [{ ...before, spent: [...spent, hash], failures: 0, barredUntil: 0 }, 'right']
  }
  const failures = before.failures + 1
  return [{ ...before, failures, barredUntil: failures % MOST_CODES === 0 ? now + LOCKED_OUT : 0 }, 'wrong']
}

/**
 * The second factor of the account that the password opened: a code, or a passkey. The login door counts a wrong one as it
 * counts a wrong password; beside that few codes in a row are looked at, wherever they come from: there are a million only.
 * @returns a check; its `id` is undefined when the password was wrong
 */
export function createSecondFactor(ports: Pick<WebPorts, 'room' | 'sessions' | 'clock'>, passkeys: Passkeys) {
  const { room, sessions, clock } = ports
  return async (id: string | undefined, { code, passkey }: Second, peer: LoginPeer): Promise<SecondVerdict> => {
    if (passkey) return (await passkeys.opens(id, passkey, peer)) ? 'right' : 'wrong'
    if (id === undefined && code === '') return 'wrong'
    const account = await room.accounts.get(accountId(id ?? NOBODY))
    // As much work beside a wrong password as beside a right one.
    if (id === undefined) return sessions.changeSecondFactor(NOBODY, (before) => [before, 'wrong'])
    if (!account || !hasSecondFactor(account.credentials)) return 'right'
    if (code === '') return 'missing'
    const { totp: secret, recoveryCodes = [] } = account.credentials
    return sessions.changeSecondFactor(id, (before) => judge(before, code, { secret, recoveryCodes, now: clock.now() }))
  }
}

import { accountId } from '../../terms/names'
import type { WebPorts } from '../ports'
import type { TotpState } from './sessions'
import { recoveryOf, totpStep } from './totp'

const MOST_CODES = 5
/** milliseconds in which no code is looked at after so many wrong ones in a row */
const LOCKED_OUT = 15 * 60_000
/** no account has this id */
const NOBODY = 'nobody'

export type CodeVerdict = 'right' | 'wrong' | 'missing'

/** @param code a code of an authenticator app, or one of the `recoveryCodes` (hashes) */
function judge(
  before: TotpState,
  code: string,
  { secret, recoveryCodes, now }: { secret: string; recoveryCodes: readonly string[]; now: number },
): readonly [TotpState, CodeVerdict] {
  // A lockout that ends later than any that begins now is of a clock that was set back since.
  if (before.barredUntil > now && before.barredUntil <= now + LOCKED_OUT) return [before, 'wrong']
  const step = totpStep(secret, code, now, before.step)
  // Those of codes that were replaced are forgotten.
  const spent = (before.spent ?? []).filter((hash) => recoveryCodes.includes(hash))
  if (step !== undefined) return [{ step, spent, failures: 0, barredUntil: 0 }, 'right']
  const hash = recoveryOf(code.trim(), recoveryCodes)
  if (hash !== undefined && !spent.includes(hash)) {
    return [{ step: before.step, spent: [...spent, hash], failures: 0, barredUntil: 0 }, 'right']
  }
  const failures = before.failures + 1
  return [{ ...before, failures, barredUntil: failures % MOST_CODES === 0 ? now + LOCKED_OUT : 0 }, 'wrong']
}

/**
 * The second factor of the account that the password opened. The login door counts a wrong code as it counts a wrong
 * password; beside that few codes in a row are looked at, wherever they come from: there are a million only.
 * @returns a check; its `id` is undefined when the password was wrong
 */
export const createSecondFactor =
  ({ room, sessions, clock }: Pick<WebPorts, 'room' | 'sessions' | 'clock'>) =>
  async (id: string | undefined, code: string): Promise<CodeVerdict> => {
    if (id === undefined && code === '') return 'wrong'
    const account = await room.accounts.get(accountId(id ?? NOBODY))
    const { totp: secret, recoveryCodes = [] } = account?.credentials ?? {}
    // As much work beside a wrong password as beside a right one.
    if (id === undefined) return sessions.changeTotp(NOBODY, (before) => [before, 'wrong'])
    if (secret === undefined) return 'right'
    if (code === '') return 'missing'
    return sessions.changeTotp(id, (before) => judge(before, code, { secret, recoveryCodes, now: clock.now() }))
  }

import { networkList } from '../../login/networks'
import type { AppPassword, Use } from '../../mailbox/vocabulary'
import { DAY } from '../../terms/calendar'
import { textOf } from '../../terms/errors'
import { Refused } from '../../web/kernel/faults'
import { list, object, optional, text, whole } from '../../web/kernel/schema'

/** An app password as lists show it. */
export const appPassword = object({
  id: text(64),
  label: text(100),
  protocols: list(text(20)),
  networks: list(text(50)),
  createdAt: whole(),
  expiresAt: optional(whole()),
  used: optional(object({ at: whole(), address: text(100), protocol: text(20) })),
})

export const appPasswordView =
  (uses: ReadonlyMap<string, Use>) =>
  ({ id, label, protocols, networks = [], createdAt, expiresAt }: AppPassword) => ({
    ...{ id, label, protocols, networks, createdAt, expiresAt, used: uses.get(id) },
  })

/** What a new one may be limited to, beside its protocols. */
export const appPasswordLimits = {
  /** after which it opens nothing */
  days: optional(whole(1, 3650)),
  /** from which alone it opens */
  networks: optional(list(text(50), 20)),
}

/** Throws 422. */
export function limitsOf(
  { days, networks = [] }: { readonly days: number | undefined; readonly networks: readonly string[] | undefined },
  now: number,
): Pick<AppPassword, 'expiresAt' | 'networks'> {
  try {
    // It would open from nowhere.
    if (networks.includes('none')) throw new RangeError('none is no address or network')
    networkList(networks)
  } catch (error) {
    throw new Refused(422, 'bad-network', `Networks: ${textOf(error)}`)
  }
  return {
    ...(days !== undefined && { expiresAt: now + days * DAY }),
    ...(networks.length > 0 && { networks }),
  }
}

import { type Audit, type AuditRow, audit, type Mended } from './audit'
import type { TransferAccount, TransferEnd } from './transfer'

/** A store that nobody else uses meanwhile, to be audited and mended. */
export interface RepairEnd extends TransferEnd {
  /** the index first, then messages, then their octets */
  facts(account: number): AsyncIterable<AuditRow>
  /** Makes the account so, in one transaction; what is to be prepared is prepared from its octets. */
  mend(mended: Mended): Promise<void>
}

/** An audit finds more when what it found is mended: a message that came back may have a name. */
const PASSES = 5

/** Mends one account. @returns what was wrong; `left`: what still is */
export async function repairAccount(
  end: RepairEnd,
  account: TransferAccount,
  now: number,
): Promise<{ readonly faults: readonly string[]; readonly left: readonly string[] }> {
  const faults: string[] = []
  let given: TransferAccount | undefined = account
  for (let pass = 0; given && pass < PASSES; pass++) {
    const found: Audit = await audit(given, end.facts(account.account), now)
    if (found.faults.length === 0) return { faults, left: [] }
    faults.push(...found.faults)
    await end.mend(found.mended)
    given = (await end.accounts()).find((other) => other.account === account.account)
  }
  return { faults, left: given ? (await audit(given, end.facts(account.account), now)).faults : ['it is gone'] }
}

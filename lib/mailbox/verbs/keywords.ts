import type { Mailbox } from '../../store/store'
import type { Fault } from '../../terms/fault'
import { type FlagSet, isPrivateSeen } from '../../terms/flags'
import type { AccountId } from '../../terms/names'
import type { Parts } from '../parts'

/** Keywords that mail programs have in common: so few that nobody needs to count them. */
const COMMON = new Set(
  [
    '$Forwarded $MDNSent $SubmitPending $Submitted $Junk $NotJunk $Phishing $Important $HasAttachment $HasNoAttachment',
    '$Label1 $Label2 $Label3 $Label4 $Label5 $MailFlagBit0 $MailFlagBit1 $MailFlagBit2 Junk NonJunk NotJunk Forwarded',
  ]
    .join(' ')
    .toLowerCase()
    .split(' '),
)

/**
 * A mailbox has a bounded number of keywords: each is announced to each client, and kept in memory.
 * @returns why it cannot have these too
 */
export async function keywordsFault(
  { states, settings }: Pick<Parts, 'states' | 'settings'>,
  account: AccountId,
  mailbox: Mailbox,
  sets: Iterable<FlagSet>,
): Promise<Fault | undefined> {
  const wanted = new Set<string>()
  for (const { keywords } of sets) for (const keyword of keywords) wanted.add(keyword.toLowerCase())
  for (const keyword of COMMON) wanted.delete(keyword)
  // What users have read of a mailbox of others is no choice of theirs.
  for (const keyword of wanted) if (isPrivateSeen(keyword)) wanted.delete(keyword)
  if (wanted.size === 0) return undefined
  const holding = await states.acquire(account, mailbox)
  if (!holding) return undefined
  try {
    const known = holding.state.columns.keywords()
    const before = [...known].filter((keyword) => !isPrivateSeen(keyword)).length
    let count = before
    for (const keyword of wanted) if (!known.has(keyword)) count++
    const grows = count > before
    return grows && count > settings.maxKeywords
      ? { kind: 'limit', why: `more than ${settings.maxKeywords} keywords in a mailbox` }
      : undefined
  } finally {
    holding.release()
  }
}

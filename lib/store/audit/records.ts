import { SPECIAL_USES } from '../../terms/special-use'
import { attributesFrom, isWholeAccount } from '../attributes'
import { makeMailboxId } from '../ids'
import { annotationKey, EMPTY_ANNOTATIONS } from '../records/annotations'
import type { Work } from './work'

/** Password, rights, quota, overrides: what of it can be read stays. */
export function auditAttributes({ owner, faults }: Work, now: number): void {
  if (isWholeAccount(owner.attributes)) return
  faults.push(
    'its attributes (password, rights, quota, overrides) are damaged: --repair keeps what can be read; ' +
      'without a password nobody logs in before haraka-mailbox accounts passwd, and rights are taken anew by accounts set',
  )
  owner.attributes = attributesFrom(owner.attributes, now)
}

/** What can only be read as a whole, and cannot be, is empty from then on. */
export function auditRecords({ owner, boxes, unreadable, missing, faults }: Work): void {
  for (const { record, key } of unreadable) {
    const box = [...boxes.values()].find(({ mailbox }) => annotationKey(makeMailboxId(owner.account, mailbox)) === key)
    faults.push(
      `${box?.name ?? 'the account'}: its annotations are damaged: --repair removes them; a backup may have them`,
    )
    missing.push({ kind: 'record', record, key, value: EMPTY_ANNOTATIONS })
  }
}

export function auditSpecialUses({ boxes, faults }: Work): void {
  for (const box of boxes.values()) {
    const known = box.specialUse.filter((use) => SPECIAL_USES.some((one) => one === use))
    if (known.length === box.specialUse.length) continue
    faults.push(`${box.name}: its special uses are damaged: --repair keeps those that can be read`)
    box.specialUse = known
  }
}

import { choice, object, text, whole } from '../../web/kernel/schema'

/** A login, or what an administrator did, as the audit trail has it. */
export const trailEntry = object({
  at: whole(),
  user: text(),
  address: text(),
  protocol: text(),
  mechanism: text(),
  verdict: choice('granted', 'refused', 'unavailable'),
  reason: text(),
})

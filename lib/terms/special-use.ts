/** RFC 6154 2 and RFC 8457 3: what a mailbox is for. */
export const SPECIAL_USES = [
  '\\All',
  '\\Archive',
  '\\Drafts',
  '\\Flagged',
  '\\Junk',
  '\\Sent',
  '\\Trash',
  '\\Important',
] as const
export type SpecialUse = (typeof SPECIAL_USES)[number]

import { choice, flag, list, type Of, object, optional, text, whole } from '../../../web/kernel/schema'

/** What a user wants done with mail as it comes, in the words of a page. */
export const rules = object({
  vacation: object({
    on: flag(),
    /** first and last day, as 2026-12-31; empty: no bound */
    first: text(10),
    last: text(10),
    subject: text(300),
    text: text(10_000),
    /** a sender hears it once in so many days */
    days: whole(1, 30),
  }),
  forward: object({ on: flag(), to: text(320), keep: flag() }),
  /** addresses, or domains as @example.net: their mail goes to Junk */
  blocked: list(text(320), 500),
  filters: list(
    object({
      name: text(100),
      on: flag(),
      /** all conditions, or any of them */
      all: flag(),
      conditions: list(
        object({
          field: choice('from', 'to', 'subject', 'list', 'body', 'size'),
          how: choice('contains', 'lacks', 'is', 'begins', 'ends', 'over'),
          value: text(500),
        }),
        10,
      ),
      /** name of a mailbox; left out: the message stays where it is */
      move: optional(text(1000)),
      read: flag(),
      flag: flag(),
      /** to Trash */
      remove: flag(),
      forward: optional(text(320)),
      /** filters below are not looked at */
      stop: flag(),
    }),
    100,
  ),
})
export type Rules = Of<typeof rules>
export type Filter = Rules['filters'][number]
export type Condition = Filter['conditions'][number]

export const NO_RULES: Rules = {
  vacation: { on: false, first: '', last: '', subject: '', text: '', days: 7 },
  forward: { on: false, to: '', keep: true },
  blocked: [],
  filters: [],
}

import { type Of, object, text } from '../../web/kernel/schema'

/** Who wrote, or gets, a message; `name` may be empty. */
export const person = object({ name: text(), address: text() })
export type Person = Of<typeof person>

import type { AccountMail } from '../../../mailbox/mailbox'
import { textOf } from '../../../terms/errors'
import { Refused, unwrap } from '../../../web/kernel/faults'
import { Invalid, type Schema } from '../../../web/kernel/schema'

/** A document of an account that has a schema. What does not fit it any more, of another version, counts as none. */
export function storedDocument<T>(name: string, schema: Schema<T>, none: T) {
  function read(text: string | undefined): T {
    if (text === undefined) return none
    try {
      return schema.read(JSON.parse(text), '')
    } catch (error) {
      if (error instanceof Invalid || error instanceof SyntaxError) return none
      throw new Error(`the document ${name} cannot be read: ${textOf(error)}`)
    }
  }
  return {
    get: async (mail: Pick<AccountMail, 'documents'>): Promise<T> => read(await mail.documents.get(name)),
    /** @param change pure; undefined: nothing is changed */
    async change(mail: Pick<AccountMail, 'documents'>, change: (before: T) => T | undefined): Promise<void> {
      const done = await mail.documents.change(name, (before) => {
        const after = change(read(before))
        return after && JSON.stringify(after)
      })
      if (!done.ok && done.fault.kind === 'too-big') throw new Refused(422, 'too-big', 'There is no room for so much.')
      unwrap(done)
    },
  }
}

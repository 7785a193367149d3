import { defineProgram } from '../../../engine/sqlite/program'
import { SCHEMA } from '../schema'
import { accountOperations } from './accounts'

/** All that is written into the file of the mail. */
export const program = defineProgram(__filename, SCHEMA, (sql) => ({
  ...accountOperations(sql),
}))

export type MailOperations = ReturnType<typeof program.operations>

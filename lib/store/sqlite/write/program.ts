import { defineProgram } from '../../../engine/sqlite/program'
import { SCHEMA } from '../schema'
import { accountOperations } from './accounts'
import { appendOperations } from './append'
import { binOperations } from './bin'
import { copyOperations } from './copy'
import { goneOperations } from './gone'
import { mailboxOperations } from './mailboxes'
import { messageOperations } from './messages'
import { recordOperations } from './records'
import { transferOperations } from './transfer'
import { unflushedOperations } from './unflushed'

/** All that is written into the file of the mail. */
export const program = defineProgram(__filename, SCHEMA, (sql) => ({
  ...accountOperations(sql),
  ...recordOperations(sql),
  ...mailboxOperations(sql),
  ...appendOperations(sql),
  ...messageOperations(sql),
  ...copyOperations(sql),
  ...transferOperations(sql),
  ...unflushedOperations(sql),
  ...goneOperations(sql),
  ...binOperations(sql),
}))

export type MailOperations = ReturnType<typeof program.operations>

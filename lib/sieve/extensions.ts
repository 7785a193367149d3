import { copy } from './ext/filing/copy'
import { fileinto } from './ext/filing/fileinto'
import { imap4flags } from './ext/filing/imap4flags'
import { mailbox } from './ext/filing/mailbox'
import { specialUse } from './ext/filing/special-use'
import { comparators } from './ext/language/comparators'
import { core } from './ext/language/core'
import { encodedCharacter } from './ext/language/encoded-character'
import { ihave } from './ext/language/ihave'
import { includeExtension } from './ext/language/include'
import { regex } from './ext/language/regex'
import { relational } from './ext/language/relational'
import { variables } from './ext/language/variables'
import { body } from './ext/message/body'
import { date, index } from './ext/message/date'
import { duplicate } from './ext/message/duplicate'
import { editheader } from './ext/message/editheader'
import { envelope } from './ext/message/envelope'
import { environment } from './ext/message/environment'
import { extracttext, foreverypart, mime } from './ext/message/mime'
import { spamtest, spamtestplus, virustest } from './ext/message/spamtest'
import { subaddress } from './ext/message/subaddress'
import { enotify } from './ext/replies/enotify'
import { ereject, reject } from './ext/replies/reject'
import { vacation, vacationSeconds } from './ext/replies/vacation'
import type { Extension } from './extension'

/** All that is built, in the order in which strings and stored messages pass through them. */
export const EXTENSIONS: readonly Extension[] = [
  core,
  fileinto,
  envelope,
  reject,
  ereject,
  copy,
  encodedCharacter,
  variables,
  imap4flags,
  body,
  vacation,
  vacationSeconds,
  ihave,
  includeExtension,
  relational,
  regex,
  subaddress,
  mime,
  foreverypart,
  extracttext,
  editheader,
  date,
  index,
  mailbox,
  specialUse,
  environment,
  enotify,
  duplicate,
  spamtest,
  spamtestplus,
  virustest,
  ...comparators,
]

/** What `require` may name. */
export const CAPABILITIES: readonly string[] = EXTENSIONS.flatMap(({ capability }) => capability ?? [])

import { body } from './ext/body'
import { comparators } from './ext/comparators'
import { copy } from './ext/copy'
import { core } from './ext/core'
import { date, index } from './ext/date'
import { duplicate } from './ext/duplicate'
import { editheader } from './ext/editheader'
import { encodedCharacter } from './ext/encoded-character'
import { enotify } from './ext/enotify'
import { envelope } from './ext/envelope'
import { environment } from './ext/environment'
import { fileinto } from './ext/fileinto'
import { ihave } from './ext/ihave'
import { imap4flags } from './ext/imap4flags'
import { includeExtension } from './ext/include'
import { mailbox } from './ext/mailbox'
import { extracttext, foreverypart, mime } from './ext/mime'
import { regex } from './ext/regex'
import { ereject, reject } from './ext/reject'
import { relational } from './ext/relational'
import { spamtest, spamtestplus, virustest } from './ext/spamtest'
import { specialUse } from './ext/special-use'
import { subaddress } from './ext/subaddress'
import { vacation, vacationSeconds } from './ext/vacation'
import { variables } from './ext/variables'
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

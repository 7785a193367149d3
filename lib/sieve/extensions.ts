import { body } from './ext/body'
import { comparators } from './ext/comparators'
import { copy } from './ext/copy'
import { core } from './ext/core'
import { encodedCharacter } from './ext/encoded-character'
import { envelope } from './ext/envelope'
import { fileinto } from './ext/fileinto'
import { imap4flags } from './ext/imap4flags'
import { ereject, reject } from './ext/reject'
import { vacation } from './ext/vacation'
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
  ...comparators,
]

/** What `require` may name. */
export const CAPABILITIES: readonly string[] = EXTENSIONS.flatMap(({ capability }) => capability ?? [])

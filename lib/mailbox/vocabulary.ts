/**
 * The store's words that protocols use. They import them from here: no protocol imports the store itself, so that none can
 * reach past the verbs (the checker of rooms watches it).
 */
export {
  type Account,
  type AccountChange,
  type AppPassword,
  type Credentials,
  type Passkey,
  settingCredentials,
} from '../store/account'
export type { BinnedMessage } from '../store/bin'
export { REMOVED_AT_ONCE, storableFlags } from '../store/limits'
export type { Annotation, AnnotationChange } from '../store/records/annotations'
export { isScriptName } from '../store/records/scripts'
export type { Use } from '../store/records/uses'
export type { Mailbox, MessageRow } from '../store/store'

import type { AccountId } from '../terms/names'

/** Sieve scripts of accounts (RFC 5804); which one runs says `Account.activeScript`. A change is durable when it resolves. */
export interface ScriptTable {
  /** in order of their names, by octets */
  list(account: AccountId): Promise<readonly string[]>
  get(account: AccountId, name: string): Promise<string | undefined>
  /** Adds one, or replaces the one of this name. It does not become active. @returns undefined: done, here and below */
  put(account: AccountId, name: string, text: string): Promise<ScriptFault | undefined>
  /** @param name undefined: no script runs */
  activate(account: AccountId, name: string | undefined): Promise<ScriptFault | undefined>
  /** The active one stays active. */
  rename(account: AccountId, from: string, to: string): Promise<ScriptFault | undefined>
  /** The active one is not removed. */
  remove(account: AccountId, name: string): Promise<ScriptFault | undefined>
}

/** `nonexistent`: no such script, or no such account */
export type ScriptFault = 'nonexistent' | 'already-exists' | 'active' | 'too-many'

/** Scripts of an account. */
export const MAX_SCRIPTS = 32

/** RFC 5804 1.6: no control characters and no line ends of Unicode; 128 characters may take 512 octets. */
export const isScriptName = (name: string): boolean =>
  name !== '' && Buffer.byteLength(name) <= 512 && !/[\p{Cc}\u2028\u2029]/u.test(name)

import type { AccountId } from '../../terms/names'
import type { Account } from '../account'
import type { RecordChange, RecordTable, StoredRecord } from './records'

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

const DONE = 'done'
type Answer = RecordChange<ScriptFault | typeof DONE>
type Scripts = ReadonlyMap<string, StoredRecord>

export function createScriptTable(records: RecordTable): ScriptTable {
  async function change(
    account: AccountId,
    decide: (scripts: Scripts, owner: Account) => Answer,
  ): Promise<ScriptFault | undefined> {
    const answer = await records.change(account, 'script', 'all', decide)
    return answer === DONE ? undefined : (answer ?? 'nonexistent')
  }
  return {
    list: (account) => records.keys(account, 'script'),
    get: async (account, name) => (await records.get(account, 'script', name))?.value.toString(),
    put: (account, name, text) =>
      change(account, (scripts) => {
        if (!scripts.has(name) && scripts.size >= MAX_SCRIPTS) return { value: 'too-many' }
        return { value: DONE, put: [{ key: name, value: Buffer.from(text) }] }
      }),
    activate: (account, name) =>
      change(account, (scripts) => {
        if (name !== undefined && !scripts.has(name)) return { value: 'nonexistent' }
        return { value: DONE, activeScript: name ?? null }
      }),
    rename: (account, from, to) =>
      change(account, (scripts, { activeScript }) => {
        const script = scripts.get(from)
        if (!script) return { value: 'nonexistent' }
        if (scripts.has(to)) return { value: 'already-exists' }
        const follows = activeScript === from && { activeScript: to }
        return { value: DONE, put: [{ ...script, key: to }], remove: [from], ...follows }
      }),
    remove: (account, name) =>
      change(account, (scripts, { activeScript }) => {
        if (!scripts.has(name)) return { value: 'nonexistent' }
        return activeScript === name ? { value: 'active' } : { value: DONE, remove: [name] }
      }),
  }
}

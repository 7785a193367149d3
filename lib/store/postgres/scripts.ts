import { ok } from '../../terms/fault'
import type { AccountId } from '../../terms/names'
import { accountNumber } from '../ids'
import { MAX_SCRIPTS, type ScriptFault, type ScriptTable } from '../scripts'
import type { Database, Session } from './database'
import type { AccountRecord } from './records'

const NAMES = 'SELECT name FROM mailbox.scripts WHERE account = $1 ORDER BY name'
const PUT = `INSERT INTO mailbox.scripts (account, name, script) VALUES ($1, $2, $3)
  ON CONFLICT (account, name) DO UPDATE SET script = excluded.script`

/** One transaction that holds the account's row. */
interface Held extends Session {
  readonly account: number
  readonly names: readonly string[]
  readonly active: string | undefined
  setActive(name: string | undefined): Promise<void>
}

export function createScriptTable(db: Database): ScriptTable {
  async function change(
    id: AccountId,
    run: (held: Held) => Promise<ScriptFault | undefined>,
  ): Promise<ScriptFault | undefined> {
    const done = await db.write<ScriptFault | undefined>(accountNumber(id), [], async ({ query }, [locked = []]) => {
      // The columns that were asked for.
      const [row] = locked as unknown as AccountRecord[]
      if (!row) return ok('nonexistent')
      const { activeScript: active, ...rest } = row.attributes as { readonly activeScript?: string }
      const names = (await query<{ name: string }>(NAMES, [row.account])).map(({ name }) => name)
      const setActive = async (name: string | undefined): Promise<void> => {
        const attributes = name === undefined ? rest : { ...rest, activeScript: name }
        const text = 'UPDATE mailbox.accounts SET attributes = $2 WHERE account = $1'
        await query(text, [row.account, JSON.stringify(attributes)])
      }
      return ok(await run({ query, account: row.account, names, active, setActive }))
    })
    return done.ok ? done.value : undefined
  }

  return {
    async list(id) {
      return (await db.read<{ name: string }>(NAMES, [accountNumber(id)])).map(({ name }) => name)
    },
    async get(id, name) {
      const text = 'SELECT script FROM mailbox.scripts WHERE account = $1 AND name = $2'
      return (await db.read<{ script: string }>(text, [accountNumber(id), name]))[0]?.script
    },
    put: (id, name, text) =>
      change(id, async ({ query, account, names }) => {
        if (!names.includes(name) && names.length >= MAX_SCRIPTS) return 'too-many'
        await query(PUT, [account, name, text])
        return undefined
      }),
    activate: (id, name) =>
      change(id, async ({ names, setActive }) => {
        if (name !== undefined && !names.includes(name)) return 'nonexistent'
        await setActive(name)
        return undefined
      }),
    rename: (id, from, to) =>
      change(id, async ({ query, account, names, active, setActive }) => {
        if (!names.includes(from)) return 'nonexistent'
        if (names.includes(to)) return 'already-exists'
        await query('UPDATE mailbox.scripts SET name = $3 WHERE account = $1 AND name = $2', [account, from, to])
        if (active === from) await setActive(to)
        return undefined
      }),
    remove: (id, name) =>
      change(id, async ({ query, account, names, active }) => {
        if (!names.includes(name)) return 'nonexistent'
        if (active === name) return 'active'
        await query('DELETE FROM mailbox.scripts WHERE account = $1 AND name = $2', [account, name])
        return undefined
      }),
  }
}

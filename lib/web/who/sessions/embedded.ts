import path from 'node:path'
import { openDisposable } from '../../../engine/sqlite/disposable/disposable'
import { Unavailable } from '../../../terms/errors'
import { ok } from '../../../terms/fault'
import type { Log } from '../../../terms/ports'
import { turn } from '../../../work/turns'
import type { Credential, SecondFactorState, Sessions } from '../sessions'
import { program } from './embedded-program'
import { FRESH, keyOf, newSecret, tooMany } from './secrets'

export interface EmbeddedSessionsOptions {
  /** folder of its own; made when missing */
  readonly path: string
  readonly log: Log
}

/** Tries of a change that other processes come between. */
const TRIES = 50
/** Rows that a list reads in one step. */
const PAGE = 500

const OF_ALL = `SELECT key, attributes FROM credentials WHERE key > ? ORDER BY key LIMIT ${PAGE}`
const OF_ACCOUNT = `SELECT key, attributes FROM credentials WHERE key > ? AND account = ? ORDER BY key LIMIT ${PAGE}`

/** A SQLite file that all processes of the host share; sessions outlive a restart. */
export async function openEmbeddedSessions({ path: folder, log }: EmbeddedSessionsOptions): Promise<Sessions> {
  const file = path.join(folder, 'sessions.sqlite')
  const db = await openDisposable(file, program, { log, lost: 'web sessions, API tokens, which codes were used' })

  const credentialBy = (column: 'key' | 'id', value: string): Credential | undefined => {
    const text = `SELECT attributes FROM credentials WHERE ${column} = ?`
    const row = db.read((sql) => sql.get<{ attributes: string }>(text, value))
    return row && JSON.parse(row.attributes)
  }

  const stateText = (account: string): string | undefined => {
    const text = 'SELECT state FROM second_factors WHERE account = ?'
    return db.read((sql) => sql.get<{ state: string }>(text, account))?.state
  }
  const stateOf = (text: string | undefined): SecondFactorState => (text === undefined ? FRESH : JSON.parse(text))

  async function changeSecondFactor<T>(
    account: string,
    change: (before: SecondFactorState) => readonly [SecondFactorState, T],
  ): Promise<T> {
    for (let left = TRIES; left > 0; left--) {
      const before = stateText(account)
      const [after, said] = change(stateOf(before))
      if (await db.write('changeSecondFactor', [account, before, JSON.stringify(after)], 'durable')) return said
    }
    throw new Unavailable(`${file} is too busy`)
  }
  /** the last change of each account that is under way */
  const changes = new Map<string, Promise<unknown>>()

  return {
    async create(given, most) {
      const { secret, key, credential } = newSecret(given)
      const isMade = await db.write('create', [key, credential, most ?? Number.MAX_SAFE_INTEGER], 'durable')
      return isMade || most === undefined ? ok({ secret, credential }) : tooMany(most, given)
    },
    find: async (secret) => credentialBy('key', keyOf(secret)),
    get: async (id) => credentialBy('id', id),
    // When somebody was here last may be forgotten; who may be here, not.
    update: (id, patch) =>
      db.write('update', [id, patch], 'epochs' in patch || 'totp' in patch ? 'durable' : 'quick-visible'),
    remove: (id) => db.write('remove', [id], 'durable'),
    async list(account) {
      const found: Credential[] = []
      let rows: [string, string][] = []
      do {
        const [after] = rows.at(-1) ?? ['']
        rows = db.read((sql) =>
          account === undefined ? sql.columns(OF_ALL, after) : sql.columns(OF_ACCOUNT, after, account),
        )
        found.push(...rows.map(([, attributes]): Credential => JSON.parse(attributes)))
        await turn()
      } while (rows.length === PAGE)
      return found
    },
    secondFactor: async (account) => stateOf(stateText(account)),
    // One after another in this process: only other processes can come between, so that the tries suffice.
    async changeSecondFactor(account, change) {
      const changed = (changes.get(account) ?? Promise.resolve()).then(() => changeSecondFactor(account, change))
      const over = changed.catch(() => undefined)
      changes.set(account, over)
      try {
        return await changed
      } finally {
        if (changes.get(account) === over) changes.delete(account)
      }
    },
    close: () => db.close(),
  }
}

import { mkdirSync } from 'node:fs'
import type { RepairEnd } from '../repair'
import type { TransferRow } from '../transfer'
import { LAST } from './accounts'
import { auditRows, mendAccount } from './audit'
import { readBody } from './bodies'
import { accountKey } from './keys'
import { removeAll } from './remove-all'
import { accountRow, indexRows, keysOf, putAccount, putRow } from './rows'
import { openTables } from './tables'

export async function openLmdbTransfer(path: string): Promise<RepairEnd> {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const tables = openTables(path)
  const { accounts, names, states, fences, mailboxes, rows, log, threads } = tables
  const { heads, prepared, bodies, references, records } = tables
  const index = [mailboxes, rows, log, threads, records, fences, states]
  const content = [heads, prepared, bodies, references]

  function* messageRows(account: number): Generator<TransferRow> {
    for (const key of keysOf(heads, account)) {
      const message = key.readUIntBE(4, 6)
      const head = heads.get(key)
      const parts = prepared.get(key)
      // The size stands in front of what is prepared.
      const octets = parts && readBody(tables, account, message, 0, parts.readUInt32BE(0))
      if (!head || !parts || !octets) throw new Error(`message ${message} of account ${account} is damaged`)
      const entries = (references.get(key) ?? 0) + 1
      yield { kind: 'message', message, entries, thread: head.thread, keys: head.keys, prepared: parts, octets }
    }
  }

  return {
    async others() {
      tables.root.readerCheck()
      const pids = [...tables.root.readerList().matchAll(/^\s*(\d+)\s/gm)].map(([, pid]) => Number(pid))
      return [...new Set(pids)].filter((pid) => pid !== process.pid).map((pid) => `process ${pid}`)
    },
    async accounts() {
      tables.fresh()
      return [...accounts.getKeys()].flatMap((key) => accountRow(tables, Buffer.from(key).readUInt32BE(0)) ?? [])
    },
    lastAccount: async () => names.get(LAST) ?? 0,
    setLastAccount: (account) => tables.write(() => void names.put(LAST, account)),
    async *rows(account) {
      tables.fresh()
      yield* indexRows(tables, account)
      yield* messageRows(account)
    },
    async begin(account, keep) {
      await tables.write(() => {
        const name = accounts.get(accountKey(account))?.name
        if (name !== undefined) void names.remove(name)
        void accounts.remove(accountKey(account))
      })
      await removeAll(tables, account, keep ? index : [...index, ...content])
      tables.fresh()
      return new Set([...keysOf(heads, account)].map((key) => key.readUIntBE(4, 6)))
    },
    put: (account, list) =>
      tables.write(() => {
        for (const row of list) putRow(tables, account, row)
      }),
    publish: (account) => tables.write(() => putAccount(tables, account)),
    async *facts(account) {
      tables.fresh()
      yield* auditRows(tables, account)
    },
    mend: (mended) => tables.write(() => mendAccount(tables, mended)),
    close: () => tables.close(),
  }
}

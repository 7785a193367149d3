import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { WriterOrder, WriterResult } from './turns-writer'

/** How long processes that write one file of SQLite wait for each other: `npm run bench:turns`. */

type Shape = Pick<WriterOrder, 'kind' | 'sessions' | 'pause'>
const busy = (kind: WriterOrder['kind'], sessions: number): Shape => ({ kind, sessions, pause: 0 })

const SCENARIOS: Readonly<Record<string, readonly Shape[]>> = {
  '1 x 8 store': [busy('store', 8)],
  '2 x 8 store': [busy('store', 8), busy('store', 8)],
  '4 x 8 store': Array.from({ length: 4 }, () => busy('store', 8)),
  '4 x 64 store': Array.from({ length: 4 }, () => busy('store', 64)),
  '2 x 4 quick': Array.from({ length: 2 }, () => busy('quick', 4)),
  '2 x 2 append': Array.from({ length: 2 }, () => busy('append', 2)),
  '2 x 16 append': Array.from({ length: 2 }, () => busy('append', 16)),
  '4 x 8 append': Array.from({ length: 4 }, () => busy('append', 8)),
  '3 x 64 store, 1 seldom': [
    ...Array.from({ length: 3 }, () => busy('store', 64)),
    { kind: 'store', sessions: 1, pause: 20 },
  ],
}

async function run(name: string, shapes: readonly Shape[], seconds: number): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'mailbox-turns-'))
  const file = path.join(folder, 'turns.sqlite')
  try {
    const children = shapes.map((shape, writer): ChildProcess => {
      const order: WriterOrder = { ...shape, file, writer, seconds }
      return fork(path.join(__dirname, 'turns-writer.ts'), [JSON.stringify(order)], {
        execArgv: ['-r', 'ts-node/register'],
      })
    })
    const ended = children.map((child) => once(child, 'exit'))
    await Promise.all(children.map((child) => once(child, 'message')))
    for (const child of children) child.send('go')
    const results: WriterResult[] = await Promise.all(children.map(async (child) => (await once(child, 'message'))[0]))
    const log = Math.max(...results.map((result) => result.log))
    await Promise.all(ended)
    const writes = results.reduce((sum, result) => sum + result.writes, 0)
    const cpu = results.reduce((sum, result) => sum + result.cpu, 0)
    const waits = results.map((result) => result.waits.map((wait) => wait.toFixed(1)).join('/'))
    const each = results.map((result) => Math.round(result.writes / seconds)).join(' ')
    const columns = [
      name,
      `${Math.round(writes / seconds)}/s (${each})`,
      `${((cpu / writes) * 1000).toFixed(0)} us CPU`,
    ]
    console.log(
      [...columns, `p50/p99/max ms: ${waits.join(' ')}`, `log ${(log / 1024 ** 2).toFixed(0)} MB`].join(' | '),
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function main([seconds = '5', only = '']: string[]): Promise<void> {
  for (const [name, shapes] of Object.entries(SCENARIOS)) {
    if (name.includes(only)) await run(name, shapes, Number(seconds))
  }
}

void main(process.argv.slice(2))

import { parseArgs } from 'node:util'
import { cpuOf, memoryOf } from '../beside/processes'
import { imapLogin, lmtpDeliver, lmtpOpen, pop3Login, Wire } from '../beside/wire'
import { fillInbox, letter, type Server, startServer, user } from './server'

/**
 * How cost grows, one curve a run (docs/performance.md):
 *   npm run bench:scale -- messages|connections|accounts|workers|overload [--most 100000] [--store sqlite|postgres] [--nodes 1]
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    most: { type: 'string', default: '' },
    store: { type: 'string', default: 'sqlite' },
    nodes: { type: 'string', default: '1' },
  },
})
const driver = values.store
const nodes = Number(values.nodes)
const upTo = (steps: readonly number[], most: number): number[] =>
  steps.filter((step) => step <= Number(values.most || most))

const show = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(2))
const quantile = (times: readonly number[], part: number): number =>
  [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0

/** milliseconds of one run */
async function once(run: () => Promise<unknown>): Promise<number> {
  const begin = performance.now()
  await run()
  return performance.now() - begin
}
async function many(times: number, run: (nth: number) => Promise<unknown>): Promise<number[]> {
  const all: number[] = []
  for (let nth = 0; nth < times; nth++) all.push(await once(() => run(nth)))
  return all
}
const median = async (times: number, run: (nth: number) => Promise<unknown>): Promise<number> =>
  quantile(await many(times, run), 0.5)

/** Rows by operation, a column for each step. */
function table(unit: string, steps: readonly number[], columns: readonly ReadonlyMap<string, string>[]): void {
  console.log(`| ${unit} | ${steps.join(' | ')} |\n|---|${steps.map(() => '---|').join('')}`)
  for (const name of columns[0]?.keys() ?? [])
    console.log(`| ${name} | ${columns.map((column) => column.get(name) ?? '').join(' | ')} |`)
}

async function lmtp(port: number): Promise<(to: string, nth: number) => Promise<unknown>> {
  const wire = await lmtpOpen(port)
  return (to, nth) => lmtpDeliver(wire, to, letter(nth))
}
async function poll(server: Server, name: string): Promise<void> {
  const wire = await pop3Login(server.pop3, name)
  await wire.ask('STAT\r\n', /^\+OK[^\r\n]*\r\n$/)
  await wire.ask('QUIT\r\n', /^\+OK[^\r\n]*\r\n$/)
  wire.close()
}

/** One mailbox that grows; one client, who waits for each answer. */
async function messages(): Promise<void> {
  const steps = upTo([100, 1000, 10_000, 100_000, 1_000_000], 100_000)
  const server = await startServer(driver, nodes, 1)
  const columns: Map<string, string>[] = []
  try {
    const id = (await server.store.accounts.find(user(0)))?.id
    if (!id) throw new Error('no account')
    const deliver = await lmtp(server.lmtp)
    for (const step of steps) {
      await fillInbox(server.store, id, step)
      await server.analyze()
      const wire = await imapLogin(server.imap, user(0))
      const ask = (command: string) => () => wire.imap(command)
      const column = new Map<string, string>()
      const row = (name: string, milliseconds: number): void => void column.set(name, show(milliseconds))
      if (step === steps[0]) for (const one of ['Kept', 'Copies']) await wire.imap(`CREATE ${one}`)
      row('SELECT after new mail', await once(ask('SELECT INBOX')))
      row('SELECT again', await median(15, ask('SELECT INBOX')))
      row('NOOP', await median(15, ask('NOOP')))
      const middle = step >> 1
      const page = `${Math.max(1, middle - 50)}:${Math.max(1, middle - 50) + 99}`
      row('FETCH of 100, first time', await once(ask(`FETCH ${page} (UID FLAGS ENVELOPE)`)))
      row('FETCH of 100, again', await median(15, ask(`FETCH ${page} (UID FLAGS ENVELOPE)`)))
      row('FETCH FLAGS of all', await median(3, ask('UID FETCH 1:* (FLAGS)')))
      row('STORE of one', await median(15, (nth) => wire.imap(`STORE ${middle} ${nth % 2 ? '-' : '+'}FLAGS (\\Draft)`)))
      row('APPEND', await median(15, (nth) => wire.append('INBOX', letter(nth))))
      const copies = async (): Promise<void> => {
        await wire.imap(`COPY ${middle - 9}:${middle} Copies`)
        await wire.imap(`STORE ${middle - 9}:${middle} +FLAGS.SILENT (\\Deleted)`)
        await wire.imap('EXPUNGE')
      }
      row('COPY, STORE, EXPUNGE of 10', await median(3, copies))
      row('SEARCH UNSEEN', await median(5, ask('SEARCH RETURN (COUNT) UNSEEN')))
      row('SEARCH SINCE', await median(5, ask('SEARCH RETURN (COUNT) SINCE 1-Feb-2020')))
      row('SEARCH SUBJECT, first time', await once(ask(`SEARCH RETURN (COUNT) SUBJECT "message ${middle}"`)))
      row('SEARCH SUBJECT, again', await median(3, ask(`SEARCH RETURN (COUNT) SUBJECT "message ${middle}"`)))
      if (step <= (driver === 'sqlite' ? 100_000 : 10_000)) {
        row('SEARCH TEXT, first time', await once(ask('SEARCH RETURN (COUNT) TEXT zwirbelfisch')))
        row('SEARCH TEXT, again', await once(ask('SEARCH RETURN (COUNT) TEXT schnurrbart')))
      }
      await wire.imap('LOGOUT')
      wire.close()
      row('POP3 login after changes', await once(() => poll(server, user(0))))
      row('POP3 login, STAT, QUIT', await median(5, () => poll(server, user(0))))
      row('LMTP delivery', await median(15, (nth) => deliver(user(0), nth)))
      columns.push(column)
    }
    table(`ms, ${driver}, messages in INBOX`, steps, columns)
  } finally {
    await server.end()
  }
}

/** Clients that wait in IDLE, and one that works beside them. */
async function connections(): Promise<void> {
  const steps = upTo([10, 100, 1000, 10_000], 10_000)
  const accounts = 50
  const server = await startServer(driver, nodes, accounts)
  const columns: Map<string, string>[] = []
  try {
    const deliver = await lmtp(server.lmtp)
    const idle: Wire[] = []
    for (let nth = 0; nth < accounts; nth++) {
      const id = (await server.store.accounts.find(user(nth)))?.id
      if (id) await fillInbox(server.store, id, 100)
      await (await imapLogin(server.imap, user(nth))).imap('LOGOUT')
    }
    const busy = await imapLogin(server.imap, user(1))
    await busy.imap('SELECT INBOX')
    let before = 0
    for (const step of steps) {
      const memory = memoryOf(server.pid)
      while (idle.length < step) {
        // A thousand for each address: the limit as it is delivered.
        const wire = await imapLogin(server.imap, user(idle.length % accounts), `127.0.${1 + (idle.length >> 9)}.1`)
        await wire.imap('SELECT INBOX')
        await wire.ask('i IDLE\r\n', /\+[^\r\n]*\r\n$/)
        idle.push(wire)
      }
      const column = new Map<string, string>()
      column.set('KB for each', show((memoryOf(server.pid) - memory) / (step - before)))
      before = step
      const fetches = await many(200, () => busy.imap('FETCH 1:50 (UID FLAGS ENVELOPE)'))
      column.set('FETCH beside them: median ms', show(quantile(fetches, 0.5)))
      column.set('FETCH beside them: p99', show(quantile(fetches, 0.99)))
      const logins = await many(100, async () => (await imapLogin(server.imap, user(1))).close())
      column.set('login beside them: median ms', show(quantile(logins, 0.5)))
      const [watcher] = idle
      const waits: number[] = []
      for (let nth = 0; nth < 100; nth++) {
        const heard = watcher?.ask('', /^\* \d+ EXISTS\r\n/m)
        await deliver(user(0), nth)
        waits.push(await once(() => heard ?? Promise.resolve()))
      }
      column.set('delivery acknowledged to EXISTS: median ms', show(quantile(waits, 0.5)))
      column.set('delivery acknowledged to EXISTS: p99', show(quantile(waits, 0.99)))
      const cpu = cpuOf(server.pid)
      await new Promise((resolve) => setTimeout(resolve, 5000))
      column.set('CPU of 5 s in which nothing happens: ms', show(cpuOf(server.pid) - cpu))
      columns.push(column)
    }
    table(`${driver}, ${nodes} workers, connections in IDLE`, steps, columns)
    for (const wire of [...idle, busy]) wire.close()
  } finally {
    await server.end()
  }
}

/** Accounts that are there; what is measured is done by some of them, taken by chance. */
async function accounts(): Promise<void> {
  const steps = upTo([1, 100, 1000, 10_000], 10_000)
  const server = await startServer(driver, nodes, 1)
  const columns: Map<string, string>[] = []
  try {
    const credentials = (await server.store.accounts.find(user(0)))?.credentials ?? {}
    const deliver = await lmtp(server.lmtp)
    let there = 1
    for (const step of steps) {
      for (; there < step; there++) {
        const made = await server.store.accounts.create({ name: user(there), credentials })
        if (!made.ok) throw new Error(made.fault.kind)
      }
      const chosen = Array.from({ length: 50 }, (_, nth) => user((nth * 7919) % step))
      const one = (nth: number): string => chosen[nth % chosen.length] ?? user(0)
      const login = async (nth: number): Promise<void> => {
        const wire = await imapLogin(server.imap, one(nth))
        await wire.imap('SELECT INBOX')
        wire.close()
      }
      const column = new Map<string, string>()
      column.set('login and SELECT, first time', show(await median(50, login)))
      column.set('login and SELECT, again', show(await median(200, login)))
      column.set('POP3 login, STAT, QUIT', show(await median(200, (nth) => poll(server, one(nth)))))
      column.set('LMTP delivery', show(await median(200, (nth) => deliver(one(nth), nth))))
      column.set('MB of the server', show(memoryOf(server.pid) / 1024))
      columns.push(column)
    }
    table(`ms, ${driver}, accounts`, steps, columns)
  } finally {
    await server.end()
  }
}

/** The same load on more workers: operations a second. */
async function workers(): Promise<void> {
  const steps = upTo([1, 2, 3, 4], 4)
  const columns: Map<string, string>[] = []
  for (const step of steps) {
    const server = await startServer(driver, step, 16)
    try {
      const column = new Map<string, string>()
      for (let nth = 0; nth < 16; nth++) {
        const id = (await server.store.accounts.find(user(nth)))?.id
        if (id) await fillInbox(server.store, id, 200)
      }
      const rate = async (name: string, players: readonly (() => Promise<unknown>)[]): Promise<void> => {
        for (const warm of [true, false]) {
          let done = 0
          const cpu = cpuOf(server.pid)
          const begin = performance.now()
          await Promise.all(
            players.map(async (player) => {
              for (; performance.now() - begin < (warm ? 3000 : 4000); done++) await player()
            }),
          )
          const each = (cpuOf(server.pid) - cpu) / done
          column.set(name, `${show((done / (performance.now() - begin)) * 1000)} (${show(each)} ms)`)
        }
      }
      const players = Array.from({ length: 8 }, (_, nth) => user(nth))
      await rate(
        'logins',
        players.map((name) => async () => (await imapLogin(server.imap, name)).close()),
      )
      const wires = await Promise.all(players.map((name) => imapLogin(server.imap, name)))
      for (const wire of wires) await wire.imap('SELECT INBOX')
      await rate(
        'FETCH of 200 envelopes',
        wires.map((wire) => () => wire.imap('FETCH 1:* (UID FLAGS ENVELOPE)')),
      )
      await rate(
        'STORE of one',
        wires.map((wire) => {
          let turn = 0
          return () => wire.imap(`STORE 7 ${turn++ % 2 ? '-' : '+'}FLAGS (\\Draft)`)
        }),
      )
      const writers = await Promise.all(Array.from({ length: 16 }, () => lmtp(server.lmtp)))
      await rate(
        'LMTP deliveries',
        writers.map((deliver, nth) => () => deliver(user(nth), nth)),
      )
      for (const wire of wires) wire.close()
      columns.push(column)
    } finally {
      await server.end()
    }
  }
  table(`1/s (CPU each), ${driver}, workers`, steps, columns)
}

/** Clients that are refused and come again at once, and clients that are served and ask for more than there is. */
async function overload(): Promise<void> {
  const steps = upTo([0, 10, 100, 400], 400)
  const places = 500
  const limit = `mailbox_imap.ini:limits.connections=${places}`
  const server = await startServer(driver, 0, 16, ['--set', limit])
  const columns: Map<string, string>[] = []
  try {
    for (let nth = 0; nth < 16; nth++) {
      const id = (await server.store.accounts.find(user(nth)))?.id
      if (id) await fillInbox(server.store, id, 200)
    }
    const session = async (nth: number): Promise<Wire> => {
      const wire = await imapLogin(server.imap, user(nth % 16))
      await wire.imap('SELECT INBOX')
      return wire
    }
    /** whether who comes now is let in */
    async function placeAgain(): Promise<boolean> {
      try {
        ;(await session(1)).close()
        return true
      } catch {
        return false
      }
    }
    const fetch = (wire: Wire): Promise<unknown> => wire.imap('FETCH 1:* (UID FLAGS ENVELOPE)')
    const served = await session(0)
    const measured = async (column: Map<string, string>, what: string): Promise<void> => {
      const times = await many(300, () => fetch(served))
      column.set(`FETCH beside ${what}: median ms`, show(quantile(times, 0.5)))
      column.set(`FETCH beside ${what}: p99`, show(quantile(times, 0.99)))
    }
    /** All of `wires` at once, again and again, while one more session is measured. */
    const beside = async (column: Map<string, string>, what: string, run: readonly (() => Promise<void>)[]) => {
      let over = false
      let done = 0
      const begin = performance.now()
      const loops = run.map(async (one) => {
        for (; !over; done++) await one()
      })
      await measured(column, what)
      over = true
      await Promise.all(loops)
      column.set(`${what}: 1/s`, show((done / (performance.now() - begin)) * 1000))
      column.set(`FETCH when they have stopped: ms (${what})`, show(await once(() => fetch(served))))
    }
    for (let warm = 0; warm < 300; warm++) await fetch(served)
    for (const step of steps) {
      const column = new Map<string, string>()
      const wires = await Promise.all(Array.from({ length: step }, (_, nth) => session(nth)))
      for (const wire of wires) await fetch(wire)
      await beside(
        column,
        'FETCH of others',
        wires.map((wire) => async () => void (await fetch(wire))),
      )
      const filling = await Promise.all(
        Array.from({ length: places - step - 1 }, () => Wire.open(server.imap, /^\* OK[^\r\n]*\r\n$/m)),
      )
      await beside(
        column,
        'refused clients',
        wires.map(() => async () => {
          ;(await Wire.open(server.imap, /^\* BYE \[LIMIT\][^\r\n]*\r\n$/m)).close()
        }),
      )
      for (const wire of [...wires, ...filling]) wire.close()
      // All have gone when there is a place again for as many.
      while (!(await placeAgain()));
      columns.push(column)
    }
    table(`${driver}, one process, clients that ask without a pause`, steps, columns)
    served.close()
  } finally {
    await server.end()
  }
}

const curves = new Map<string, () => Promise<void>>(
  Object.entries({ messages, connections, accounts, workers, overload }),
)
const curve = curves.get(positionals[0] ?? '')
if (curve) void curve()
else console.error(`which curve: ${[...curves.keys()].join(', ')}?`)

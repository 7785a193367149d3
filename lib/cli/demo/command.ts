import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, openSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Command } from 'commander'
import { packageRoot } from '../../package-root'
import { openStore } from '../../wiring/store'
import { ensureAccount } from '../accounts/command'
import { openHome } from '../home'
import { harakaFolder, writeDemoHome } from './home'
import { type AccountArgument, type DemoOptions, demoOptions, LISTENER_NAMES, readAccountsFile } from './options'
import { takenPorts, waitForPorts } from './wait'
import { printWelcome, sendWelcome } from './welcome'

const START_LIMIT = 30_000
const STOP_LIMIT = 10_000
const WORKERS_LIMIT = 5_000

function accountsOf(options: DemoOptions): readonly AccountArgument[] {
  const given = [...options.account, ...(options.accountsFile ? readAccountsFile(options.accountsFile) : [])]
  if (given.length > 0 || !options.welcome) return given
  return [{ name: 'demo@localhost', password: randomBytes(12).toString('base64url') }]
}

function startHaraka(options: DemoOptions, haraka: string, logFile: string): ChildProcess {
  const log = openSync(logFile, 'w', 0o600)
  const tether = path.join(packageRoot, 'dist/lib/cli/demo/tether.js')
  const child = spawn(process.execPath, ['-r', tether, path.join(haraka, 'bin/haraka'), '-c', options.home], {
    stdio: ['ignore', log, log, 'ipc'],
    // A terminal tells its whole group of Ctrl-C; Haraka, told twice, would end without stopping.
    detached: true,
    // Workers take connections themselves; handed over by the master each costs a quarter of a millisecond more.
    env: { NODE_CLUSTER_SCHED_POLICY: 'none', ...process.env },
  })
  closeSync(log)
  return child
}

const ended = (child: ChildProcess): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once('exit', () => resolve()))

async function stop(child: ChildProcess): Promise<void> {
  // Haraka stops on SIGINT only.
  child.kill('SIGINT')
  const killer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT)
  await ended(child)
  clearTimeout(killer)
}

function fail(text: string): never {
  console.error(text)
  process.exit(1)
}

/** A port accepts once the first worker listens; the others say so in Haraka's log. Without these lines it goes on all the same. */
async function allWorkers(logFile: string, workers: number, signal: AbortSignal): Promise<void> {
  const end = Date.now() + WORKERS_LIMIT
  while (Date.now() < end && !signal.aborted) {
    const lines = readFileSync(logFile, 'utf8').match(/listens on \S+:\d+/g) ?? []
    if (lines.length > 0 && lines.length >= workers * new Set(lines).size) return
    await pause(50)
  }
}

async function prepareAccounts(options: DemoOptions, accounts: readonly AccountArgument[]): Promise<readonly string[]> {
  const home = openHome(options.home)
  const store = await openStore(home)
  try {
    const made: string[] = []
    for (const account of accounts) {
      if ((await ensureAccount(store, account.name, account.password)) === 'made') made.push(account.name)
    }
    return made
  } finally {
    await store.close()
  }
}

async function run(options: DemoOptions): Promise<void> {
  const names = LISTENER_NAMES.filter((name) => options[name] > 0)
  const ports = names.map((name) => options[name])
  const haraka =
    options.haraka ??
    harakaFolder() ??
    fail('Haraka is not installed here: run `npm install haraka` beside this package, or use --haraka DIR')
  const taken = await takenPorts(options.listen, ports)
  if (taken.length > 0) {
    fail(
      `already in use on ${options.listen}: ${taken.join(', ')} - choose others, for example --imap 3143, or 0 for none`,
    )
  }
  const accounts = accountsOf(options)
  const domains = accounts.map(({ name }) => name.slice(name.lastIndexOf('@') + 1))
  await writeDemoHome(options, haraka, domains)
  const made = await prepareAccounts(options, accounts)

  const logFile = path.join(options.home, 'haraka.log')
  const child = startHaraka(options, haraka, logFile)
  const over = new AbortController()
  let stopping = false
  child.once('exit', () => over.abort())
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // Asked twice: at once. Workers end with their master.
      if (stopping) return void child.kill('SIGKILL')
      stopping = true
      void stop(child).then(() => process.exit(0))
    })
  }
  const missing = await waitForPorts(options.listen, ports, START_LIMIT, over.signal)
  if (missing.length > 0 && !stopping) {
    console.error(readFileSync(logFile, 'utf8').split('\n').slice(-25).join('\n'))
    await stop(child)
    fail(`Haraka did not start (its log: ${logFile}); not listening: ${missing.join(', ')}`)
  }
  await allWorkers(logFile, Math.max(1, options.nodes), over.signal)
  const [first] = accounts
  if (options.welcome && first) {
    if (made.includes(first.name) && options.smtp > 0) await sendWelcome(options, first.name)
    printWelcome(options, first)
  }
  const listening = Object.fromEntries(names.map((name) => [name, options[name]]))
  console.log(`ready ${JSON.stringify({ ...listening, listen: options.listen, pid: process.pid, home: options.home })}`)
  await ended(child)
  if (!stopping) fail(`Haraka ended (exit ${child.exitCode ?? child.signalCode}); its log: ${logFile}`)
}

export function demoCommand(): Command {
  const command = new Command('demo').description('run a whole mail server on this machine, to try it')
  for (const option of demoOptions) command.addOption(option)
  return command.action(async (options: DemoOptions) =>
    run({
      ...options,
      home: path.resolve(options.home),
      ...(options.haraka && { haraka: path.resolve(options.haraka) }),
    }),
  )
}

import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { packageRoot } from '../../lib/package-root'
import { databaseOrSkip } from '../postgres'
import { EMBEDDED } from '../stores'

/** A whole server, started as users start it: `haraka-mailbox demo`. */
export interface Demo {
  readonly home: string
  readonly pid: number
  readonly smtp: number
  readonly submission: number
  readonly pop3: number
  readonly pop3s: number
  readonly imap: number
  readonly imaps: number
  /** 0 unless it was asked for */
  readonly http: number
  readonly lmtp: number
  /** everything it printed */
  readonly output: () => string
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

export const ACCOUNTS = { 'alice@example.org': 'wonder land', 'bob@example.org': 'build3r' } as const

const CLI = path.join(packageRoot, 'dist/lib/cli/main.js')
const NAMES = ['smtp', 'submission', 'pop3', 'pop3s', 'imap', 'imaps', 'lmtp'] as const

/**
 * Below those that the kernel gives to clients and to `listen(0)`, which would take one before its server does; each of mocha's
 * workers has its own.
 */
const PORTS = 2000
const FIRST_PORT = 12_000 + PORTS * (Number(process.env.MOCHA_WORKER_ID ?? 0) % 8)
let portsTaken = Math.floor(Math.random() * PORTS)

/** Ports on which nobody listens. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = []
  for (let tries = 0; ports.length < count && tries < PORTS; tries++) {
    const port = FIRST_PORT + (portsTaken++ % PORTS)
    if (await isFree(port)) ports.push(port)
  }
  return ports
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })

function readyLine(child: ChildProcess, log: string[]): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue
      createInterface({ input: stream }).on('line', (line) => {
        log.push(line)
        if (line.startsWith('ready ')) resolve(JSON.parse(line.slice('ready '.length)))
      })
    }
    child.once('exit', (code) => reject(new Error(`demo ended with ${code}:\n${log.join('\n')}`)))
  })
}

export async function startDemo(
  extra: readonly string[] = [],
  home = mkdtempSync(path.join(tmpdir(), 'mailbox-e2e-')),
  node = process.execPath,
): Promise<Demo> {
  const ports = await freePorts(NAMES.length)
  const args = [
    ...NAMES.flatMap((name, index) => [`--${name}`, String(ports[index])]),
    ...['--http', '0', '--home', home],
    ...Object.entries(ACCOUNTS).flatMap(([name, password]) => ['--account', `${name}:${password}`]),
    ...extra,
  ]
  const child = spawn(node, [CLI, 'demo', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const log: string[] = []
  const ready = await readyLine(child, log)
  const port = (name: string): number => Number(ready[name] ?? 0)
  return {
    home,
    pid: Number(ready.pid),
    smtp: port('smtp'),
    submission: port('submission'),
    pop3: port('pop3'),
    pop3s: port('pop3s'),
    imap: port('imap'),
    imaps: port('imaps'),
    http: port('http'),
    lmtp: port('lmtp'),
    output: () => log.join('\n'),
    stop: (signal = 'SIGTERM') =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve(child.exitCode)
        child.once('exit', (code) => resolve(code))
        child.kill(signal)
      }),
  }
}

/** What a demo keeps its mail in. */
export interface DemoStore {
  readonly args: readonly string[]
  drop(): Promise<void>
}

/** A store of the demo's own by this driver; undefined, and a line that says so, where there is no PostgreSQL. */
export async function storeOrSkip(driver: string): Promise<DemoStore | undefined> {
  if (EMBEDDED.includes(driver)) return { args: ['--store', driver], drop: async () => undefined }
  const database = await databaseOrSkip()
  if (!database) return undefined
  return {
    args: ['--store', driver, '--set', `mailbox_store.ini:${driver}.url=${database.url}`],
    drop: database.drop,
  }
}

export function removeHome(demo: Demo | undefined): void {
  if (demo) rmSync(demo.home, { recursive: true, force: true })
}

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end. @param options.timeout milliseconds (default: 30 s) */
export function run(
  program: string,
  args: readonly string[],
  options: { input?: string; env?: NodeJS.ProcessEnv; cwd?: string; timeout?: number } = {},
): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(
      program,
      args,
      {
        timeout: options.timeout ?? 30_000,
        maxBuffer: 64 * 1024 * 1024,
        env: { ...process.env, ...options.env },
        cwd: options.cwd,
      },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code ?? 1) || 1 : 0, stdout, stderr }),
    )
    // A program may end without reading.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(options.input ?? '')
  })
}

export const cli = (args: readonly string[], input?: string): Promise<Ran> =>
  run(process.execPath, [CLI, ...args], input === undefined ? {} : { input })

/** Whether a real client is on this machine. */
export const installed = (program: string): boolean => spawnSync('which', [program]).status === 0

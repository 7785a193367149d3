import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { openPostgresStore } from '../lib/store/postgres'
import { codeOf } from '../lib/store/postgres/schema'
import type { Store } from '../lib/store/store'
import { silentLog } from '../lib/terms/ports'
import { eventually } from './eventually'

/** The PostgreSQL that suites share; each takes a database of its own. */
const SERVER = process.env.MAILBOX_TEST_POSTGRES ?? 'postgres://postgres@127.0.0.1:5432/postgres'

export interface TestDatabase {
  readonly url: string
  /** The server has emptied what a crash empties. */
  crashed(): Promise<void>
  drop(): Promise<void>
}

const onServer = async (text: string, url = SERVER): Promise<void> => void (await ask(url, text))

/** Whether a server answers; says so when none does, for a suite that then skips. */
export async function postgresAnswers(): Promise<boolean> {
  const database = await databaseOrSkip()
  await database?.drop()
  return database !== undefined
}

/** An empty database; undefined, and a line that says so, where no server answers: the suite then skips. */
export async function databaseOrSkip(): Promise<TestDatabase | undefined> {
  const name = `mailbox_test_${randomBytes(6).toString('hex')}`
  try {
    await onServer(`CREATE DATABASE ${name}`)
  } catch {
    console.log('      no PostgreSQL at MAILBOX_TEST_POSTGRES: skipped')
    return undefined
  }
  const url = new URL(SERVER)
  url.pathname = `/${name}`
  return {
    url: url.href,
    crashed: () => onServer('DELETE FROM mailbox.not_crashed', url.href),
    drop: () => onServer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  }
}

/** An empty database for a file of tests, made when the first of them opens it. */
export function testDatabase(): { open(): Promise<boolean>; url(): string } {
  let made: Promise<TestDatabase | undefined> | undefined
  let opened: TestDatabase | undefined
  after(() => opened?.drop())
  return {
    async open() {
      made ??= databaseOrSkip()
      opened = await made
      return opened !== undefined
    },
    url: () => opened?.url ?? '',
  }
}

export const openTestStore = ({ url }: { readonly url: string }): Promise<Store> =>
  openPostgresStore({ url, maxConnections: 8, connectTimeout: 5000, statementTimeout: 30_000, log: silentLog })

/** A PostgreSQL of the test's own, to be stopped and started. */
export interface PrivateServer {
  /** its superuser's, to a database that is there */
  readonly url: string
  start(): Promise<void>
  /** as when the machine loses its power: no checkpoint, connections cut */
  crash(): Promise<void>
  /** Commits that nobody waits for stay in its memory from now on: the process that writes them in the background is stopped. */
  holdBack(): Promise<void>
  /** to all its processes */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void
  /** kill -9 of all its processes */
  kill(): Promise<void>
  /** a shutdown */
  stop(): Promise<void>
  /** ends its recovery: it takes writes from now on */
  promote(): Promise<void>
  /** A base backup of it, started on `port`; with `-R` a replica that follows it. */
  copy(port: number, ...how: readonly string[]): Promise<PrivateServer>
  remove(): Promise<void>
}

/** Rows of one statement on a connection of its own. */
export async function ask<R>(connectionString: string, text: string): Promise<R[]> {
  const client = new Client({ connectionString, connectionTimeoutMillis: 3000 })
  // Tests kill servers, also between two messages of this conversation.
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        // Field 4 of /proc/<pid>/stat, behind a name in brackets.
        return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[1] === String(parent)
      } catch {
        return false
      }
    })
}

/** A backend may have gone by itself just now. */
function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error
  }
}

const run = promisify(execFile)
const PROGRAMS = process.env.MAILBOX_TEST_POSTGRES_BIN ?? '/usr/lib/postgresql'

/** The folder of initdb, pg_dump and so on: the newest version that Debian's packages have put here, or the folder that the variable names. */
export function programs(): string | undefined {
  const folders = existsSync(PROGRAMS)
    ? readdirSync(PROGRAMS).map((version) => path.join(PROGRAMS, version, 'bin'))
    : []
  const newest = folders.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).reverse()
  return [PROGRAMS, ...newest].find((folder) => existsSync(path.join(folder, 'initdb')))
}

/** A running server on `port` of 127.0.0.1, its files below `parent`; undefined, and a line that says why, where none can be made. */
export async function serverOrSkip(
  port: number,
  parent = tmpdir(),
  settings: readonly string[] = [],
): Promise<PrivateServer | undefined> {
  const bin = programs()
  const root = process.getuid?.() === 0
  const ids = root ? await run('id', ['-u', 'postgres']).catch(() => undefined) : undefined
  if (!bin || (root && !ids)) {
    console.log(`      no PostgreSQL programs in ${PROGRAMS} (MAILBOX_TEST_POSTGRES_BIN), or no user for them: skipped`)
    return undefined
  }
  const as = async (program: string, ...args: string[]): Promise<void> => {
    const words = [path.join(bin, program), ...args]
    // PostgreSQL refuses to run as root.
    const [command = '', ...rest] = root ? ['runuser', '-u', 'postgres', '--', ...words] : words
    await run(command, rest, { cwd: '/', timeout: 60_000 })
  }

  async function serve(at: number, fill: (data: string) => Promise<void>): Promise<PrivateServer> {
    const folder = mkdtempSync(path.join(parent, 'mailbox-pg-'))
    const data = path.join(folder, 'data')
    if (ids) chownSync(folder, Number(ids.stdout), -1)
    chmodSync(folder, 0o700)
    const control = (...args: string[]): Promise<void> => as('pg_ctl', '-D', data, '-w', ...args)
    const options = [`-p ${at} -k ${folder} -c listen_addresses=127.0.0.1`, ...settings.map((one) => `-c ${one}`)].join(
      ' ',
    )
    const url = `postgres://postgres@127.0.0.1:${at}/postgres`
    const processes = (): number[] => {
      const pid = Number(readFileSync(path.join(data, 'postmaster.pid'), 'utf8').split('\n')[0])
      return [pid, ...childrenOf(pid)]
    }
    let running = false
    /** the process that is stopped */
    let held: number | undefined
    const server: PrivateServer = {
      url,
      async start() {
        await control('-l', path.join(folder, 'log'), '-o', options, 'start')
        running = true
      },
      async crash() {
        await control('-m', 'immediate', 'stop')
        running = false
      },
      async holdBack() {
        const [writer] = await ask<{ pid: number }>(
          url,
          "SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'",
        )
        assert.ok(writer)
        process.kill(writer.pid, 'SIGSTOP')
        held = writer.pid
      },
      signal(name) {
        for (const one of processes()) send(one, name)
      },
      async kill() {
        const all = processes()
        for (const one of all) send(one, 'SIGKILL')
        await eventually('all its processes are gone', () => all.every((one) => !existsSync(`/proc/${one}`)))
        running = false
        held = undefined
      },
      async stop() {
        // A shutdown waits for it.
        if (held !== undefined) process.kill(held, 'SIGCONT')
        held = undefined
        await control('-m', 'fast', 'stop')
        running = false
      },
      promote: () => control('promote'),
      copy: (to, ...how) => serve(to, (target) => as('pg_basebackup', '-d', url, '-D', target, '-c', 'fast', ...how)),
      async remove() {
        try {
          if (running) await server.crash()
        } finally {
          rmSync(folder, { recursive: true, force: true })
        }
      },
    }
    try {
      await fill(data)
      await server.start()
      return server
    } catch (error) {
      await server.remove()
      throw error
    }
  }
  const words = ['-A', 'trust', '-U', 'postgres', '--no-sync', '-E', 'UTF8', '--locale=C']
  return serve(port, (data) => as('initdb', '-D', data, ...words))
}

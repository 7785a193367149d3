import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Redis } from 'ioredis'

/** The Redis that suites share; each takes a prefix of its own. */
export const REDIS = process.env.MAILBOX_TEST_REDIS ?? 'redis://127.0.0.1:6379'

export async function redisAnswers(): Promise<boolean> {
  const redis = new Redis(REDIS, { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null })
  redis.on('error', () => undefined)
  const up = await redis.connect().then(
    () => true,
    () => false,
  )
  redis.disconnect()
  return up
}

/** Whether Redis is there; says so when it is not, for a suite that then skips. */
export async function redisOrSkip(): Promise<boolean> {
  const up = await redisAnswers()
  if (!up) console.log('      no Redis at MAILBOX_TEST_REDIS: skipped')
  return up
}

export async function removeKeys(prefix: string): Promise<void> {
  const redis = new Redis(REDIS)
  const keys = await redis.keys(`${prefix}*`)
  if (keys.length > 0) await redis.del(keys)
  await redis.quit()
}

/** A Redis of a test's own, to be stopped, paused and emptied. */
export class PrivateRedis {
  #child: ChildProcess | undefined
  #folder: string | undefined
  /** @param more further arguments of redis-server; what follows a configuration file overrides it */
  constructor(
    readonly port: number,
    readonly more: readonly string[] = [],
    readonly file?: string,
  ) {}

  async start(): Promise<void> {
    this.#folder ??= mkdtempSync(path.join(tmpdir(), 'mailbox-redis-'))
    const own = [
      '--port',
      String(this.port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
      '--dir',
      this.#folder,
    ]
    const child = spawn('redis-server', [...(this.file === undefined ? own : [this.file]), ...this.more], {
      stdio: ['ignore', 'pipe', 'ignore'],
      cwd: this.#folder,
    })
    this.#child = child
    const ready = this.more.includes('--sentinel') ? '+monitor' : 'Ready to accept'
    let said = ''
    for await (const chunk of child.stdout ?? []) {
      said += String(chunk)
      if (said.includes(ready)) break
    }
    if (!said.includes(ready)) throw new Error(`redis-server ended: ${said}`)
    child.stdout?.resume()
  }
  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name)
  }
  async stop(): Promise<void> {
    const child = this.#child
    if (child && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    }
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true })
    this.#folder = undefined
  }
}

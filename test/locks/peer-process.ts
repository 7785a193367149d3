import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import type { LockRequest } from '../../lib/locks/locks'
import type { Answer, Order, Place, Said } from './peer'

const ANSWER_LIMIT = 60_000

type Granted = Extract<Answer, { kind: 'granted' }>

/** A process with locks of its own: told what to do, stopped, killed. */
export class PeerProcess {
  readonly #child: ChildProcess
  readonly #open = new Map<number, (answer: Answer) => void>()
  readonly #lost = new Map<string, string>()
  #seq = 0
  #opened = false
  /** called when a lease of it ends by anything but its own release */
  onLost: (lease: string, reason: string) => void = () => undefined

  constructor() {
    this.#child = fork(path.join(__dirname, 'peer.ts'), [], {
      execArgv: ['-r', 'ts-node/register'],
      env: { ...process.env, TS_NODE_TRANSPILE_ONLY: '1' },
    })
    this.#child.on('message', (said: Said) => {
      if ('lost' in said) {
        this.#lost.set(said.lost, said.reason)
        this.onLost(said.lost, said.reason)
        return
      }
      this.#open.get(said.to)?.(said.answer)
      this.#open.delete(said.to)
    })
  }

  static async open(place: Place): Promise<PeerProcess> {
    const peer = new PeerProcess()
    await peer.openAt(place)
    return peer
  }
  async openAt(place: Place): Promise<void> {
    await this.ask({ kind: 'open', place })
    this.#opened = true
  }
  /** Never answered once the process is killed; fails when it should answer and does not. */
  ask(order: Order): Promise<Answer> {
    const seq = ++this.#seq
    const answer = new Promise<Answer>((resolve, reject) => {
      const late = (): void => {
        if (this.#runs()) reject(new Error(`no answer to ${JSON.stringify(order)}`))
      }
      const timer = order.kind === 'acquire' ? undefined : setTimeout(late, ANSWER_LIMIT).unref()
      this.#open.set(seq, (said) => {
        clearTimeout(timer)
        resolve(said)
      })
    })
    this.#child.send({ seq, order })
    return answer
  }
  async granted(request: LockRequest): Promise<Granted> {
    const answer = await this.ask({ kind: 'acquire', request })
    assert.equal(answer.kind, 'granted')
    return answer as Granted // asserted in the line above
  }
  release({ lease }: Granted): Promise<Answer> {
    return this.ask({ kind: 'release', lease })
  }
  /** What was said in one breath is heard before the answer's promise goes on. */
  hasLost(lease: string): boolean {
    return this.#lost.has(lease)
  }
  /** Resolves with the reason. */
  lost({ lease }: Granted): Promise<string> {
    const known = this.#lost.get(lease)
    if (known !== undefined) return Promise.resolve(known)
    return new Promise((resolve) => {
      this.onLost = (id, reason) => {
        if (id === lease) resolve(reason)
      }
    })
  }
  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(name)
  }
  #runs(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }
  async kill(): Promise<void> {
    if (!this.#runs()) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }
  async close(): Promise<void> {
    if (!this.#opened) return this.kill()
    const exited = once(this.#child, 'exit')
    await this.ask({ kind: 'close' })
    await exited
  }
}

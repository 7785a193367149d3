import { randomUUID } from 'node:crypto'
import Notes from 'haraka-notes'
import ResultStore from 'haraka-results'
import type { ChainRequest, VerifyOutcome } from '../../login/chain'
import { networkList } from '../../login/networks'
import { HOOK } from '../host'

const isPrivate = networkList(['loopback', 'private'])

export interface HookResult {
  readonly code: number
  readonly account: string | undefined
}

/**
 * The object of Haraka's hook `login`, one for each attempt: run_hooks on a busy object throws. Nothing secret is a
 * property (hook parameters and objects end in logs); a plugin that needs the password calls `password()`.
 */
export class LoginAttempt {
  readonly uuid = randomUUID().toUpperCase()
  /** origin in Haraka's log lines */
  readonly name = 'mailbox/login'
  readonly notes = new Notes()
  #results: unknown
  readonly transaction = null
  readonly remote: { readonly ip: string; readonly is_private: boolean; readonly host: string }
  hooks_to_run: unknown[] = []
  /** A plugin that answers OK for a user of its own names the account here: a full address of the store. */
  account: string | undefined = undefined
  #request: ChainRequest | undefined
  readonly user: string
  readonly protocol: string
  readonly mechanism: string
  #resolve: (result: HookResult) => void = () => undefined
  #deny: () => void = () => undefined
  readonly done: Promise<HookResult>

  constructor(
    readonly server: object,
    request: ChainRequest,
  ) {
    this.#request = request
    this.user = request.user
    this.protocol = request.peer.protocol
    this.mechanism = request.mechanism
    const ip = request.peer.address
    this.remote = { ip, is_private: isPrivate(ip), host: '' }
    this.done = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  /** As on a connection; made for the plugin that asks, because making it costs a look for a file. */
  get results(): unknown {
    this.#results ??= new ResultStore(this)
    return this.#results
  }

  /** The clear password while the chain runs; empty for SCRAM, tokens and certificates. */
  password(): string {
    return this.#request?.password() ?? ''
  }
  /** What our directories say of the credential. */
  verify(): Promise<VerifyOutcome> {
    return this.#request?.verify() ?? Promise.resolve('unavailable')
  }
  /** The attempt is over: a plugin that kept the object learns nothing from it. */
  forget(): void {
    this.#request = undefined
  }
  /** `deny` hooks of other plugins (karma) may look at a refusal, not turn it into a grant. */
  set deny_respond(respond: (code: number) => void) {
    this.#deny = () => respond(HOOK.deny)
  }
  get deny_respond(): () => void {
    return this.#deny
  }
  /** Haraka calls it with the chain's answer. */
  login_respond(code: number): void {
    this.#resolve({ code, account: this.account })
  }
}

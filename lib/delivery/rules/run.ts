import { hostname } from 'node:os'
import type { Outcome as ScriptOutcome } from '../../sieve/action'
import { createBudget } from '../../sieve/budget'
import type { Script, World } from '../../sieve/extension'
import { sieveMessage } from '../../sieve/message'
import { runScript } from '../../sieve/run'
import type { Included } from '../../sieve/values'
import { NotKnown } from '../../sieve/world'
import type { Account } from '../../store/account'
import type { Store } from '../../store/store'
import type { Clock } from '../../terms/ports'
import type { IncomingMail } from './incoming'

export interface RunPorts {
  readonly store: Pick<Store, 'scripts' | 'marks'>
  readonly clock: Clock
  /** name and version of this server, for the test `environment` */
  readonly host?: string
  readonly version?: string
  readonly maxRedirects: number
  scriptOf(source: string): Script | Error
  /** a script for `include :global`; undefined: there is none of this name */
  globalScript?(name: string): Promise<string | undefined>
}

/** What one run may ask of marks. */
const MAX_QUESTIONS = 20
const MAX_INCLUDED = 50
/** Capabilities whose tests look at the mailboxes. */
const NEED_MAILBOXES = ['mailbox', 'special-use']
const keyOf = ({ location, name }: Included): string => `${location} ${name}`

/** Runs a script: what it includes and what it asks is looked up here, for the interpreter does no I/O. */
export function createRunner(ports: RunPorts) {
  const { store, clock, scriptOf } = ports

  /** All scripts that this one may run, by place and name (RFC 6609 3.2). */
  async function includedBy(account: Account, script: Script): Promise<ReadonlyMap<string, Script | Error>> {
    const scripts = new Map<string, Script | Error>()
    const wanted = [...script.includes]
    for (let next = wanted.pop(); next && scripts.size < MAX_INCLUDED; next = wanted.pop()) {
      const { location, name } = next
      if (scripts.has(keyOf(next))) continue
      const source =
        location === 'global' ? await ports.globalScript?.(name) : await store.scripts.get(account.id, name)
      if (source === undefined) continue
      const included = scriptOf(source)
      scripts.set(keyOf(next), included)
      if (!(included instanceof Error)) wanted.push(...included.includes)
    }
    return scripts
  }

  /** Runs it again when it asked for something that had to be looked up. */
  return async function run(account: Account, script: Script, incoming: IncomingMail): Promise<ScriptOutcome> {
    const now = clock.now()
    const remembered = new Map<string, boolean>()
    const included = await includedBy(account, script)
    const needsMailboxes = [script, ...included.values()].some(
      (part) => !(part instanceof Error) && NEED_MAILBOXES.some((name) => part.required.has(name)),
    )
    const world: World = {
      envelope: { from: incoming.sender, to: incoming.to },
      now,
      zone: (at) => -new Date(at).getTimezoneOffset(),
      host: ports.host ?? hostname(),
      version: ports.version ?? '',
      scan: incoming.scan ?? {},
      separators: incoming.separators ?? '',
      maxRedirects: ports.maxRedirects,
      mailboxes: needsMailboxes ? await incoming.mailboxes() : [],
      script: (wanted) => included.get(keyOf(wanted)),
      isRemembered: (what) => remembered.get(what),
    }
    const budget = createBudget()
    for (;;) {
      try {
        return runScript(script, sieveMessage(incoming.octets, budget), world, budget)
      } catch (error) {
        if (!(error instanceof NotKnown) || remembered.size >= MAX_QUESTIONS) throw error
        remembered.set(error.what, await store.marks.has(account.id, { what: error.what, at: now }))
      }
    }
  }
}

import { randomUUID } from 'node:crypto'
import { setPassword } from '../../login/passwords'
import { isSlower, isSupported } from '../../login/passwords/verify'
import type { Credentials } from '../../store/account'
import type { Store } from '../../store/store'
import { failed, ok } from '../../terms/fault'
import type { Home } from '../../wiring/home'
import { openStore } from '../../wiring/store'

/** Accounts from elsewhere, with their passwords as they are hashed there, or without one. */
export interface Brought {
  readonly name: string
  /** with its scheme; undefined: another directory checks the password */
  readonly verifier: string | undefined
}

export interface BringOptions {
  readonly home: string
  readonly domain?: string
  readonly replace?: boolean
  readonly dryRun?: boolean
}

type Outcome =
  | { readonly kind: 'made' | 'changed' | 'left' }
  /** no verifier or password is ever in the text */
  | { readonly kind: 'refused'; readonly why: string }

const refused = (why: string): Outcome => ({ kind: 'refused', why })

/** A hash stays as it is, and is made new at the first login; a clear password is not kept. */
async function credentialsOf(verifier: string | undefined): Promise<Credentials> {
  if (verifier === undefined) return {}
  const [, clear] = /^\{(?:PLAIN|CLEAR|CLEARTEXT)\}(.*)$/is.exec(verifier) ?? []
  return clear === undefined ? { password: verifier, epoch: randomUUID() } : setPassword(clear)
}

async function bring(
  store: Store,
  name: string,
  verifier: string | undefined,
  options: BringOptions,
): Promise<Outcome> {
  if (!/^[^\s@]+@[^\s@]+$/.test(name)) return refused('no full address; say --domain')
  if (verifier !== undefined && !/^[{$]/.test(verifier)) return refused('a disabled password, or one without a scheme')
  if (verifier !== undefined && !isSupported(verifier)) {
    return refused(
      `the scheme ${/^\{([\w.-]{1,40})\}/.exec(verifier)?.[1] ?? 'of this hash'} is not supported: give a new one by accounts passwd`,
    )
  }
  const account = await store.accounts.find(name)
  if (account && (verifier === undefined || (account.credentials.password !== undefined && !options.replace)))
    return { kind: 'left' }
  if (options.dryRun) return { kind: account ? 'changed' : 'made' }
  const credentials = await credentialsOf(verifier)
  if (!account) {
    const made = await store.accounts.create({ name, credentials })
    return made.ok ? { kind: 'made' } : refused('why' in made.fault ? made.fault.why : made.fault.kind)
  }
  const done = await store.accounts.update(account.id, (now) => {
    // SCRAM keys of another password go; app passwords and the second factor stay.
    const { scram: _old, ...kept } = now.credentials
    if (kept.password !== account.credentials.password)
      return failed({ kind: 'not-permitted', why: 'changed meanwhile' })
    return ok({ credentials: { ...kept, ...credentials } })
  })
  if (done.ok) return { kind: 'changed' }
  return refused('why' in done.fault ? done.fault.why : done.fault.kind)
}

/** Makes the accounts and says what became of each; the exit code is 1 when some were refused. */
export async function bringAccounts(home: Home, users: readonly Brought[], options: BringOptions): Promise<void> {
  const store = await openStore(home)
  const counts = { made: 0, changed: 0, left: 0, refused: 0 }
  let slower = 0
  try {
    for (const { name, verifier } of users) {
      const full = name.includes('@') || options.domain === undefined ? name : `${name}@${options.domain.toLowerCase()}`
      const outcome = await bring(store, full, verifier, options)
      counts[outcome.kind]++
      const brought = outcome.kind === 'made' || outcome.kind === 'changed'
      if (brought && verifier !== undefined && isSlower(verifier)) slower++
      if (outcome.kind === 'refused') console.log(`${full}: ${outcome.why}`)
      else if (outcome.kind !== 'left') console.log(`${full}: ${outcome.kind}`)
      else console.log(`${full}: ${verifier === undefined ? 'is there' : 'has a password already'}, left`)
    }
  } finally {
    await store.close()
  }
  const { made, changed, left } = counts
  console.log(`${made} made, ${changed} changed, ${left} left, ${counts.refused} refused`)
  if (slower > 0) {
    console.log(
      `${slower} of them have passwords of a slower scheme: set refusal_time in mailbox_login.ini until they have logged in once`,
    )
  }
  if (options.dryRun) console.log('(dry run: nothing was changed)')
  if (counts.refused > 0) process.exitCode = 1
}

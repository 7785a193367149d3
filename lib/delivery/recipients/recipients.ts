import type { Account } from '../../store/account'
import type { Store } from '../../store/store'
import type { AccountId } from '../../terms/names'
import { namesOf, type Spelled, spellAddress } from './address'
import { type AliasTable, forwardsOf } from './aliases'

export interface DomainSettings {
  /** what a full mailbox answers: `temporary` 452 4.2.2, `permanent` 552 5.2.2 */
  readonly full: 'temporary' | 'permanent'
  /** characters of which the first in a local part begins the detail; empty: no subaddresses */
  readonly subaddress: string
  /** `ignore`: INBOX; `existing`: the mailbox of the detail's name, if there is one */
  readonly subaddressMailbox: 'ignore' | 'existing'
}

/** Where one recipient's mail goes. */
export interface Targets {
  readonly local: readonly Target[]
  /** addresses elsewhere, by aliases */
  readonly remote: readonly string[]
}
export interface Target {
  readonly account: Account
  /** the subaddress's detail, to be a mailbox's name */
  readonly detail?: string
}

/** One step on the way of an address, for people who ask where it ends. */
export interface Step {
  /** 0: the address that was asked for */
  readonly depth: number
  readonly address: string
  /** `looped`: it was looked up before on this way; `too-long`: more steps or recipients than there may be */
  readonly by:
    | ('domain-alias' | 'alias' | 'account' | 'disabled-account')
    | ('looped' | 'too-long' | 'elsewhere' | 'nobody')
  readonly through?: 'subaddress' | 'catch-all'
  /** the account, or where an alias leads */
  readonly to: readonly string[]
}

export interface RecipientPorts {
  readonly store: Pick<Store, 'accounts'>
  aliases(): AliasTable
  isLocalDomain(domain: string): boolean
  settingsOf(domain: string): DomainSettings
}

const DEPTH = 10
const MOST = 200

/** Who gets what is sent to an address: one answer for Haraka's hook `rcpt`, for LMTP and for other programs. */
export function createRecipients({ store, aliases, isLocalDomain, settingsOf }: RecipientPorts) {
  /** Who has an address: an account, addresses that its mail goes to, or both. */
  type Owner = {
    readonly account?: Account
    readonly forwards: readonly string[]
    readonly by: 'alias' | 'account' | 'disabled-account'
    /** the account's name, also of one that is disabled */
    readonly name?: string
  }
  type Found = Owner & { readonly detail?: string; readonly through?: 'subaddress' | 'catch-all' }

  async function accountOf(address: Spelled): Promise<Account | undefined> {
    for (const name of namesOf(address)) {
      const account = await store.accounts.find(name)
      if (account) return account
    }
    return undefined
  }

  async function lookUp(address: Spelled): Promise<Owner | undefined> {
    const listed = aliases().addresses.get(`${address.local}@${address.domain}`)
    if (listed) return { forwards: listed, by: 'alias' }
    const account = await accountOf(address)
    if (!account) return undefined
    const forwards = forwardsOf(account.overrides)
    const { name } = account
    if (!account.disabled) return { account, forwards, by: 'account', name }
    // With nobody behind it, it is refused: its mail is not the catch-all's.
    return { forwards, by: 'disabled-account', name }
  }

  async function find({ local, domain }: Spelled): Promise<Found | undefined> {
    if (local === '') return undefined
    const whole = await lookUp({ local, domain })
    if (whole) return whole
    const { subaddress } = settingsOf(domain)
    // RFC 5233 4: the first separator ends the user; a local part that begins with one has no detail.
    const at = [...local].findIndex((letter, index) => index > 0 && subaddress.includes(letter))
    const user = at > 0 ? await lookUp({ local: [...local].slice(0, at).join(''), domain }) : undefined
    if (user) {
      const detail = [...local].slice(at + 1).join('')
      return { ...user, through: 'subaddress', ...(detail !== '' && { detail }) }
    }
    const everything = await lookUp({ local: '', domain })
    return everything && { ...everything, through: 'catch-all' }
  }

  /**
   * @param tell told each step
   * @returns undefined: nobody here has this address
   */
  async function resolve(address: string, tell: (step: Step) => void = () => undefined): Promise<Targets | undefined> {
    const local = new Map<AccountId, Target>()
    const remote = new Set<string>()
    const seen = new Set<string>()

    async function expand(recipient: string, depth: number): Promise<boolean> {
      const given = spellAddress(recipient)
      if (!given) return false
      const other = aliases().domains.get(given.domain)
      const spelled = { ...given, domain: other ?? given.domain }
      const key = `${spelled.local}@${spelled.domain}`
      if (other) tell({ depth, address: recipient, by: 'domain-alias', to: [key] })
      if (depth > DEPTH || local.size + remote.size >= MOST) {
        tell({ depth, address: key, by: 'too-long', to: [] })
        return false
      }
      if (seen.has(key)) {
        // An alias that names itself, among others, means the account of that name.
        const account = await accountOf(spelled)
        const isNew = account && !account.disabled && !local.has(account.id)
        if (isNew) local.set(account.id, { account })
        tell({ depth, address: key, by: isNew ? 'account' : 'looped', to: isNew ? [account.name] : [] })
        return true
      }
      seen.add(key)
      const owner = await find(spelled)
      if (!owner) return false
      const { account, forwards, detail, by, name, through } = owner
      tell({ depth, address: key, by, to: [...(name ? [name] : []), ...forwards], ...(through && { through }) })
      if (account && !local.has(account.id)) {
        const wanted = detail !== undefined && settingsOf(spelled.domain).subaddressMailbox === 'existing'
        local.set(account.id, { account, ...(wanted && { detail }) })
      }
      for (const next of forwards) {
        const here = await expand(next, depth + 1)
        if (here) continue
        const elsewhere = !isLocalDomain(spellAddress(next)?.domain ?? '')
        tell({ depth: depth + 1, address: next, by: elsewhere ? 'elsewhere' : 'nobody', to: [] })
        if (elsewhere) remote.add(next)
      }
      return true
    }

    if (!(await expand(address, 0))) return undefined
    return local.size + remote.size === 0 ? undefined : { local: [...local.values()], remote: [...remote] }
  }

  /**
   * Whether an address is the account's own, to write from: its name, with a detail too, or an alias that leads to it. What another
   * account forwards is not.
   */
  async function isOf(address: string, account: AccountId): Promise<boolean> {
    const seen = new Set<string>()
    async function leads(recipient: string): Promise<boolean> {
      const given = spellAddress(recipient)
      if (!given || seen.size >= MOST) return false
      const spelled = { ...given, domain: aliases().domains.get(given.domain) ?? given.domain }
      const key = `${spelled.local}@${spelled.domain}`
      if (seen.has(key)) return (await accountOf(spelled))?.id === account
      seen.add(key)
      const owner = await find(spelled)
      if (owner?.by !== 'alias') return owner?.account?.id === account
      for (const next of owner.forwards) if (await leads(next)) return true
      return false
    }
    return leads(address)
  }

  /** Aliases that name the account: catch-alls and what goes through other aliases are not told, for they may be very many. */
  function aliasesOf(name: string): readonly string[] {
    const spelled = spellAddress(name)
    if (!spelled) return []
    const names = namesOf(spelled)
    const listed = [...aliases().addresses].filter(
      ([alias, targets]) => !alias.startsWith('@') && targets.some((target) => names.includes(target.toLowerCase())),
    )
    return listed.slice(0, MOST).map(([alias]) => alias)
  }

  return { resolve, isOf, aliasesOf }
}

import { type Ini, readSettings } from '../terms/settings'
import { spellDomain } from './recipients/address'
import type { DomainSettings } from './recipients/recipients'

export interface DeliverySettings {
  readonly domains: ReadonlySet<string>
  settingsOf(domain: string): DomainSettings
  /** what tells spam, which then goes into Junk */
  readonly junk: { readonly byHeader: boolean; readonly byResults: boolean }
  /** programs, each with its words, that learn from what owners put into Junk and take out of it; empty: none */
  readonly learn: { readonly spam: readonly string[]; readonly ham: readonly string[] }
  /** whether recipients are checked before other plugins, or after them */
  readonly rcpt: 'first' | 'last'
  /** milliseconds that the log of deliveries keeps an entry */
  readonly keepLog: number
  /** milliseconds; 0: all is stored */
  readonly duplicates: number
}

const DOMAIN = /^domain\s+(\S+)$/

/** config/mailbox_deliver.ini: `[main]`, and `[domain example.org]` for what one domain has otherwise. */
export function deliverySettings(ini: Ini): DeliverySettings {
  const read = readSettings('mailbox_deliver.ini', ini)
  const rules = (section: string, fallback: DomainSettings): DomainSettings => {
    const separators = read.text(`${section}.subaddress`, fallback.subaddress || 'none')
    return {
      full: read.choice(`${section}.full`, ['temporary', 'permanent'], fallback.full),
      subaddress: separators === 'none' ? '' : separators,
      subaddressMailbox: read.choice(
        `${section}.subaddress_mailbox`,
        ['ignore', 'existing'],
        fallback.subaddressMailbox,
      ),
    }
  }
  const main = rules('main', { full: 'temporary', subaddress: '+', subaddressMailbox: 'ignore' })
  const own = new Map(
    Object.keys(ini).flatMap((section) => {
      const [, domain] = DOMAIN.exec(section) ?? []
      return domain === undefined ? [] : [[spellDomain(domain), rules(section, main)] as const]
    }),
  )
  const domains = new Set([...read.list('main.domains', []).map(spellDomain), ...own.keys()])
  const words = read.list('main.junk', ['none'])
  for (const word of words)
    if (!['none', 'header', 'results'].includes(word))
      read.complain(`main.junk: ${word} is not none, header or results`)
  const junk = { byHeader: words.includes('header'), byResults: words.includes('results') }
  const program = (key: string): readonly string[] => read.list(key, []).filter((word) => word !== 'none')
  const learn = { spam: program('main.learn_spam'), ham: program('main.learn_ham') }
  const rcpt = read.choice('main.rcpt', ['first', 'last'], 'first')
  const duplicates = read.duration('main.duplicates', '0s')
  const keepLog = read.duration('main.keep_log', '30d')
  read.done()
  return { domains, settingsOf: (domain) => own.get(domain) ?? main, junk, learn, duplicates, rcpt, keepLog }
}

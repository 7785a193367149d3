import { spellDomain } from '../mailbox/deliver/address'
import type { DomainSettings } from '../mailbox/deliver/recipients'
import { type Ini, readSettings } from '../terms/settings'

export interface DeliverySettings {
  readonly domains: ReadonlySet<string>
  settingsOf(domain: string): DomainSettings
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
  read.done()
  return { domains, settingsOf: (domain) => own.get(domain) ?? main }
}

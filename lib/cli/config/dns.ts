import { Resolver } from 'node:dns/promises'
import { domainToASCII } from 'node:url'
import { Command } from 'commander'
import type { Service } from '../../web/clients'
import { servicesOf } from '../../web/clients'
import { httpSettings } from '../../web/settings'
import { homeOption, openHome } from '../home'
import { error, type Finding, findingLine, ok, warning } from './finding'

/** One record of a zone. */
interface ZoneRecord {
  readonly name: string
  readonly type: 'MX' | 'SRV' | 'CNAME' | 'TXT' | 'CAA'
  readonly value: string
  /** whether mail is lost, or programs have to be set up by hand, without it */
  readonly needed: boolean
  readonly why: string
}

const SRV: Readonly<Record<Service['protocol'], Readonly<Record<Service['tls'], string>>>> = {
  imap: { implicit: '_imaps', starttls: '_imap' },
  pop3: { implicit: '_pop3s', starttls: '_pop3' },
  smtp: { implicit: '_submissions', starttls: '_submission' },
}

/** What a domain's zone needs so that mail comes here and programs find us (RFC 6186, RFC 8314 5.1). */
export function recordsFor(domain: string, me: string, services: readonly Service[]): readonly ZoneRecord[] {
  const why = 'mail programs find the server by the address alone'
  return [
    { name: domain, type: 'MX', value: `10 ${me}.`, needed: true, why: 'mail for the domain comes here' },
    { name: domain, type: 'TXT', value: 'v=spf1 mx ~all', needed: false, why: 'who may send mail of the domain' },
    // RFC 8659 4.2: without one any authority may.
    { name: domain, type: 'CAA', value: '0 issue "letsencrypt.org"', needed: false, why: CAA },
    ...services.map(({ protocol, host, port, tls }): ZoneRecord => {
      const name = `${SRV[protocol][tls]}._tcp.${domain}`
      return { name, type: 'SRV', value: `0 1 ${port} ${host}.`, needed: false, why }
    }),
    { name: `autoconfig.${domain}`, type: 'CNAME', value: `${me}.`, needed: false, why: `${why} (Thunderbird)` },
    { name: `autodiscover.${domain}`, type: 'CNAME', value: `${me}.`, needed: false, why: `${why} (Outlook)` },
  ]
}

/** What is here is an example: it names the authority that is used. */
const CAA = 'which authority may make certificates: yours'

async function found(resolver: Resolver, { name, type }: ZoneRecord): Promise<readonly string[]> {
  switch (type) {
    case 'MX':
      return (await resolver.resolveMx(name)).map(({ priority, exchange }) => `${priority} ${exchange}.`)
    case 'SRV':
      return (await resolver.resolveSrv(name)).map((one) => `${one.priority} ${one.weight} ${one.port} ${one.name}.`)
    case 'CNAME':
      return (await resolver.resolveCname(name)).map((host) => `${host}.`)
    case 'CAA':
      return (await resolver.resolveCaa(name)).flatMap(({ critical, issue }) =>
        issue === undefined ? [] : [`${critical} issue "${issue}"`],
      )
    case 'TXT':
      return (await resolver.resolveTxt(name)).map((pieces) => pieces.join(''))
  }
}

/** What must be the same; numbers of preference are the operator's own. */
function essence({ type }: ZoneRecord, value: string): string {
  const words = value.toLowerCase().split(' ')
  if (type === 'MX') return words[1] ?? ''
  if (type === 'SRV') return words.slice(2).join(' ')
  return words[0] ?? ''
}

/** RFC 8659 4.2: `;` forbids all authorities. */
function caaFinding(about: string, there: readonly string[]): Finding {
  const all = there.join(', ')
  if (there.length > 0 && there.every((value) => /"\s*;?\s*"$/.test(value)))
    return warning(about, `is ${all}: no authority may make a certificate for it`)
  return ok(about, there.length > 0 ? `${all}: no other authority may make certificates` : NO_CAA)
}
const NO_CAA = 'is missing: any authority may make certificates (RFC 8659)'

/** Asks for each record. @param resolver whom to ask */
export async function checkZone(records: readonly ZoneRecord[], resolver: Resolver): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const record of records) {
    const { name, type, value, needed, why } = record
    const about = `${name} ${type}`
    const bad = needed ? error : warning
    try {
      const there = await found(resolver, record)
      if (type === 'CAA') {
        findings.push(caaFinding(about, there))
        continue
      }
      if (there.some((one) => essence(record, one) === essence(record, value)))
        findings.push(ok(about, there.join(', ')))
      else findings.push(bad(about, `is ${there.join(', ') || 'nothing'}, expected ${value} (${why})`))
    } catch (failure) {
      const code = failure instanceof Error && 'code' in failure ? String(failure.code) : String(failure)
      const missing = code === 'ENOTFOUND' || code === 'ENODATA'
      if (type === 'CAA' && missing) {
        findings.push(ok(about, NO_CAA))
        continue
      }
      findings.push(
        missing ? bad(about, `is missing, expected ${value} (${why})`) : error(about, `cannot be asked: ${code}`),
      )
    }
  }
  return findings
}

const line = ({ name, type, value, why }: ZoneRecord): string =>
  `${`${name}.`.padEnd(36)} IN ${type.padEnd(5)} ${type === 'TXT' ? `"${value}"` : value}   ; ${why}`

/** `haraka-mailbox dns DOMAIN`: what to put into the zone, and what is there. */
/** RFC 1035 2.3.4, of letters, digits and hyphens (RFC 1123 2.1) */
export const isDomain = (name: string): boolean =>
  name.length <= 253 && /^(?:(?!-)[a-z0-9-]{1,63}(?<!-)\.)*(?!-)[a-z0-9-]{1,63}(?<!-)$/.test(name)

export const dnsCommand = (): Command =>
  new Command('dns')
    .argument('<domain>')
    .description('what to put into the DNS zone of a domain, so that mail comes here and programs find us')
    .addOption(homeOption())
    .option('--check', 'ask what is there; exit code 1 when what mail needs is missing')
    .option('--resolver <address>', "whom to ask, in place of this machine's")
    .option('--json', 'machine-readable output')
    .action(async (name: string, options: { home: string; check?: boolean; resolver?: string; json?: boolean }) => {
      const home = openHome(options.home)
      const me = home.hostName()
      const domain = domainToASCII(name.replace(/\.$/, ''))
      if (!isDomain(domain)) throw new Error(`${name} is no domain`)
      const records = recordsFor(domain, me, servicesOf(httpSettings(home.ini('mailbox_http')).clients, me))
      if (!options.check) {
        if (options.json) console.log(JSON.stringify(records, null, 2))
        else for (const record of records) console.log(line(record))
        return
      }
      const resolver = new Resolver({ timeout: 3000, tries: 2 })
      if (options.resolver) resolver.setServers([options.resolver])
      const findings = await checkZone(records, resolver)
      if (options.json) console.log(JSON.stringify(findings, null, 2))
      else for (const finding of findings) console.log(findingLine(finding))
      if (findings.some(({ level }) => level === 'error')) process.exitCode = 1
    })

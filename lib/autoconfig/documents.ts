import type { Service } from '../web/clients'

/** What mail programs ask for, as each of them wants it. The user name is the whole address, always. */

const xml = (text: string): string =>
  text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`).replace(/[^\t\n\r\x20-\ufffd]/g, '')

const PROLOGUE = '<?xml version="1.0" encoding="UTF-8"?>'

/** Mozilla's format, as Thunderbird, Evolution, KMail, FairEmail and others read it (draft-ietf-mailmaint-autoconfig). */
export function mozillaConfig(domain: string, services: readonly Service[]): string {
  const servers = services.map(({ protocol, host, port, tls }) => {
    const [tag, type] = protocol === 'smtp' ? ['outgoingServer', 'smtp'] : ['incomingServer', protocol]
    return `    <${tag} type="${type}">
      <hostname>${xml(host)}</hostname>
      <port>${port}</port>
      <socketType>${tls === 'implicit' ? 'SSL' : 'STARTTLS'}</socketType>
      <authentication>password-cleartext</authentication>
      <username>%EMAILADDRESS%</username>
    </${tag}>`
  })
  return `${PROLOGUE}
<clientConfig version="1.1">
  <emailProvider id="${xml(domain)}">
    <domain>${xml(domain)}</domain>
    <displayName>${xml(domain)}</displayName>
    <displayShortName>${xml(domain)}</displayShortName>
${servers.join('\n')}
  </emailProvider>
</clientConfig>
`
}

const OUTLOOK = 'http://schemas.microsoft.com/exchange/autodiscover'

/** Microsoft's POX Autodiscover ([MS-OXDSCLI]), as Outlook asks for servers that are no Exchange. */
export function outlookConfig(address: string, services: readonly Service[]): string {
  const protocols = services.map(
    ({ protocol, host, port, tls }) => `      <Protocol>
        <Type>${protocol.toUpperCase()}</Type>
        <Server>${xml(host)}</Server>
        <Port>${port}</Port>
        <LoginName>${xml(address)}</LoginName>
        <DomainRequired>off</DomainRequired>
        <SPA>off</SPA>
        <SSL>on</SSL>
        <Encryption>${tls === 'implicit' ? 'SSL' : 'TLS'}</Encryption>
        <AuthRequired>on</AuthRequired>
      </Protocol>`,
  )
  return `${PROLOGUE}
<Autodiscover xmlns="${OUTLOOK}/responseschema/2006">
  <Response xmlns="${OUTLOOK}/outlook/responseschema/2006a">
    <Account>
      <AccountType>email</AccountType>
      <Action>settings</Action>
${protocols.join('\n')}
    </Account>
  </Response>
</Autodiscover>
`
}

/** The address that an Autodiscover request asks for; undefined: none. No parser of XML is needed for the one element, nor wanted. */
export function addressAsked(body: string): string | undefined {
  const [, address] = /<EMailAddress>\s*([^<>\s]{3,254})\s*<\/EMailAddress>/i.exec(body) ?? []
  return address?.includes('@') ? address : undefined
}

/** A new profile for one account. */
export interface Profile {
  readonly address: string
  /** an app password, made for it */
  readonly password: string
}

/** Apple's configuration profile (com.apple.mail.managed), for iPhone, iPad and Mac; undefined: there is no IMAP or no SMTP. */
export function appleProfile({ address, password }: Profile, services: readonly Service[]): string | undefined {
  const incoming = services.find(({ protocol }) => protocol === 'imap')
  const outgoing = services.find(({ protocol }) => protocol === 'smtp')
  if (!incoming || !outgoing) return undefined
  const text = (key: string, value: string): string => `<key>${key}</key><string>${xml(value)}</string>`
  const server = (way: 'Incoming' | 'Outgoing', { host, port }: Service): string[] => [
    text(`${way}MailServerHostName`, host),
    `<key>${way}MailServerPortNumber</key><integer>${port}</integer>`,
    `<key>${way}MailServerUseSSL</key><true/>`,
    text(`${way}MailServerAuthentication`, 'EmailAuthPassword'),
    text(`${way}MailServerUsername`, address),
    text(`${way}Password`, password),
  ]
  const head = (type: string): string[] => {
    const id = crypto.randomUUID()
    return [
      text('PayloadType', type),
      text('PayloadIdentifier', `haraka-mailbox.${id}`),
      text('PayloadUUID', id),
      '<key>PayloadVersion</key><integer>1</integer>',
      text('PayloadDisplayName', address),
    ]
  }
  const account = [
    ...head('com.apple.mail.managed'),
    text('EmailAccountType', 'EmailTypeIMAP'),
    text('EmailAddress', address),
    ...server('Incoming', incoming),
    ...server('Outgoing', outgoing),
  ]
  return `${PROLOGUE}
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
${head('Configuration').join('\n')}
<key>PayloadContent</key><array><dict>
${account.join('\n')}
</dict></array>
</dict></plist>
`
}

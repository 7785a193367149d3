import type { SettingsReader } from '../terms/settings'

/** One service as mail programs are told to use it. */
export interface Service {
  readonly protocol: 'imap' | 'pop3' | 'smtp'
  readonly host: string
  readonly port: number
  /** from the first octet, or after STARTTLS */
  readonly tls: 'implicit' | 'starttls'
}

/** How mail programs find this server. */
export interface ClientSettings {
  /** empty: the name of this mail server (config/me) */
  readonly host: string
  readonly services: readonly Omit<Service, 'host'>[]
}

function serviceOf(read: SettingsReader, protocol: Service['protocol'], fallback: string) {
  const text = read.text(`clients.${protocol}`, fallback)
  if (text === 'none') return []
  const [, port, way] = /^(\d{1,5})\s+(tls|starttls)$/.exec(text) ?? []
  if (port === undefined || Number(port) > 65535) {
    read.complain(`clients.${protocol} = ${text}: expected a port with tls or starttls, or none`)
    return []
  }
  return [{ protocol, port: Number(port), tls: way === 'tls' ? ('implicit' as const) : ('starttls' as const) }]
}

/** `[clients]` of config/mailbox_http.ini */
export const clientSettings = (read: SettingsReader): ClientSettings => ({
  host: read.text('clients.host', ''),
  services: [
    ...serviceOf(read, 'imap', '993 tls'),
    ...serviceOf(read, 'pop3', '995 tls'),
    ...serviceOf(read, 'smtp', '465 tls'),
  ],
})

/** @param me name of this mail server */
export const servicesOf = ({ host, services }: ClientSettings, me: string): readonly Service[] =>
  services.map((service) => ({ ...service, host: host === '' ? me : host }))

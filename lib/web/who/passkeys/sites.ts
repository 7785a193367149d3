import type { SettingsReader } from '../../../terms/settings'

/** An address of webmail as browsers see it, and the name that its passkeys are bound to. */
export interface PasskeySite {
  /** `https://mail.example.org` */
  readonly origin: string
  /** its host, or a domain above that (Web Authentication Level 3, 4 "RP ID") */
  readonly rpId: string
}

export interface PasskeySettings {
  /** undefined: the name of this mail server, over HTTPS */
  readonly sites: readonly PasskeySite[] | undefined
}

/** Browsers show passkeys to names only, and without TLS to this one. */
const isName = (host: string): boolean => /^(?:localhost|(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*)$/.test(host)

function originOf(word: string): URL | undefined {
  const url = URL.canParse(word) ? new URL(word) : undefined
  const isSecure = url?.protocol === 'https:' || (url?.protocol === 'http:' && url.hostname === 'localhost')
  return url && isSecure && isName(url.hostname) && url.href === `${url.origin}/` ? url : undefined
}

/** `[passkeys]` of config/mailbox_http.ini */
export function passkeySettings(read: SettingsReader): PasskeySettings {
  const words = read.list('passkeys.origins', [])
  const rpId = read.text('passkeys.rp_id', '').toLowerCase()
  if (words.length === 0) {
    if (rpId !== '') read.complain('passkeys.rp_id: needs passkeys.origins')
    return { sites: undefined }
  }
  if (words.join() === 'none') return { sites: [] }
  const sites = words.flatMap((word) => {
    const url = originOf(word)
    if (url === undefined) {
      read.complain(`passkeys.origins: ${word}: expected https:// and a name, such as https://mail.example.org`)
      return []
    }
    if (rpId === '' || url.hostname === rpId || url.hostname.endsWith(`.${rpId}`)) {
      return [{ origin: url.origin, rpId: rpId || url.hostname }]
    }
    read.complain(`passkeys.rp_id = ${rpId}: ${url.hostname} is not below it`)
    return []
  })
  return { sites }
}

/** @param host name of this mail server as clients know it */
export const sitesOf = ({ sites }: PasskeySettings, host: string): readonly PasskeySite[] =>
  sites ?? (isName(host.toLowerCase()) ? [{ origin: `https://${host.toLowerCase()}`, rpId: host.toLowerCase() }] : [])

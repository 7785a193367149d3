import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { DAY } from '../../terms/calendar'
import { textOf } from '../../terms/errors'
import type { Home } from '../../wiring/home'
import { error, type Finding, ok, warning } from './finding'

/** Days before a certificate ends from which on it is told. */
const SOON = 14

function fileOf(home: Home, key: 'key' | 'cert'): string {
  const { main } = home.ini('tls')
  const named = typeof main === 'object' && main !== null ? Reflect.get(main, key) : undefined
  return path.resolve(home.folder, 'config', typeof named === 'string' && named !== '' ? named : `tls_${key}.pem`)
}

/** Haraka's own certificate, which all listeners show (config/tls.ini, tls_key.pem, tls_cert.pem). @param now milliseconds */
export function checkCertificate(home: Home, now: number): readonly Finding[] {
  const [certFile, keyFile] = [fileOf(home, 'cert'), fileOf(home, 'key')]
  const about = path.relative(home.folder, certFile)
  if (!existsSync(certFile) || !existsSync(keyFile)) {
    const text = 'there is no certificate: nothing listens with TLS, and clear passwords are taken from this host only'
    return [warning(about, `${text} (config/tls_cert.pem and config/tls_key.pem)`)]
  }
  try {
    const certificate = new X509Certificate(readFileSync(certFile))
    const left = Math.floor((Date.parse(certificate.validTo) - now) / DAY)
    const names = certificate.subjectAltName?.replaceAll(/DNS:|IP Address:/g, '') ?? certificate.subject
    const findings: Finding[] = []
    if (!certificate.checkPrivateKey(createPrivateKey(readFileSync(keyFile))))
      findings.push(error(about, `${path.relative(home.folder, keyFile)} is not the key of this certificate`))
    if (left < 0) findings.push(error(about, `ended on ${certificate.validTo}: renew it`))
    else if (left < SOON) findings.push(warning(about, `ends in ${left} days: renew it`))
    if (Date.parse(certificate.validFrom) > now) findings.push(error(about, `begins on ${certificate.validFrom} only`))
    return findings.length > 0 ? findings : [ok(about, `for ${names}, for ${left} more days`)]
  } catch (failure) {
    return [error(about, `cannot be read: ${textOf(failure)}`)]
  }
}

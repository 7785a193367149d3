import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** Authorities and certificates in a folder, made by OpenSSL: `NAME.pem` holds key and certificate, `NAME.crt` the certificate. */
export class Certificates {
  constructor(private readonly folder: string) {}

  file(name: string): string {
    return path.join(this.folder, name)
  }

  make(
    name: string,
    subject: string,
    { by, extensions, days }: { by?: string; extensions: string; days?: number },
  ): void {
    writeFileSync(this.file(`${name}.cnf`), `[ext]\n${extensions}\n`)
    const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' })
    openssl(
      ...['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', subject],
      ...['-keyout', this.file(`${name}.key`), '-out', this.file(`${name}.csr`)],
    )
    const signer =
      by === undefined
        ? ['-signkey', this.file(`${name}.key`)]
        : ['-CA', this.file(`${by}.crt`), '-CAkey', this.file(`${by}.key`), '-CAcreateserial']
    // `openssl req -x509` refuses the negative days of a certificate that is out of date; `openssl x509` takes them.
    openssl(
      ...['x509', '-req', '-in', this.file(`${name}.csr`), ...signer, '-days', String(days ?? 30)],
      ...['-extfile', this.file(`${name}.cnf`), '-extensions', 'ext', '-out', this.file(`${name}.crt`)],
    )
    const both = ['key', 'crt'].map((end) => readFileSync(this.file(`${name}.${end}`), 'latin1')).join('')
    writeFileSync(this.file(`${name}.pem`), both)
  }
}

export const AUTHORITY =
  'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash'
export const client = (email: string, usage = 'clientAuth'): string =>
  `basicConstraints=critical,CA:FALSE\nextendedKeyUsage=${usage}${email && `\nsubjectAltName=email:${email}`}`

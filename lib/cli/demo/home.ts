import { createDiffieHellman, getDiffieHellman } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { packageRoot } from '../../package-root'
import type { DemoOptions, Override } from './options'

const PORTS_OF = { pop3: ['pop3', 'pop3s'], imap: ['imap', 'imaps'] } as const

/** The package's name since 3.3, and before. */
const PACKAGES = ['haraka', 'Haraka'] as const

/** Where Haraka is installed, or undefined. */
export function harakaFolder(): string | undefined {
  for (const from of [packageRoot, process.cwd()]) {
    for (const name of PACKAGES) {
      try {
        return path.dirname(createRequire(path.join(from, 'x.js')).resolve(`${name}/package.json`))
      } catch {
        // looked for in the next place
      }
    }
  }
  return undefined
}

type Files = Map<string, Map<string, Map<string, string>>>

function put(files: Files, { file, section, key, value }: Override): void {
  const sections = files.get(file) ?? new Map<string, Map<string, string>>()
  files.set(file, sections)
  sections.set(section, (sections.get(section) ?? new Map()).set(key, value))
}

function iniText(sections: ReadonlyMap<string, ReadonlyMap<string, string>>): string {
  return [...sections]
    .map(([name, keys]) => `[${name}]\n${[...keys].map(([key, value]) => `${key}=${value}\n`).join('')}`)
    .join('\n')
}

function overridesOf(options: DemoOptions): Override[] {
  const at = (port: number): string => (port > 0 ? `${options.listen}:${port}` : '')
  const main = (file: string, key: string, value: string): Override => ({ file, section: 'main', key, value })
  const smtp = [options.smtp, options.submission].filter((port) => port > 0).map(at)
  return [
    // With nothing here Haraka would take port 25 of every address.
    main('smtp.ini', 'listen', smtp.join(',') || `${options.listen}:0`),
    main('smtp.ini', 'nodes', String(options.nodes)),
    main('smtp.ini', 'graceful_shutdown', 'true'),
    main('smtp.ini', 'force_shutdown_timeout', '5'),
    main('log.ini', 'level', 'notice'),
    main('log.ini', 'timestamps', 'true'),
    // Haraka breaks longer lines up by default, which changes mail; real mail has them.
    { file: 'connection.ini', section: 'max', key: 'data_line_length', value: '10485760' },
    { file: 'connection.ini', section: 'max', key: 'bytes', value: '104857600' },
    // Haraka drops further header lines without a word.
    { file: 'connection.ini', section: 'headers', key: 'max_lines', value: '20000' },
    main('mailbox_store.ini', 'driver', options.store),
    main('mailbox_locks.ini', 'driver', options.locks),
    ...(['pop3', 'imap'] as const).flatMap((name) => [
      main(`mailbox_${name}.ini`, 'listen', at(options[PORTS_OF[name][0]]) || 'none'),
      main(`mailbox_${name}.ini`, 'listen_tls', at(options[PORTS_OF[name][1]]) || 'none'),
    ]),
    ...(options.http > 0
      ? [
          main('http.ini', 'listen', at(options.http)),
          { file: 'mailbox_http.ini', section: 'passkeys', key: 'origins', value: `http://localhost:${options.http}` },
        ]
      : []),
    main('mailbox_lmtp.ini', 'listen', at(options.lmtp) || 'none'),
    main('mailbox_sieve.ini', 'listen', at(options.sieve) || 'none'),
    ...options.set,
  ]
}

function pluginLines(options: DemoOptions): string[] {
  return [
    'tls',
    'mailbox/store',
    'mailbox/locks',
    'mailbox/login',
    'mailbox/deliver',
    ...(options.pop3 + options.pop3s > 0 ? ['mailbox/pop3'] : []),
    ...(options.imap + options.imaps > 0 ? ['mailbox/imap'] : []),
    ...(options.http > 0 ? ['mailbox/http'] : []),
    ...(options.lmtp > 0 ? ['mailbox/lmtp'] : []),
    ...(options.sieve > 0 ? ['mailbox/sieve'] : []),
    ...options.plugin,
  ]
}

const derLength = (length: number): Buffer =>
  length < 128 ? Buffer.from([length]) : Buffer.from([0x82, length >> 8, length & 0xff])
const der = (tag: number, body: Buffer): Buffer => Buffer.concat([Buffer.from([tag]), derLength(body.length), body])

/** Group 14 of RFC 3526 as a PEM file (PKCS #3), so that Haraka need not compute its own parameters for seconds at the first start. */
function dhParameters(): string {
  const group = getDiffieHellman('modp14')
  const prime = createDiffieHellman(group.getPrime()).getPrime()
  const positive = Buffer.concat([Buffer.from([0]), prime])
  const sequence = der(0x30, Buffer.concat([der(0x02, positive), der(0x02, group.getGenerator())]))
  const lines = sequence.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN DH PARAMETERS-----\n${lines.join('\n')}\n-----END DH PARAMETERS-----\n`
}

async function writeCertificate(config: string): Promise<void> {
  if (existsSync(path.join(config, 'tls_cert.pem'))) return
  // Every command would wait for its hundred modules.
  const { generate } = await import('selfsigned')
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    keySize: 2048,
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: false },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  })
  writeFileSync(path.join(config, 'tls_key.pem'), made.private, { mode: 0o600 })
  writeFileSync(path.join(config, 'tls_cert.pem'), made.cert)
  writeFileSync(path.join(config, 'dhparams.pem'), dhParameters())
}

/** Writes (again) the Haraka home of the demo; mail and accounts in it stay. */
export async function writeDemoHome(options: DemoOptions, haraka: string, domains: readonly string[]): Promise<void> {
  const config = path.join(options.home, 'config')
  mkdirSync(config, { recursive: true, mode: 0o700 })
  const files: Files = new Map()
  for (const override of overridesOf(options)) put(files, override)
  for (const [file, sections] of files) {
    // Haraka needs a whole connection.ini, which 3.0 does not have; a later value of a key wins.
    const whole = path.join(haraka, 'config', file)
    const before = file === 'connection.ini' && existsSync(whole) ? readFileSync(whole, 'utf8') : ''
    writeFileSync(path.join(config, file), `${before}\n${iniText(sections)}`, { mode: 0o600 })
  }
  writeFileSync(path.join(config, 'me'), 'localhost\n')
  writeFileSync(path.join(config, 'host_list'), `${[...new Set(['localhost', ...domains])].join('\n')}\n`)
  writeFileSync(path.join(config, 'plugins'), `${pluginLines(options).join('\n')}\n`)
  await writeCertificate(config)

  const link = path.join(options.home, 'node_modules', 'haraka-plugin-mailbox')
  mkdirSync(path.dirname(link), { recursive: true })
  rmSync(link, { force: true, recursive: true })
  symlinkSync(packageRoot, link, 'junction')
}

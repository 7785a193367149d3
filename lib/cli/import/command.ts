import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { importAccounts, totalsOf } from '../../import/accounts'
import { emlSource } from '../../import/eml'
import { createPace } from '../../import/imap/pace'
import { imapSource } from '../../import/imap/source'
import type { ImportOptions } from '../../import/import'
import { maildirSource } from '../../import/maildir/source'
import { UIDL_FORMATS, uidlFormat } from '../../import/maildir/uidl-format'
import { mboxSource } from '../../import/mbox/source'
import { type ReadingOptions, type Source, USUAL } from '../../import/source'
import { prepare } from '../../mime/prepare'
import type { Store } from '../../store/store'
import { canonicalMailboxName } from '../../terms/names'
import { sizeOf } from '../../terms/sizes'
import { SPECIAL_USES, type SpecialUse } from '../../terms/special-use'
import { openStore } from '../../wiring/store'
import { gather } from '../accounts/changes'
import { homeOption, openHome } from '../home'
import { jsonOf, needsALook, printAccount, printTotals, progressLine } from './report'

interface Common {
  readonly home: string
  readonly account: readonly string[]
  readonly all?: boolean
  readonly dryRun?: boolean
  readonly verify: ImportOptions['verify'] | boolean
  readonly follow?: boolean
  readonly parallel: number
  readonly specialUse: ReadonlyMap<string, SpecialUse>
  readonly into: string
  readonly json?: boolean
}

interface FileWords extends Common, ReadingOptions {}

interface ImapWords extends Common {
  readonly user: string
  readonly passwords?: string
  readonly port?: number
  readonly plain?: boolean
  readonly starttls?: boolean
  readonly rate: number
  readonly messageRate: number
  readonly uidl: string
}

/** `%u`, `%n` and `%d` of an account's name, as Dovecot has them in mail_location. */
function expanded(template: string, account: string): string {
  const at = account.lastIndexOf('@')
  const words: Readonly<Record<string, string>> = {
    '%u': account,
    '%n': at < 0 ? account : account.slice(0, at),
    '%d': at < 0 ? '' : account.slice(at + 1),
    '%%': '%',
  }
  return template.replace(/%[und%]/g, (word) => words[word] ?? word)
}

async function namesOf(store: Store, { account, all }: Common, more: Iterable<string>): Promise<readonly string[]> {
  const names = new Set([...account, ...(account.length > 0 || all ? [] : more)].map((name) => name.toLowerCase()))
  if (all) for await (const { name } of store.accounts.list()) names.add(name)
  if (names.size === 0) throw new Error('say whose mail: --account NAME (repeatable), or --all')
  return [...names]
}

async function run(
  options: Common,
  verify: ImportOptions['verify'],
  open: (account: string) => Source | Promise<Source>,
  more: Iterable<string> = [],
): Promise<void> {
  const store = await openStore(openHome(options.home))
  try {
    const names = await namesOf(store, options, more)
    const dryRun = options.dryRun === true
    const progress = progressLine(names.length)
    const chosen = typeof options.verify === 'string' ? options.verify : options.verify ? verify : 'no'
    const reports = await importAccounts(
      { store, prepare },
      names,
      async ({ name }) => open(name),
      {
        ...{
          dryRun,
          verify: chosen,
          follow: options.follow === true,
          parallel: options.parallel,
          specialUse: options.specialUse,
        },
        ...progress,
      },
      (report) => {
        progress.clear()
        if (!options.json) printAccount(report, dryRun, names.length === 1)
      },
    )
    if (options.json) console.log(JSON.stringify(jsonOf(reports, dryRun), null, 2))
    else printTotals(reports, dryRun)
    if (needsALook(totalsOf(reports))) process.exitCode = 1
  } finally {
    await store.close()
  }
}

function octets(text: string): number {
  const size = sizeOf(text)
  if (size === undefined) throw new InvalidArgumentError('must be a number of octets such as 500K or 2M.')
  return size
}

/** A message is in memory whole, and its text in one string of the engine at most. */
const MOST_LARGEST = 400 * 1024 ** 2

function largestMessage(text: string): number {
  const size = octets(text)
  if (size < 1 || size > MOST_LARGEST) throw new InvalidArgumentError('must be from 1 to 400M.')
  return size
}

function whole(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('must be a whole number from 1 on.')
  return Number(text)
}

const UIDLS = `${Object.keys(UIDL_FORMATS).join(', ')}, or Dovecot's pop3_uidl_format itself`
const NAMED: Readonly<Record<string, string>> = UIDL_FORMATS

function uidls(text: string): string {
  const format = NAMED[text] ?? text
  if (text === 'new') return text
  if (!format.includes('%') || !uidlFormat(format)) throw new InvalidArgumentError(`must be ${UIDLS} (%u, %v, %f, %g).`)
  return format
}

/** `Gesendet=sent` */
function specialUses(text: string, before: ReadonlyMap<string, SpecialUse>): ReadonlyMap<string, SpecialUse> {
  const [, name = '', word = ''] = /^(.+)=\\?(\w+)$/.exec(text) ?? []
  const use = SPECIAL_USES.find((one) => one.slice(1).toLowerCase() === word.toLowerCase())
  if (!use) throw new InvalidArgumentError(`must be such as Gesendet=sent: ${SPECIAL_USES.join(', ')}.`)
  return new Map([...before, [canonicalMailboxName(name.normalize('NFC')), use]])
}

/** `name:password` lines. */
function passwordsOf(file: string): ReadonlyMap<string, string> {
  const lines = readFileSync(file, 'utf8').split(/\r?\n/)
  return new Map(
    lines.flatMap((line) => {
      const [, name, password] = /^([^#:\s][^:]*):(.+)$/.exec(line) ?? []
      return name === undefined || password === undefined ? [] : [[name.toLowerCase(), password] as const]
    }),
  )
}

function imap(host: string, options: ImapWords): Promise<void> {
  const { user, plain, starttls, rate, messageRate } = options
  const passwords = options.passwords === undefined ? new Map() : passwordsOf(options.passwords)
  const secure = !plain && !starttls
  const pace = createPace({ octets: rate, messages: messageRate })
  const uidl = options.uidl === 'new' ? undefined : uidlFormat(options.uidl)
  const open = (account: string): Promise<Source> => {
    const password = passwords.get(account) ?? process.env.IMPORT_PASSWORD
    if (!password)
      throw new Error('its password there is missing: IMPORT_PASSWORD=... in the environment, or --passwords')
    const port = options.port ?? (secure ? 993 : 143)
    return imapSource({
      ...{ host, port, secure, startTls: starttls === true, user: expanded(user, account), password, pace, uidl },
    })
  }
  return run(options, 'new', open, passwords.keys())
}

export function importCommand(): Command {
  const command = new Command('import').description(
    'bring mail from elsewhere into accounts; can be run again at any time',
  )
  const sub = (usage: string, text: string, parallel: number): Command =>
    command
      .command(usage)
      .description(text)
      .addOption(homeOption())
      .option('--account <name>', 'the account that gets the mail (repeatable)', gather, [])
      .option('--all', 'all accounts: with %u, %n, %d (address, and its two halves) where the mail is')
      .option('--into <mailbox>', 'the mailbox for what has no name of its own', 'INBOX')
      .option('--dry-run', 'only say what would happen, and who would download again')
      .option('--follow', 'what an earlier run brought gets the flags it has there now, and goes if it has gone there')
      .option(
        '--special-use <name=use>',
        'of a mailbox whose use is only in the configuration there, such as Gesendet=sent (repeatable)',
        specialUses,
        new Map(),
      )
      .option('--parallel <n>', 'accounts or mailboxes at a time', whole, parallel)
      .addOption(
        new Option(
          '--verify <what>',
          'by hash; all: both sides are read again; new: what came is read back (default: all, imap: new)',
        )
          .choices(['all', 'new'])
          .default(true, ''),
      )
      .option('--no-verify', 'do not read again what came')
      .option('--json', 'the report for programs, at the end')
  const files = (usage: string, text: string): Command =>
    sub(usage, text, 1)
      .option('--outside-links', 'follow symbolic links that lead out of the folder')
      .option('--largest <octets>', 'messages that are larger are named and left out', largestMessage, USUAL.largest)

  files('maildir <folder>', 'a Maildir or Maildir++ with the index files of Dovecot or Courier')
    .option('--uidl <format>', `how Dovecot made POP3's unique ids: ${UIDLS}`, uidls, UIDL_FORMATS.dovecot)
    .action((folder: string, options: FileWords & { readonly uidl: string }) =>
      run(options, 'all', (account) => maildirSource(path.resolve(expanded(folder, account)), options.uidl, options)),
    )
  files('mbox <path>', 'an mbox file, or a folder of them').action((file: string, options: FileWords) =>
    run(options, 'all', (account) => mboxSource(path.resolve(expanded(file, account)), options.into, options)),
  )
  files('eml <folder>', 'a folder of .eml files; folders in it are mailboxes').action(
    (folder: string, options: FileWords) =>
      run(options, 'all', (account) => emlSource(path.resolve(expanded(folder, account)), options.into, options)),
  )
  sub('imap <host>', 'accounts of another IMAP server; their password is read from the variable IMPORT_PASSWORD', 4)
    .option('--user <name>', "login name there; a master user's is such as '%u*master'", '%u')
    .option('--passwords <file>', 'lines name:password, for accounts that have one of their own')
    .option('--port <port>', 'port (default: 993, or 143)', whole)
    .option('--plain', 'no TLS: for a server on this machine')
    .option('--starttls', 'STARTTLS in place of TLS from the first octet')
    .option('--rate <octets>', 'octets a second at most, over all connections, such as 500K or 2M', octets, 0)
    .option('--message-rate <n>', 'messages a second at most, over all connections', whole, 0)
    .option('--uidl <format>', `POP3's unique ids as the server there makes them: new, ${UIDLS}`, uidls, 'new')
    .action(imap)
  return command
}

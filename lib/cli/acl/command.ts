import { Command } from 'commander'
import type { AccountMail, RightsVerbs } from '../../mailbox/mailbox'
import { type Rights, readRights, writeRights } from '../../mailbox/shared/rights'
import type { Account } from '../../store/account'
import type { Fault, Result } from '../../terms/fault'
import { plainText } from '../../terms/plain'
import { type Desk, withDesk } from '../bin/desk'
import { homeOption } from '../home'

interface Options {
  readonly home: string
  readonly json?: boolean
}

/** Words for what is given most. */
const WORDS: Readonly<Record<string, Rights>> = { read: 'lrs', write: 'lrswite', all: 'lrswipkxtea' }
const EVERY = '*'

function rightsOf(text: string): Rights {
  const rights = WORDS[text] ?? readRights(text)
  if (rights !== undefined && rights !== '') return rights
  const words = Object.entries(WORDS).map(([word, letters]) => `${word} (${letters})`)
  throw new Error(`${text}: expected letters of lrswipkxtea, or ${words.join(', ')}; \`acl remove\` takes rights away`)
}

const whyNot = (fault: Fault): string => ('why' in fault ? fault.why : fault.kind)
function must<T>(what: string, done: Result<T>): T {
  if (done.ok) return done.value
  const why = done.fault.kind === 'no-such-mailbox' ? 'there is no such mailbox' : whyNot(done.fault)
  throw new Error(`${what}: ${why}; nothing was changed there`)
}

/** With an administrator's rights: who may call this may do anything. */
const mailOf = ({ room }: Desk, { id, name, overrides }: Account): AccountMail =>
  room.account({ id, name, overrides, admin: true })

/** @param mailbox its name; `*`: all */
async function mailboxesOf(mail: AccountMail, mailbox: string): Promise<readonly string[]> {
  return mailbox === EVERY ? (await mail.mailboxes()).map(({ name }) => name) : [mailbox]
}

async function list(desk: Desk, name: string, mailbox: string | undefined, { json }: Options): Promise<void> {
  const mail = mailOf(desk, await desk.account(name))
  if (mailbox !== undefined) must(mailbox, await mail.rights.list(mailbox))
  const rows = (await mail.rights.all())
    .filter((entry) => mailbox === undefined || entry.mailbox === mailbox)
    .map((entry) => ({ ...entry, rights: writeRights(entry.rights) }))
  if (json) return console.log(JSON.stringify(rows, null, 2))
  if (rows.length === 0) console.log('nobody else has rights')
  print(rows.map((row) => [row.mailbox, row.identifier, row.rights]))
}

/** What the user sees, and may do there. */
async function visible(desk: Desk, name: string, { json }: Options): Promise<void> {
  const { id, name: full, overrides, admin } = await desk.account(name)
  const mail = desk.room.guest({ id, name: full, overrides, admin }, () => ({
    ...{ protocol: 'cli', address: '127.0.0.1', connection: 'haraka-mailbox' },
  }))
  const rows = (await mail.shared()).map((mailbox) => ({
    mailbox: mailbox.name,
    rights: writeRights(mail.rightsOn(mailbox)),
  }))
  if (json) return console.log(JSON.stringify(rows, null, 2))
  if (rows.length === 0) console.log(`${full} sees no mailboxes of others`)
  print(rows.map((row) => [row.mailbox, row.rights]))
}

function print(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]?.map((_cell, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  for (const row of rows)
    console.log(plainText(row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).trimEnd())
}

async function change(
  desk: Desk,
  { name, mailbox, text }: { readonly name: string; readonly mailbox: string; readonly text: string },
  act: (rights: RightsVerbs, mailbox: string) => Promise<Result<void>>,
): Promise<void> {
  const account = await desk.account(name)
  const mail = mailOf(desk, account)
  for (const one of await mailboxesOf(mail, mailbox)) {
    must(`${account.name} ${one}`, await act(mail.rights, one))
    await desk.note(account.name, `rights on ${one}: ${text}`)
    console.log(plainText(`${account.name} ${one}: ${text}`))
  }
}

/** `haraka-mailbox acl`: who may do what in whose mailboxes, beside a running Haraka. */
export function aclCommand(): Command {
  const acl = new Command('acl').description('who may do what in the mailboxes of others (docs/sharing.md)')
  const sub = (usage: string, text: string): Command => acl.command(usage).description(text).addOption(homeOption())
  sub('list <account> [mailbox]', 'who has rights on the mailboxes of an account')
    .option('--json', 'machine-readable output')
    .action((name: string, mailbox: string | undefined, options: Options) =>
      withDesk(options.home, (desk) => list(desk, name, mailbox, options)),
    )
  sub('visible <user>', 'the mailboxes of others that a user sees, by the names that they have there')
    .option('--json', 'machine-readable output')
    .action((name: string, options: Options) => withDesk(options.home, (desk) => visible(desk, name, options)))
  sub(
    'set <account> <mailbox> <identifier> <rights>',
    "give a user, a $group or anyone these rights; '*' for all mailboxes",
  )
    .addHelpText('after', '\nRights: letters of lrswipkxtea, or read (lrs), write (lrswite), all')
    .action((name: string, mailbox: string, identifier: string, rights: string, { home }: Options) => {
      const given = rightsOf(rights)
      const text = `${identifier} ${writeRights(given)}`
      return withDesk(home, (desk) =>
        change(desk, { name, mailbox, text }, (verbs, one) => verbs.set(one, identifier, 'replace', given)),
      )
    })
  sub('remove <account> <mailbox> <identifier>', "take all rights away; '*' for all mailboxes").action(
    (name: string, mailbox: string, identifier: string, { home }: Options) =>
      withDesk(home, (desk) =>
        change(desk, { name, mailbox, text: `${identifier} -` }, (verbs, one) => verbs.remove(one, identifier)),
      ),
  )
  return acl
}

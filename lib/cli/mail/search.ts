import { Command } from 'commander'
import { mailboxNamed } from '../../http/mail/list/named'
import { searchOf } from '../../http/mail/list/query'
import { summaryOf } from '../../http/mail/list/summary'
import { fileNameOf } from '../../http/mail/message/file-name'
import type { AccountMail, MailRoom } from '../../mailbox/mailbox'
import { find } from '../../mailbox/search/find'
import type { Mailbox } from '../../mailbox/vocabulary'
import type { Part } from '../../mime/prepared'
import { bodiesOf } from '../../mime/read/bodies'
import { plainText, utcTime } from '../../terms/plain'
import { sizeText } from '../../terms/sizes'
import { gather } from '../accounts/changes'
import { withDesk } from '../bin/desk'
import { homeOption } from '../home'
import { limitOf } from '../limit'

interface Options {
  readonly home: string
  readonly mailbox: readonly string[]
  readonly limit: string
  readonly json?: boolean
}

/** rows in memory: an envelope may have 1 MB */
const AT_ONCE = 20

const fileNames = (structure: Part): readonly string[] => bodiesOf(structure).files.map(({ part }) => fileNameOf(part))

type Summary = ReturnType<typeof summaryOf>

/** What matches in one mailbox: how many, and the newest of them. */
async function searchIn(
  room: MailRoom,
  mail: AccountMail,
  mailbox: Mailbox,
  key: ReturnType<typeof searchOf>['key'],
  most: number,
): Promise<{ readonly total: number; readonly messages: readonly Summary[] }> {
  const opened = await mail.openById(mailbox.id, 'peek')
  // Removed since the list of mailboxes was made.
  if (!opened.ok) return { total: 0, messages: [] }
  const view = opened.value
  try {
    await view.sync('say')
    const matches = await find({ room, mail, view, attachments: fileNames }, key, Date.now())
    const newest = matches.slice(-most)
    const messages: Summary[] = []
    for (let at = 0; at < newest.length; at += AT_ONCE) {
      const uids = newest.slice(at, at + AT_ONCE).map((seq) => view.uidAt(seq))
      for await (const rows of mail.rows(view, uids)) messages.push(...rows.map((row) => summaryOf(row, mailbox.name)))
    }
    return { total: matches.length, messages }
  } finally {
    view.close()
  }
}

/** The mailboxes that are searched: those that were named, the one of `in:`, or all. */
async function chosen(mail: AccountMail, names: readonly string[]): Promise<readonly Mailbox[]> {
  if (names.length === 0) return mail.mailboxes()
  const wanted: Mailbox[] = []
  for (const name of names) {
    const mailbox = await mailboxNamed(mail, name)
    if (!mailbox) throw new Error(`there is no mailbox ${name}`)
    wanted.push(mailbox)
  }
  return wanted
}

const lineOf = ({ uid, mailbox, date, from, subject, size }: Summary): string => {
  const [sender] = from
  const who = sender ? sender.name || sender.address : '(nobody)'
  return [`${mailbox} ${uid}`, utcTime(date).slice(0, 16), who, subject || '(no subject)', sizeText(size)]
    .map(plainText)
    .join('  ')
}

/** `haraka-mailbox search`: for administrators; the audit trail of the account has it. */
export const searchCommand = (): Command =>
  new Command('search')
    .description('find messages of an account, in the words of webmail; the audit trail has who searched for what')
    .argument('<account>')
    .argument('<query>', 'such as "from:ann subject:invoice after:2026-01-31 has:attachment"')
    .addOption(homeOption())
    .option('--mailbox <name>', 'only this one (repeatable); default: all', gather, [])
    .option('--limit <n>', 'messages that are shown', '100')
    .option('--json', 'machine-readable output')
    .action((name: string, query: string, options: Options) =>
      withDesk(options.home, async (desk) => {
        const most = limitOf(options)
        if (query.trim() === '') throw new Error('an empty query: specify what to look for')
        const { key, mailbox, notes } = searchOf(query)
        const { id, name: full, overrides, admin } = await desk.account(name)
        const mail = desk.room.account({ id, name: full, overrides, admin })
        const mailboxes = await chosen(mail, mailbox === undefined ? options.mailbox : [mailbox])
        // Before anything is shown.
        await desk.note(full, `mail-searched (${plainText(query).slice(0, 200)})`)
        let total = 0
        let messages: readonly Summary[] = []
        for (const one of mailboxes) {
          const found = await searchIn(desk.room, mail, one, key, most)
          total += found.total
          messages = [...messages, ...found.messages].sort((a, b) => b.date - a.date).slice(0, most)
        }
        for (const note of notes) console.error(note)
        if (options.json) return console.log(JSON.stringify({ account: full, total, messages }, null, 2))
        for (const message of messages) console.log(lineOf(message))
        const more = total > messages.length ? `, the newest ${messages.length} are shown (--limit for more)` : ''
        console.log(`${total} found in ${mailboxes.length} ${mailboxes.length === 1 ? 'mailbox' : 'mailboxes'}${more}`)
      }),
    )

import type { AccountMail, View } from '../../../mailbox/mailbox'
import type { Mailbox } from '../../../mailbox/vocabulary'
import type { SearchKey } from '../../../search/key'
import { turn } from '../../../work/turns'
import { createProgress } from '../../base/messages/progress'
import { search } from '../../base/search/find'
import { expungesOf, program, ready, type SearchArguments } from '../../base/search/search'
import { begin, FIND_ALL, type Returns, returnOptions, sayFound, tellsScores } from '../../base/search/search-return'
import { type Command, defineCommand } from '../../kernel/command'
import { afterLogin, type Extension } from '../../kernel/extension'
import { bad, done, no, type Reply } from '../../kernel/reply'
import type { Session } from '../../kernel/session'
import type { WhenFound } from '../../kernel/slots'
import { LOGGED_IN, type Selected } from '../../kernel/state'
import type { Cursor } from '../../wire/cursor'
import * as encode from '../../wire/encode'
import { code, list } from '../../wire/response'
import { filtered, type MailboxFilter, MOST_FILTERS, readFilter, subtreeOne } from '../mailboxes/mailbox-filter'

/** mailboxes of one ESEARCH, and names in it */
const MOST = 1000

/** esearch-source-opts of RFC 7377 4 */
interface Sources {
  readonly selected: boolean
  readonly filters: readonly MailboxFilter[]
}

interface Esearch extends SearchArguments {
  readonly sources: Sources
  readonly returns: Returns
  /** the mailbox that is searched now, for the numbers of the program */
  readonly now: { view: View | undefined }
}

/** Its program can run. */
interface Running extends Omit<Esearch, 'key'> {
  readonly key: SearchKey
  readonly usesModSeq: boolean
}

/** `IN (mailboxes "a" subtree "b" selected) `; without it the selected mailbox */
function readSources(cursor: Cursor): Sources {
  if (!cursor.try('IN (')) return { selected: true, filters: [] }
  const filters: MailboxFilter[] = []
  let selected = false
  do {
    if (filters.length >= MOST_FILTERS) cursor.fail(`at most ${MOST_FILTERS} filters of mailboxes`)
    const word = cursor.keyword()
    if (word === 'SELECTED') selected = true
    else if (word === 'SUBTREE-ONE') filters.push(subtreeOne(cursor))
    else filters.push(readFilter(cursor, word) ?? cursor.fail('mailboxes that are searched'))
  } while (cursor.try(' '))
  cursor.expect(') ')
  return { selected, filters }
}

/** The names of all mailboxes that are searched, each once; undefined: too many. */
async function namesOf(mail: AccountMail, { filters }: Sources): Promise<ReadonlySet<string> | undefined> {
  const own = filters.length > 0 ? await mail.mailboxes() : []
  const foreign = filters.filter(({ others }) => others)
  const others = foreign.length > 0 ? await mail.shared() : []
  // RFC 7377 2.2: what is named need not be seen, only read.
  const names = new Set(filters.flatMap((filter) => [...filter.names]))
  const by = (some: readonly MailboxFilter[]) => (mailbox: Mailbox) =>
    some.some(({ fits }) => fits(mailbox.name, mailbox.subscribed))
  for (const { name } of await filtered(own, by(filters))) names.add(name)
  for (const { name } of await filtered(others, by(foreign))) names.add(name)
  return names.size > MOST ? undefined : names
}

/** Its name as it is now; undefined: it was deleted. */
async function nameOf({ mail, view, openedAs }: Selected): Promise<string | undefined> {
  const { id } = view.mailbox
  if (view.account === mail.id) return (await mail.findById(id))?.name
  return (await mail.shared()).find((mailbox) => mailbox.id === id)?.name ?? openedAs
}

/** What was found in one mailbox, by UID, and nothing where nothing was found (RFC 7377 2.1). @returns whether all was looked at */
async function searchOne(
  session: Session,
  state: Selected,
  { key, returns, usesModSeq, now }: Running,
  tag: string,
  name: string,
  begun: WhenFound | undefined,
): Promise<boolean> {
  const { view } = state
  now.view = view
  const scores = tellsScores(returns) ? new Map<number, number>() : undefined
  const { seqs, code: limit } = await search(session, state, key, tag, scores)
  const mailbox = encode.mailbox(name, session.modes.utf8)
  const correlator = list(['TAG', encode.quoted(tag), 'MAILBOX', mailbox, 'UIDVALIDITY', view.mailbox.uidValidity])
  if (seqs.length > 0)
    sayFound(session, state, { tag, by: 'uid', seqs, scores, returns, usesModSeq, plain: 'SEARCH', correlator })
  else if (returns.save) state.saved = []
  await begun?.({ by: 'uid', key, seqs, isWhole: limit === undefined, correlator })
  return limit === undefined
}

async function run(
  session: Session,
  state: Selected | undefined,
  mail: AccountMail,
  args: Esearch,
  tag: string,
): Promise<Reply> {
  const { sources, returns } = args
  const found = await ready(args, state, returns)
  if (found.refused) return found.refused
  const running: Running = { ...args, key: found.key, usesModSeq: found.usesModSeq }
  if (sources.selected && !state) return bad('No mailbox is selected')
  const begun = state ? begin(session, state, tag, returns) : undefined
  if (begun && typeof begun !== 'function') return begun
  const names = await namesOf(mail, sources)
  if (!names) return no(`At most ${MOST} mailboxes`, 'LIMIT')
  const refused = names.size > 0 ? await session.enter(mail) : undefined
  if (refused) return refused
  const progress = createProgress(session, tag, names.size + 1)
  let isWhole = true
  const selected = state && (await nameOf(state))
  let searched = 0
  for (const name of names) {
    progress(++searched)
    await turn()
    // RFC 7377 2.2: what may not be read, or is in somebody else's hands, is passed over as one that is not there.
    if (name === selected || (await session.enter(mail, name))) continue
    const opened = await mail.open(name, 'peek')
    if (!opened.ok) continue
    const view = opened.value
    try {
      const other: Selected = { name: 'selected', mail, view, openedAs: name, readOnly: true, saved: [] }
      if (!(await searchOne(session, other, running, tag, name, undefined))) isWhole = false
    } finally {
      view.close()
      args.now.view = undefined
    }
    if (session.connection.writer.full && !(await session.connection.writer.drained())) break
  }
  // The last one: what its context keeps of the program is of this mailbox.
  if (state && selected !== undefined && (sources.selected || names.has(selected)))
    isWhole = (await searchOne(session, state, running, tag, selected, begun)) && isWhole
  const { messageLimit } = session.ports.settings
  return isWhole ? done('ESEARCH completed') : done('ESEARCH ended', code('MESSAGELIMIT', messageLimit))
}

const esearch: Command = defineCommand({
  name: 'ESEARCH',
  rfc: 'RFC 7377 2',
  states: LOGGED_IN,
  by: 'uid',
  expunges: expungesOf('uid'),
  parse: (cursor, session, slots): Esearch => {
    cursor.space()
    const sources = readSources(cursor)
    const returns = returnOptions(cursor, slots) ?? FIND_ALL
    // RFC 7377 2.2
    if (returns.save && sources.filters.length > 0) cursor.fail('SAVE of the selected mailbox alone')
    if (returns.items.some((item) => item.begin) && session.state.name !== 'selected')
      cursor.fail('a selected mailbox for UPDATE')
    const now: Esearch['now'] = { view: undefined }
    const found = program(cursor, session, slots, false, () => now.view)
    if (tellsScores(returns) && !found.isFuzzy) cursor.fail('FUZZY for RELEVANCY')
    return { sources, returns, now, ...found }
  },
  run: ({ session, state, tag }, args) =>
    run(session, state.name === 'selected' ? state : undefined, state.mail, args, tag),
})

/** MULTISEARCH (RFC 7377): one search in many mailboxes. */
export const multisearch: Extension = {
  rfcs: {
    7377: { title: 'IMAP MULTISEARCH', note: 'at most 1000 mailboxes at once' },
  },
  capabilities: afterLogin('MULTISEARCH'),
  commands: [esearch],
}

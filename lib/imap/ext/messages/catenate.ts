import type { AccountMail, View } from '../../../mailbox/mailbox'
import { turn } from '../../../work/turns'
import { sectionOctets, sectionOf } from '../../base/messages/fetch-items'
import { afterLogin, type Extension } from '../../kernel/extension'
import { no, type Reply } from '../../kernel/reply'
import type { Session } from '../../kernel/session'
import type { Budget } from '../../kernel/slots'
import { messageUrl, urlText } from '../../wire/imap-url'
import { code } from '../../wire/response'

/** CATENATE (RFC 4469): a message is put together of texts and of parts of messages that are here. */

/** parts of one message; octets of one URL */
const MOST_PARTS = 1000
const MOST_URL = 4096

type Part = Buffer | { readonly url: string }

const tooBig = (limit: number): Reply => no(`Too big: the limit is ${limit} octets`, 'TOOBIG')

/** Mailboxes that the URLs of one message name, each opened once. */
class Sources {
  readonly #views = new Map<string, View>()
  constructor(
    readonly session: Session,
    readonly mail: AccountMail,
  ) {}

  async #view(name: string): Promise<View | undefined> {
    const known = this.#views.get(name)
    if (known) return known
    if (await this.session.enter(this.mail, name)) return undefined
    const opened = await this.mail.open(name, 'peek')
    if (!opened.ok) return undefined
    this.#views.set(name, opened.value)
    return opened.value
  }

  /** RFC 4469 3: as FETCH BODY.PEEK[...] would give them; undefined: there is no such thing. `too-big`: there is no room for it */
  async octets(url: string, budget: Budget): Promise<Buffer | 'too-big' | undefined> {
    const named = messageUrl(url)
    const section = named && sectionOf(named.section)
    if (!named || !section) return undefined
    const view = await this.#view(named.mailbox)
    if (!view || (named.uidValidity ?? view.mailbox.uidValidity) !== view.mailbox.uidValidity) return undefined
    const seq = view.seqOf(named.uid)
    if (seq === undefined || view.isGone(seq)) return undefined
    for await (const [row] of this.mail.rows(view, [view.uidAt(seq)])) {
      const found = row && sectionOctets({ session: this.session, mail: this.mail, view, row }, section, named.partial)
      if (!found) return undefined
      if (found.size > budget.left) return 'too-big'
      budget.left -= found.size
      return (await this.session.makeRoom(found.size)) ? await found.read() : undefined
    }
    return undefined
  }

  close(): void {
    for (const view of this.#views.values()) view.close()
  }
}

async function catenated(
  session: Session,
  mail: AccountMail,
  parts: readonly Part[],
  budget: Budget,
): Promise<Buffer | Reply> {
  const sources = new Sources(session, mail)
  const pieces: Buffer[] = []
  try {
    for (const part of parts) {
      await turn()
      if (Buffer.isBuffer(part)) {
        pieces.push(part)
        budget.left -= part.length
        if (budget.left < 0) return tooBig(budget.limit)
        continue
      }
      const octets = await sources.octets(part.url, budget)
      if (octets === 'too-big') return tooBig(budget.limit)
      // RFC 4469 4.1: the first URL that does not work
      if (!octets) return no('This URL names nothing here', code('BADURL', urlText(part.url)))
      pieces.push(octets)
    }
    return Buffer.concat(pieces)
  } finally {
    sources.close()
  }
}

export const catenate: Extension = {
  rfcs: {
    4469: { title: 'IMAP CATENATE', note: 'URLs of this account’s mailboxes and of those it may read' },
    5092: {
      title: 'IMAP URL Scheme',
      state: 'part',
      note: 'absolute-path references to messages and their parts, in CATENATE',
    },
    5550: { title: 'Lemonade Profile', state: 'part', note: 'URL-PARTIAL' },
  },
  capabilities: afterLogin('CATENATE', 'URL-PARTIAL'),
  append: [
    {
      // RFC 4469 5
      name: 'CATENATE',
      read: (cursor, _session, message) => {
        cursor.space()
        let count = 0
        const parts = cursor.list((): Part => {
          if (++count > MOST_PARTS) cursor.fail(`at most ${MOST_PARTS} parts`)
          const word = cursor.keyword()
          cursor.space()
          if (word === 'TEXT') return cursor.literal()
          if (word !== 'URL') cursor.fail('TEXT or URL')
          const url = cursor.astring().toString('latin1')
          return url.length > MOST_URL ? cursor.fail('a shorter URL') : { url }
        })
        message.load = (session, mail, budget) => catenated(session, mail, parts, budget)
      },
    },
  ],
}

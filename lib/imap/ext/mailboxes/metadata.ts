import type { AnnotationChange } from '../../../mailbox/vocabulary'
import { type Command, defineCommand } from '../../kernel/command'
import { afterLogin, type Extension } from '../../kernel/extension'
import { done, faultReply, no } from '../../kernel/reply'
import type { Session } from '../../kernel/session'
import { LOGGED_IN } from '../../kernel/state'
import type { Cursor } from '../../wire/cursor'
import { code } from '../../wire/response'
import { choose, type Depth, metadataResponse, readAnnotations } from './metadata-entries'
import { tellOfOthers } from './metadata-news'

/** METADATA (RFC 5464): annotations of mailboxes and of the server, and LIST that returns them (RFC 9590). */

/** entries of one command */
const MOST_ENTRIES = 100
const MOST_OCTETS = 255
const ENTRY = /^\/(?:private|shared)(?:\/[^\x00-\x1f%*/\x7f-\xff]+)*$/i
/** RFC 5464 3.2: components of a name that something can be under */
const SETTABLE = /^\/[^/]+\/(?:vendor\/[^/]+\/.|(?!vendor(?:\/|$)).)/i

/** entry of RFC 5464 5: a name that is none is BAD (RFC 5464 3.2). */
function entry(cursor: Cursor): string {
  const name = cursor.astring().toString('latin1')
  return ENTRY.test(name) && name.length <= MOST_OCTETS ? name : cursor.fail('the name of an annotation')
}

/** entries of RFC 5464 5; several without parentheses too, as in its examples */
function entries(cursor: Cursor): readonly string[] {
  const names = cursor.peek('(') ? cursor.list(() => entry(cursor)) : [entry(cursor)]
  while (cursor.try(' ')) names.push(entry(cursor))
  return names.length <= MOST_ENTRIES ? names : cursor.fail(`at most ${MOST_ENTRIES} annotations`)
}

interface Options {
  maxSize: number
  depth: Depth
}

function options(cursor: Cursor): Options {
  const read: Options = { maxSize: Number.POSITIVE_INFINITY, depth: '0' }
  cursor.list(() => {
    const word = cursor.keyword()
    cursor.space()
    if (word === 'MAXSIZE') read.maxSize = cursor.number()
    else if (word === 'DEPTH') {
      const depth = cursor.atom().toLowerCase()
      read.depth = depth === '0' || depth === '1' || depth === 'infinity' ? depth : cursor.fail('0, 1 or infinity')
    } else cursor.fail('MAXSIZE or DEPTH')
  })
  return read
}

const getMetadata = defineCommand({
  name: 'GETMETADATA',
  rfc: 'RFC 5464 4.2',
  states: LOGGED_IN,
  parse: (cursor) => {
    cursor.space()
    // The grammar has the options before the mailbox, the examples have them behind it.
    const before = cursor.peek('(') ? options(cursor) : undefined
    if (before) cursor.space()
    const mailbox = cursor.mailboxOrEmpty()
    cursor.space()
    const behind = !before && /^\([A-Za-z]/.test(cursor.ahead(2)) ? options(cursor) : undefined
    if (behind) cursor.space()
    const { maxSize, depth } = before ?? behind ?? { maxSize: Number.POSITIVE_INFINITY, depth: '0' }
    return { mailbox, maxSize, depth, names: entries(cursor) }
  },
  run: async ({ session, state }, { mailbox, names, depth, maxSize }) => {
    const annotations = await readAnnotations(session, state.mail, mailbox)
    if (!annotations) return no('There is no such mailbox', 'NONEXISTENT')
    const chosen = choose(annotations, names, depth)
    const told = chosen.filter(({ value }) => (value?.length ?? 0) <= maxSize)
    if (told.length > 0) session.say(metadataResponse(session, mailbox, told))
    // RFC 5464 4.2.1: the size of the biggest one that is left out
    const longest = Math.max(...chosen.map(({ value }) => value?.length ?? 0), 0)
    const left = told.length < chosen.length ? code('METADATA', 'LONGENTRIES', longest) : undefined
    return done('GETMETADATA completed', left)
  },
})

function change(cursor: Cursor): AnnotationChange {
  const name = entry(cursor)
  if (!SETTABLE.test(name)) cursor.fail('the name of an annotation that can be set')
  cursor.space()
  if (cursor.tryWord('NIL')) return { name, value: undefined }
  return { name, value: cursor.atMessage ? cursor.message() : cursor.string() }
}

const setMetadata = defineCommand({
  name: 'SETMETADATA',
  rfc: 'RFC 5464 4.3',
  states: LOGGED_IN,
  parse: (cursor) => {
    cursor.space()
    const mailbox = cursor.mailboxOrEmpty()
    cursor.space()
    const changes = cursor.list(() => change(cursor))
    if (changes.length > MOST_ENTRIES) cursor.fail(`at most ${MOST_ENTRIES} annotations`)
    return { mailbox, changes }
  },
  run: async ({ session, state }, { mailbox, changes }) => {
    const set = await state.mail.annotations.set(mailbox, changes)
    if (set.ok) return done('SETMETADATA completed')
    const { fault } = set
    switch (fault.kind) {
      case 'too-big':
        return no('The value is too big', code('METADATA', 'MAXSIZE', fault.limit))
      case 'limit':
        return no('Too many annotations', code('METADATA', 'TOOMANY'))
      case 'not-permitted':
        // RFC 6154 4: of a mailbox it is the special use that is refused.
        return no(`Not permitted: ${fault.why}`, mailbox === '' ? 'NOPERM' : 'USEATTR')
      default:
        return faultReply(fault, session.ports.tellHolder)
    }
  },
})

const commands: readonly Command[] = [getMetadata, setMetadata]

export const metadata: Extension = {
  rfcs: {
    5464: { title: 'IMAP METADATA' },
    9590: { title: 'IMAP LIST-METADATA' },
  },
  commands,
  enable: [{ word: 'METADATA', turnOn: (session: Session) => tellOfOthers(session) }],
  listReturn: [
    {
      name: 'METADATA',
      read: (cursor) => {
        cursor.space()
        const names = cursor.list(() => entry(cursor))
        return {
          // RFC 9590 3: NIL for an entry that the mailbox does not have
          response: async (mailbox, session) => {
            const { state } = session
            const annotations = 'mail' in state ? await readAnnotations(session, state.mail, mailbox.name) : undefined
            return metadataResponse(session, mailbox.name, choose(annotations ?? [], names, '0'))
          },
        }
      },
    },
  ],
  capabilities: afterLogin('METADATA', 'LIST-METADATA'),
}

import type { LockMode } from '../locks/locks'
import type { Keeping } from '../store/bin'
import { type Ini, readSettings, type SettingsReader } from '../terms/settings'
import { SPECIAL_USES, type SpecialUse } from '../terms/special-use'
import { checkNewName } from './mailbox-name'

export interface MailboxSettings {
  /** of an account that has none of its own; 0: none */
  readonly quotaBytes: number
  readonly quotaMessages: number
  /** per cent of a quota at which the owner is told */
  readonly quotaWarnings: readonly number[]
  /** octets; 0: none */
  readonly maxMessageSize: number
  /** per account */
  readonly maxMailboxes: number
  /** different ones of one mailbox */
  readonly maxKeywords: number
  /** what is removed is kept for so many milliseconds (0: it is gone), and of an account so many octets */
  readonly undelete: Keeping
  /** made once, in an account that has only its INBOX */
  readonly autocreate: readonly { readonly name: string; readonly specialUse: readonly SpecialUse[] }[]
  /** milliseconds between two looks into the store on behalf of waiting sessions, in case a notice was lost; 0: never */
  readonly safetyPoll: number
  /** rows of mailboxes that nobody looks at, kept for the next SELECT */
  readonly keepRows: number
  /** octets of what FETCH and SEARCH made of messages, kept for the next time */
  readonly keepTexts: number
  /**
   * whether there is a text index; per cent of the time for which it may be worked at; seconds for which new mail may wait;
   * octets of a message that is indexed
   */
  readonly indexTexts: boolean
  readonly indexPace: number
  readonly indexDelay: number
  readonly indexMessage: number
  /** of the pool of this process, and the octets of JavaScript heap that each may take */
  readonly threads: number
  readonly threadMemory: number
  /** milliseconds that the log of who removed and moved mail keeps an entry */
  readonly auditKeep: number
  /** the locks' own mode, where an account does not override it: fences make sense in `strict` and `pop3` only */
  readonly lockMode: LockMode
}

const AUTOCREATE = ['Sent:\\Sent', 'Drafts:\\Drafts', 'Trash:\\Trash', 'Junk:\\Junk', 'Archive:\\Archive']

/** Reads `[quota]`, `[limits]`, `[bin]`, `[mailboxes]`, `[views]`, `[search]`, `[audit]` and `[work]` of mailbox_store.ini. */
export function mailboxSettings(ini: Ini, lockMode: LockMode = 'strict'): MailboxSettings {
  const read = readSettings('mailbox_store.ini', ini)
  const settings: MailboxSettings = {
    quotaBytes: read.size('quota.bytes', '0'),
    quotaMessages: read.number('quota.messages', 0),
    quotaWarnings: percentages(read, 'quota.warn_at', ['80', '95']),
    maxMessageSize: read.size('limits.message_size', '50M'),
    maxMailboxes: read.number('limits.mailboxes', 1000, { min: 1, max: 100_000 }),
    maxKeywords: read.number('limits.keywords', 500, { min: 50, max: 10_000 }),
    undelete: { time: read.duration('bin.undelete_for', '72h'), octets: read.size('bin.octets', '1G') },
    autocreate: autocreateOf(read),
    safetyPoll: read.duration('views.safety_poll', '10s'),
    keepRows: read.number('views.keep_rows', 2_000_000),
    keepTexts: read.size('views.keep_texts', '64M'),
    indexTexts: read.boolean('search.index', true),
    indexPace: read.number('search.pace', 50, { min: 1, max: 100 }),
    indexDelay: read.number('search.delay', 10, { min: 0, max: 3600 }),
    indexMessage: read.size('search.message', '1M'),
    threads: read.number('work.threads', 2, { min: 1, max: 64 }),
    threadMemory: read.size('work.memory', '128M'),
    auditKeep: read.duration('audit.keep', '90d'),
    lockMode,
  }
  if (settings.threadMemory < 16 * 1024 * 1024) read.complain('work.memory: a thread needs 16M at least')
  read.done()
  return settings
}

function percentages(read: SettingsReader, key: string, fallback: readonly string[]): readonly number[] {
  const words = read.list(key, fallback).filter((word) => word !== 'none')
  for (const word of words) if (!/^[1-9]\d?$/.test(word)) read.complain(`${key}: ${word} is no per cent from 1 to 99`)
  return words.map(Number)
}

function autocreateOf(read: SettingsReader): MailboxSettings['autocreate'] {
  const words = read.list('mailboxes.autocreate', AUTOCREATE).filter((word) => word !== 'none')
  return words.map((word) => {
    const [name = '', use] = word.split(':')
    const specialUse = SPECIAL_USES.filter((known) => known === use)
    const checked = checkNewName(name)
    if (!checked.ok || (use !== undefined && specialUse.length === 0)) {
      read.complain(`mailboxes.autocreate: ${word} is not Name or Name:\\Use, with one of ${SPECIAL_USES.join(' ')}`)
    }
    return { name, specialUse }
  })
}

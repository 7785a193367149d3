// @ts-check
/** @import { DraftStart, Person } from '../base/types' */
/** @import { Reading } from './reader.js' */
import { exactTime, personName, typedAll } from '../base/format.js'
import { identities, isOwn } from '../base/preferences.js'

/** Characters of a message that an answer begins with: the API takes a million. */
const MOST_QUOTED = 300_000
const MOST_REFERENCES = 50
const PREFIXES = /^(?:(?:re|fwd?|aw|wg)\s*:\s*)+/i

/**
 * A subject as the name of a file.
 * @param {string} subject
 */
export function fileNameOf(subject) {
  const topic = subject
    .replace(/[\\/:*?"<>|]/g, '_')
    .slice(0, 80)
    .trim()
  return `${topic || 'message'}.eml`
}

/** @param {Person} person */
const address = ({ name, address: at }) => (name && at ? `${name} <${at}>` : name || at)

/** @param {readonly Person[]} people */
const addresses = (people) => people.map(address).join(', ')

/**
 * What a composer starts with.
 * @param {Reading} reading
 * @param {'reply' | 'replyAll' | 'forward' | 'forwardFile'} how
 * @returns {DraftStart}
 */
export function answerTo(reading, how) {
  if (how === 'forwardFile') return forwardedFile(reading)
  return how === 'forward' ? forwarded(reading) : reply(reading, how === 'replyAll')
}

/** @param {Reading} reading */
const originOf = ({ mailbox, message }) => ({ mailbox: mailbox.id, uid: message.uid })

/**
 * The message that is marked as answered: one inside of another has no flags.
 * @param {Reading} reading
 * @param {'reply' | 'forward'} how
 * @returns {DraftStart['answers']}
 */
const answered = (reading, how) => (reading.inner === undefined ? { ...originOf(reading), how } : undefined)

/** @param {Reading} reading */
const bareSubject = ({ shown }) => shown.subject.replace(PREFIXES, '')
/** @param {Reading} reading */
const textOf = ({ shown }) => shown.text.slice(0, MOST_QUOTED).trimEnd()
/** @param {Reading} reading */
const dateOf = ({ shown, message }) => exactTime(shown.sentAt ?? message.date)

/**
 * @param {Reading} reading
 * @returns {DraftStart}
 */
function forwardedFile(reading) {
  const { shown, inner } = reading
  const subject = bareSubject(reading)
  const part = inner === undefined ? {} : { part: inner }
  return {
    from: fromOf(reading),
    subject: `Fwd: ${subject}`,
    text: '',
    attachments: [{ name: fileNameOf(subject), size: shown.size, ...originOf(reading), ...part }],
    answers: answered(reading, 'forward'),
  }
}

/**
 * @param {Reading} reading
 * @returns {DraftStart}
 */
function forwarded(reading) {
  const { from, to, subject, attachments, pictures } = reading.shown
  const head = [`From: ${addresses(from)}`, `Date: ${dateOf(reading)}`, `Subject: ${subject}`, `To: ${addresses(to)}`]
  return {
    from: fromOf(reading),
    subject: `Fwd: ${bareSubject(reading)}`,
    text: `\n\n-------- Forwarded message --------\n${head.join('\n')}\n\n${textOf(reading)}\n`,
    // What is forwarded is text: pictures inside of it become files.
    attachments: [...attachments, ...pictures].map(({ part, name, size }) => ({
      name,
      size,
      ...originOf(reading),
      part,
    })),
    answers: answered(reading, 'forward'),
  }
}

/**
 * Nobody quotes a signature.
 * @param {string} text
 */
const unsigned = (text) => text.replace(/\n-- ?\n[^>]*$/, '').trimEnd()

/** @param {readonly Person[]} people */
const others = (people) => people.filter(({ address }) => !isOwn(address))

/**
 * Those who get an answer. One to a message of one's own goes to those whom it went to.
 * @param {Reading} reading
 * @param {boolean} all
 */
function answeredPeople({ shown: { from, replyTo, to, cc } }, all) {
  const sender = replyTo.length > 0 ? replyTo : from
  const isMine = from.length > 0 && others(from).length === 0 && others(to).length > 0
  const first = isMine ? others(to) : sender
  const written = new Set(first.map((person) => person.address.toLowerCase()))
  const rest = others([...(isMine ? [] : to), ...cc]).filter((person) => !written.has(person.address.toLowerCase()))
  return { first, rest: all ? rest : [] }
}

/**
 * An answer comes from the address that was written to.
 * @param {Reading} reading
 */
function fromOf({ shown: { from, to, cc } }) {
  const own = [...to, ...cc, ...from].find(({ address }) => isOwn(address))
  const wanted = own?.address.toLowerCase()
  return (
    own && (identities().find(({ address }) => address.toLowerCase() === wanted) ?? { name: '', address: own.address })
  )
}

/**
 * @param {Reading} reading
 * @param {boolean} all
 * @returns {DraftStart}
 */
function reply(reading, all) {
  const { from, references, messageId } = reading.shown
  const { first, rest } = answeredPeople(reading, all)
  const quoted = unsigned(textOf(reading))
    .split('\n')
    .map((line) => (line.startsWith('>') ? `>${line}` : `> ${line}`))
    .join('\n')
  return {
    from: fromOf(reading),
    to: typedAll(first),
    cc: typedAll(rest),
    subject: `Re: ${bareSubject(reading)}`,
    text: `\n\nOn ${dateOf(reading)}, ${from.map(personName).join(', ')} wrote:\n${quoted}\n`,
    inReplyTo: messageId || undefined,
    references: [...references, messageId].filter(Boolean).slice(-MOST_REFERENCES),
    answers: answered(reading, 'reply'),
  }
}

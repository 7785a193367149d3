import { get, post } from '../base/api.js'
import { bytes, dialog, exactTime, fill, h, icon, iconButton, personName, shortTime, typedAll } from '../base/dom.js'
import { messageBody } from './message-body.js'

const WIDE = { class: 'icon-button only-wide' }
const SAVE = 'Save the message'
/** Characters of a message that an answer begins with: the API takes a million. */
const MOST_QUOTED = 300_000
/** A subject as the name of a file. */
const topicOf = ({ subject }) =>
  subject
    .replace(/[\\/:*?"<>|]/g, '_')
    .slice(0, 80)
    .trim()
const address = ({ name, address: at }) => (name && at ? `${name} <${at}>` : name || at)

export function createReader({ onAction, onBack, mailboxOf }) {
  const element = h('section', { class: 'reader', 'aria-label': 'Message', tabindex: '-1' })
  const nothing = () => h('div', { class: 'nothing' }, icon('unread'), h('p', {}, 'No message is open.'))
  let message
  /** what is seen: the message, or one that is attached to it, whose part has the number `inner` */
  let shown
  let inner
  let outer = []
  let others = []
  let place
  let body
  let asText = false
  let opening = 0
  fill(element, nothing())

  const base = () => `/mailboxes/${place.id}/messages/${message.uid}`

  function files() {
    if (shown.attachments.length === 0) return undefined
    const file = ({ part, name, type, size, message: opens }) => {
      const inside = [icon(opens ? 'unread' : 'clip'), h('span', {}, name), h('small', {}, bytes(size))]
      const href = `/api/v1${base()}/parts/${part}`
      if (!opens) return h('li', {}, h('a', { href, download: name, title: type }, inside))
      return h(
        'li',
        {},
        h('button', { type: 'button', title: 'Open this message', onclick: () => void openInside(part) }, inside),
        h('a', { href, download: name, title: SAVE, 'aria-label': `Save ${name}` }, icon('down')),
      )
    }
    return h('ul', { class: 'files', 'aria-label': 'Files' }, shown.attachments.map(file))
  }

  function drawBody() {
    body?.free()
    body = messageBody(shown, base(), asText)
    return body.element
  }

  /** A message that is attached to the open one, or to one inside of it. */
  async function openInside(part) {
    const mine = opening
    const inside = await get(`${base()}/parts/${part}/message`)
    if (mine !== opening) return
    outer.push({ shown, part: inner })
    shown = inside
    inner = part
    draw()
    element.focus({ preventScroll: true })
  }
  function closeInside() {
    const before = outer.pop()
    shown = before.shown
    inner = before.part
    draw()
  }

  function conversation() {
    if (others.length < 2) return undefined
    return h(
      'ol',
      { class: 'conversation', 'aria-label': 'Conversation' },
      others.map((one) =>
        h(
          'li',
          {},
          h(
            'button',
            {
              type: 'button',
              class: one.uid === message.uid ? 'current' : '',
              'aria-current': one.uid === message.uid ? 'true' : undefined,
              onclick: () =>
                void open(
                  place,
                  one.uid,
                  others.map(({ uid }) => uid),
                ),
            },
            h('span', { class: 'who' }, one.from.map(personName).join(', ')),
            h('span', { class: 'preview' }, one.preview),
            h('time', {}, shortTime(one.date)),
          ),
        ),
      ),
    )
  }

  const junkLabel = () => (mailboxOf()?.role === 'junk' ? 'Not junk' : 'Junk')
  const source = () => ({
    href: `/api/v1${base()}/${inner === undefined ? 'source' : `parts/${inner}`}`,
    download: `${topicOf(shown) || 'message'}.eml`,
  })
  /** What is rare, and what a phone's toolbar has no room for. */
  async function more() {
    const chosen = await dialog('Message', (close) => {
      const choice = (name, label, what, narrow = 'only-narrow') =>
        h('button', { type: 'button', class: `quiet ${narrow}`, onclick: () => close(what) }, icon(name), label)
      return h(
        'div',
        { class: 'choices' },
        choice('forward', 'Forward', 'forward'),
        choice('move', 'Move', 'move'),
        choice('junk', junkLabel(), 'junk'),
        choice('unread', 'Mark as unread', 'seen'),
        choice('clip', 'Forward as attachment', 'forwardFile', ''),
        shown.hasHtml &&
          h(
            'button',
            { type: 'button', class: 'quiet', onclick: () => (close(), (asText = !asText), draw()) },
            icon('threads'),
            asText ? 'Show as its sender made it' : 'Show as plain text',
          ),
        h('a', { ...source(), class: 'button quiet', onclick: () => close() }, icon('down'), SAVE),
      )
    })
    if (chosen) onAction(chosen)
  }

  const star = () => element.querySelector('[aria-label="Flag"]')
  function draw() {
    const recipients = [...shown.to, ...shown.cc]
    const date = shown.sentAt ?? (inner === undefined ? message.date : undefined)
    fill(
      element,
      h(
        'div',
        { class: 'reader-bar', role: 'toolbar', 'aria-label': 'Message' },
        iconButton('back', 'Back to the list', onBack, { class: 'icon-button only-narrow' }),
        iconButton('reply', 'Reply', () => onAction('reply')),
        iconButton('replyAll', 'Reply to all', () => onAction('replyAll')),
        iconButton('forward', 'Forward', () => onAction('forward'), WIDE),
        h('span', { class: 'gap' }),
        iconButton('archive', 'Archive', () => onAction('archive')),
        iconButton('junk', junkLabel(), () => onAction('junk'), WIDE),
        iconButton('trash', 'Delete', () => onAction('delete')),
        iconButton('move', 'Move', () => onAction('move'), WIDE),
        iconButton('unread', 'Unread', () => onAction('seen'), WIDE),
        iconButton('star', 'Flag', () => onAction('flag'), {
          'aria-pressed': String(message.flags.includes('\\Flagged')),
        }),
        iconButton('more', 'More', () => void more()),
      ),
      inner !== undefined &&
        h(
          'p',
          { class: 'banner inside' },
          h('span', {}, 'A message that is attached to another.'),
          h('button', { type: 'button', onclick: closeInside }, 'Back to the other'),
        ),
      h(
        'header',
        { class: 'message-head' },
        h('h2', {}, shown.subject || '(no subject)'),
        inner === undefined && conversation(),
        h(
          'div',
          { class: 'from-line' },
          h(
            'span',
            { class: 'avatar', 'aria-hidden': 'true' },
            (personName(shown.from[0] ?? { address: '?' })[0] ?? '?').toUpperCase(),
          ),
          h(
            'div',
            { class: 'people' },
            h(
              'p',
              {},
              h('strong', {}, shown.from.map(personName).join(', ') || '(no sender)'),
              ' ',
              h(
                'span',
                { class: 'muted' },
                shown.from
                  .filter(({ name }) => name)
                  .map(({ address: at }) => at)
                  .join(', '),
              ),
            ),
            h(
              'p',
              { class: 'muted' },
              recipients.length > 0
                ? `to ${recipients.slice(0, 6).map(personName).join(', ')}${recipients.length > 6 ? ` and ${recipients.length - 6} more` : ''}`
                : 'no recipients shown',
            ),
          ),
          date !== undefined && h('time', { class: 'muted', datetime: new Date(date).toISOString() }, exactTime(date)),
        ),
      ),
      files(),
      drawBody(),
    )
  }

  async function open(mailbox, uid, uids) {
    const mine = ++opening
    const [got, around] = await Promise.all([
      get(`/mailboxes/${mailbox.id}/messages/${uid}`),
      uids.length > 1 ? get(`/mailboxes/${mailbox.id}/summaries?uids=${uids.slice(-100).join(',')}`) : { messages: [] },
    ])
    if (mine !== opening) return
    message = got
    shown = got
    inner = undefined
    outer = []
    others = around.messages
    asText = false
    place = mailbox
    draw()
    element.focus({ preventScroll: true })
    const unseen = [got, ...others].filter((one) => !one.flags.includes('\\Seen')).map((one) => one.uid)
    if (unseen.length > 0) await post(`/mailboxes/${mailbox.id}/flags`, { uids: unseen, add: ['\\Seen'] })
  }

  return {
    element,
    get message() {
      return message
    },
    get uid() {
      return message?.uid
    },
    open,
    close() {
      opening++
      message = undefined
      body?.free()
      body = undefined
      fill(element, nothing())
    },
    flagged(on) {
      star()?.setAttribute('aria-pressed', String(on))
    },
    /** What a composer starts with. */
    answer(how, own) {
      const { subject, from, replyTo, to, cc, references, messageId, sentAt = message.date } = shown
      const bare = subject.replace(/^(?:(?:re|fwd?|aw|wg)\s*:\s*)+/i, '')
      const origin = { mailbox: place.id, uid: message.uid }
      const answers = (what) => (inner === undefined ? { ...origin, how: what } : undefined)
      const said = shown.text.slice(0, MOST_QUOTED).trimEnd()
      const quoted = said
        .split('\n')
        .map((line) => (line.startsWith('>') ? `>${line}` : `> ${line}`))
        .join('\n')
      if (how === 'forwardFile') {
        const name = `${topicOf({ subject: bare }) || 'message'}.eml`
        return {
          subject: `Fwd: ${bare}`,
          text: '',
          attachments: [{ name, size: shown.size, ...origin, ...(inner !== undefined && { part: inner }) }],
          answers: answers('forward'),
        }
      }
      if (how === 'forward') {
        const head = [
          `From: ${from.map(address).join(', ')}`,
          `Date: ${exactTime(sentAt)}`,
          `Subject: ${subject}`,
          `To: ${to.map(address).join(', ')}`,
        ]
        return {
          subject: `Fwd: ${bare}`,
          text: `\n\n-------- Forwarded message --------\n${head.join('\n')}\n\n${said}\n`,
          // What is forwarded is text: pictures inside of it become files.
          attachments: [...shown.attachments, ...shown.pictures].map(({ part, name, size }) => ({
            name,
            size,
            ...origin,
            part,
          })),
          answers: answers('forward'),
        }
      }
      const sender = replyTo.length > 0 ? replyTo : from
      const rest = [...to, ...cc].filter(
        ({ address: at }) =>
          at.toLowerCase() !== own.toLowerCase() &&
          !sender.some((one) => one.address.toLowerCase() === at.toLowerCase()),
      )
      return {
        to: typedAll(sender),
        cc: how === 'replyAll' ? typedAll(rest) : '',
        subject: `Re: ${bare}`,
        text: `\n\nOn ${exactTime(sentAt)}, ${from.map(personName).join(', ')} wrote:\n${quoted}\n`,
        inReplyTo: messageId || undefined,
        references: [...references, messageId].filter(Boolean).slice(-50),
        answers: answers('reply'),
      }
    },
  }
}

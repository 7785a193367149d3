import { get, post } from './api.js'
import { bytes, dialog, exactTime, fill, h, icon, iconButton, personName, shortTime, typedAll } from './dom.js'

const WIDE = { class: 'icon-button only-wide' }
const SAVE = 'Save the message'
const address = ({ name, address: at }) => (name ? `${name} <${at}>` : at)

/** Plain text with links, and quoted lines dimmed. */
function plainText(text) {
  const lines = text.replace(/\s+$/, '').split('\n')
  return h(
    'div',
    { class: 'plain' },
    lines.flatMap((line) => {
      const pieces = line
        .split(/(https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]])/g)
        .map((piece, index) =>
          index % 2 === 1
            ? h('a', { href: piece, target: '_blank', rel: 'noopener noreferrer nofollow' }, piece)
            : piece,
        )
      return h('span', { class: line.startsWith('>') ? 'line quoted' : 'line' }, pieces, '\n')
    }),
  )
}

export function createReader({ onAction, onBack, mailboxOf }) {
  const element = h('section', { class: 'reader', 'aria-label': 'Message', tabindex: '-1' })
  const nothing = () => h('div', { class: 'nothing' }, icon('unread'), h('p', {}, 'No message is open.'))
  let message
  let place
  let opening = 0
  fill(element, nothing())

  function frame(images) {
    return h('iframe', {
      class: 'html',
      title: 'Text of the message',
      sandbox: 'allow-popups allow-popups-to-escape-sandbox',
      referrerpolicy: 'no-referrer',
      src: `/api/v1/mailboxes/${place.id}/messages/${message.uid}/html${images ? '?images=1' : ''}`,
    })
  }

  function body() {
    if (!message.hasHtml) return [plainText(message.text)]
    const box = h('div', { class: 'html-box' }, frame(false))
    if (message.blockedImages === 0) return [box]
    const note = h(
      'p',
      { class: 'banner' },
      h('span', {}, 'Pictures from elsewhere would tell the sender that you read this.'),
      h('button', { type: 'button', onclick: () => (fill(box, frame(true)), note.remove()) }, 'Show them'),
    )
    return [note, box]
  }

  function files() {
    if (message.attachments.length === 0) return undefined
    return h(
      'ul',
      { class: 'files', 'aria-label': 'Files' },
      message.attachments.map(({ part, name, type, size }) =>
        h(
          'li',
          {},
          h(
            'a',
            {
              href: `/api/v1/mailboxes/${place.id}/messages/${message.uid}/parts/${part}`,
              download: name,
              title: type,
            },
            icon('clip'),
            h('span', {}, name),
            h('small', {}, bytes(size)),
          ),
        ),
      ),
    )
  }

  function conversation(others) {
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
    href: `/api/v1/mailboxes/${place.id}/messages/${message.uid}/source`,
    download: 'message.eml',
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
        h('a', { ...source(), class: 'button quiet', onclick: () => close() }, icon('down'), SAVE),
      )
    })
    if (chosen) onAction(chosen)
  }

  const star = () => element.querySelector('[aria-label="Flag"]')
  function draw(others) {
    const recipients = [...message.to, ...message.cc]
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
      h(
        'header',
        { class: 'message-head' },
        h('h2', {}, message.subject || '(no subject)'),
        conversation(others),
        h(
          'div',
          { class: 'from-line' },
          h(
            'span',
            { class: 'avatar', 'aria-hidden': 'true' },
            (personName(message.from[0] ?? { address: '?' })[0] ?? '?').toUpperCase(),
          ),
          h(
            'div',
            { class: 'people' },
            h(
              'p',
              {},
              h('strong', {}, message.from.map(personName).join(', ') || '(no sender)'),
              ' ',
              h(
                'span',
                { class: 'muted' },
                message.from
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
          h(
            'time',
            { class: 'muted', datetime: new Date(message.date).toISOString() },
            exactTime(message.sentAt ?? message.date),
          ),
        ),
      ),
      files(),
      h('div', { class: 'message-body' }, body()),
    )
  }

  async function open(mailbox, uid, uids) {
    const mine = ++opening
    const [got, others] = await Promise.all([
      get(`/mailboxes/${mailbox.id}/messages/${uid}`),
      uids.length > 1 ? get(`/mailboxes/${mailbox.id}/summaries?uids=${uids.slice(-100).join(',')}`) : { messages: [] },
    ])
    if (mine !== opening) return
    message = got
    place = mailbox
    draw(others.messages)
    element.focus({ preventScroll: true })
    const unseen = [got, ...others.messages].filter((one) => !one.flags.includes('\\Seen')).map((one) => one.uid)
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
      fill(element, nothing())
    },
    flagged(on) {
      star()?.setAttribute('aria-pressed', String(on))
    },
    /** What a composer starts with. */
    answer(how, own) {
      const { subject, from, replyTo, to, cc, references, messageId } = message
      const bare = subject.replace(/^(?:(?:re|fwd?|aw|wg)\s*:\s*)+/i, '')
      const origin = { mailbox: place.id, uid: message.uid }
      const quoted = message.text
        .trimEnd()
        .split('\n')
        .map((line) => (line.startsWith('>') ? `>${line}` : `> ${line}`))
        .join('\n')
      if (how === 'forwardFile') {
        const name = `${(bare || 'message').replace(/[\\/:*?"<>|]/g, '_').slice(0, 80)}.eml`
        return {
          subject: `Fwd: ${bare}`,
          text: '',
          attachments: [{ name, size: message.size, ...origin }],
          answers: { ...origin, how: 'forward' },
        }
      }
      if (how === 'forward') {
        const head = [
          `From: ${from.map(address).join(', ')}`,
          `Date: ${exactTime(message.sentAt ?? message.date)}`,
          `Subject: ${subject}`,
          `To: ${to.map(address).join(', ')}`,
        ]
        return {
          subject: `Fwd: ${bare}`,
          text: `\n\n-------- Forwarded message --------\n${head.join('\n')}\n\n${message.text.trimEnd()}\n`,
          attachments: message.attachments.map(({ part, name, size }) => ({ name, size, ...origin, part })),
          answers: { ...origin, how: 'forward' },
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
        text: `\n\nOn ${exactTime(message.sentAt ?? message.date)}, ${from.map(personName).join(', ')} wrote:\n${quoted}\n`,
        inReplyTo: messageId || undefined,
        references: [...references, messageId].filter(Boolean).slice(-50),
        answers: { ...origin, how: 'reply' },
      }
    },
  }
}

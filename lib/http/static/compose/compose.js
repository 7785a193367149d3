import { get, post } from '../base/api.js'
import { bytes, field, fill, h, icon, iconButton, shortTime, toast } from '../base/dom.js'

const SAVE_AFTER = 2500

/**
 * A window to write in. Drafts save themselves; a file travels once, with the first save, and is a part of the saved draft
 * from then on.
 */
export function openComposer(start) {
  const value = (label) => label.querySelector('input').value
  const to = field('To', { name: 'to', value: start.to ?? '', inputmode: 'email', spellcheck: 'false' })
  const cc = field('Cc', { name: 'cc', value: start.cc ?? '', inputmode: 'email', spellcheck: 'false' })
  const bcc = field('Bcc', { name: 'bcc', value: start.bcc ?? '', inputmode: 'email', spellcheck: 'false' })
  cc.hidden = !start.cc
  bcc.hidden = !start.bcc
  const subject = field('Subject', { name: 'subject', value: start.subject ?? '' })
  const text = h('textarea', { name: 'text', 'aria-label': 'Text', value: start.text ?? '' })
  const status = h('span', { class: 'muted', role: 'status' })
  const fileList = h('ul', { class: 'files' })
  const picker = h('input', { type: 'file', multiple: true, hidden: true, onchange: () => addFiles(picker.files) })
  const sendButton = h('button', { type: 'submit', class: 'primary' }, 'Send')
  const more = h(
    'button',
    { type: 'button', class: 'quiet', onclick: () => ((cc.hidden = false), (bcc.hidden = false), more.remove()) },
    'Cc Bcc',
  )

  let files = [...(start.attachments ?? [])]
  let replaces = start.replaces
  let timer
  let dirty = false
  let closed = false
  /** one save or send after another */
  let queue = Promise.resolve()

  const element = h(
    'form',
    { class: 'composer', 'aria-label': 'Write a message', onsubmit: (event) => (event.preventDefault(), void send()) },
    h(
      'header',
      {},
      h('h2', {}, start.answers ? (start.answers.how === 'forward' ? 'Forward' : 'Reply') : 'New message'),
      iconButton('close', 'Save and close', () => void close()),
    ),
    h('div', { class: 'composer-fields' }, h('div', { class: 'to-line' }, to, more), cc, bcc, subject),
    text,
    fileList,
    h(
      'footer',
      {},
      sendButton,
      iconButton('clip', 'Add files', () => picker.click()),
      picker,
      status,
      h('span', { class: 'gap' }),
      iconButton('trash', 'Throw away', () => void discard()),
    ),
  )

  function say(text, bad = false) {
    status.textContent = text
    status.className = bad ? 'form-error' : 'muted'
  }
  const trouble = (text) => say(text, true)

  function drawFiles() {
    fill(
      fileList,
      files.map((file) =>
        h(
          'li',
          {},
          h(
            'span',
            { title: file.name },
            icon('clip'),
            h('span', {}, file.name),
            h('small', {}, bytes(file.size ?? 0)),
          ),
          iconButton(
            'close',
            `Take away ${file.name}`,
            () => ((files = files.filter((one) => one !== file)), drawFiles(), changed()),
          ),
        ),
      ),
    )
  }
  function addFiles(some) {
    for (const file of some)
      files.push({ name: file.name, type: file.type || 'application/octet-stream', size: file.size, octets: file })
    drawFiles()
    changed()
  }

  /** What is sent: files that are not parts of the saved draft yet travel beside the rest. */
  function content() {
    const fresh = files.filter(({ octets }) => octets)
    const message = described(fresh)
    if (fresh.length === 0) return message
    const form = new FormData()
    form.append('message', JSON.stringify(message))
    for (const [nth, { octets }] of fresh.entries()) form.append(`file-${nth}`, octets)
    return form
  }
  const described = (fresh) => ({
    to: value(to),
    cc: value(cc),
    bcc: value(bcc),
    subject: value(subject),
    text: text.value,
    ...(start.inReplyTo && { inReplyTo: start.inReplyTo }),
    ...(start.references && { references: start.references }),
    attachments: files.map(({ size, octets, ...rest }) =>
      octets ? { ...rest, file: `file-${fresh.findIndex((one) => one.octets === octets)}` } : rest,
    ),
    ...(start.answers && { answers: start.answers }),
    ...(replaces && { replaces }),
  })

  function changed() {
    dirty = true
    say('')
    clearTimeout(timer)
    timer = setTimeout(() => void save().catch(() => undefined), SAVE_AFTER)
  }
  function save() {
    queue = queue.catch(() => undefined).then(saveNow)
    return queue
  }
  async function saveNow() {
    if (!dirty || closed) return
    dirty = false
    const sent = [...files]
    try {
      replaces = await post('/drafts', content())
    } catch (error) {
      dirty = true
      trouble(`Not saved: ${error.message}`)
      throw error
    }
    say(`Saved ${shortTime(Date.now())}`)
    if (!sent.length) return
    // The files are parts of the saved draft now, in the same order.
    const { attachments } = await get(`/mailboxes/${replaces.mailbox}/messages/${replaces.uid}`)
    if (attachments.length !== sent.length) return
    const places = new Map(
      sent.map((file, index) => [
        file,
        { name: file.name, size: file.size, ...replaces, part: attachments[index].part },
      ]),
    )
    files = files.map((file) => places.get(file) ?? file)
    drawFiles()
  }

  async function send() {
    clearTimeout(timer)
    sendButton.disabled = true
    say('Sending ...')
    try {
      await queue.catch(() => undefined)
      await post('/send', content())
      gone()
      toast('Sent.')
    } catch (error) {
      trouble(error.message)
    } finally {
      sendButton.disabled = false
    }
  }
  async function close() {
    clearTimeout(timer)
    const empty = !value(to) && !value(subject) && !text.value.trim() && files.length === 0
    try {
      if (!empty) await save()
      if (dirty && !empty) return
      gone()
      if (replaces && !empty) toast('Kept in Drafts.')
    } catch {
      // The status line says why; the window stays, so nothing is lost.
    }
  }
  async function discard() {
    clearTimeout(timer)
    await queue.catch(() => undefined)
    if (replaces) await post(`/mailboxes/${replaces.mailbox}/expunge`, { uids: [replaces.uid] })
    gone()
    toast('Thrown away.')
  }
  const warn = (event) => dirty && event.preventDefault()
  function gone() {
    closed = true
    clearTimeout(timer)
    window.removeEventListener('beforeunload', warn)
    element.remove()
    document.querySelector('.list')?.focus()
  }

  element.addEventListener('input', changed)
  element.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') void close()
    else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void send()
  })
  element.addEventListener('dragover', (event) => event.preventDefault())
  element.addEventListener('drop', (event) => {
    event.preventDefault()
    addFiles(event.dataTransfer.files)
  })
  window.addEventListener('beforeunload', warn)
  document.querySelector('.composer')?.remove()
  document.body.append(element)
  drawFiles()
  if (start.to) {
    text.focus()
    text.setSelectionRange(0, 0)
  } else to.querySelector('input').focus()
  return element
}

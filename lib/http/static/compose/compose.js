// @ts-check
/** @import { Draft, DraftStart, MessagePlace } from '../base/types' */
import { call, messageOf } from '../base/api.js'
import { toast } from '../base/dialogs.js'
import { button, gap, h } from '../base/dom.js'
import { shortTime } from '../base/format.js'
import { field } from '../base/forms.js'
import { iconButton } from '../base/icons.js'
import { createDraftFiles, describedFiles, formOf, freshOf } from './draft-files.js'

/** Milliseconds without a key after which a draft saves itself. */
const SAVE_AFTER = 2500

/** @param {DraftStart} start */
function titleOf({ answers }) {
  if (!answers) return 'New message'
  return answers.how === 'forward' ? 'Forward' : 'Reply'
}

/**
 * @param {string} label
 * @param {string} [value]
 */
const addressField = (label, value = '') =>
  field(label, { name: label.toLowerCase(), value, inputmode: 'email', spellcheck: 'false' })

/**
 * A window to write in. Drafts save themselves.
 * @param {DraftStart} start
 */
export function openComposer(start) {
  const to = addressField('To', start.to)
  const cc = addressField('Cc', start.cc)
  const bcc = addressField('Bcc', start.bcc)
  cc.element.hidden = !start.cc
  bcc.element.hidden = !start.bcc
  const subject = field('Subject', { name: 'subject', value: start.subject ?? '' })
  const text = h('textarea', { name: 'text', 'aria-label': 'Text', value: start.text ?? '' })
  const status = h('span', { class: 'muted', role: 'status' })
  const files = createDraftFiles(start.attachments ?? [], changed)
  const picker = h('input', {
    type: 'file',
    multiple: true,
    hidden: true,
    onchange: addPicked,
  })
  const sendButton = h('button', { type: 'submit', class: 'primary' }, 'Send')
  const more = button('Cc Bcc', showCopies, 'quiet')

  /** @type {MessagePlace | undefined} the draft as it was saved last */
  let saved = start.replaces
  let timer = 0
  let dirty = false
  let closed = false
  /** @type {Promise<unknown>} one save or send after another */
  let queue = Promise.resolve()

  const element = h(
    'form',
    { class: 'composer', 'aria-label': 'Write a message', onsubmit },
    h('header', {}, h('h2', {}, titleOf(start)), iconButton('close', 'Save and close', close)),
    h(
      'div',
      { class: 'composer-fields' },
      h('div', { class: 'to-line' }, to.element, more),
      cc.element,
      bcc.element,
      subject.element,
    ),
    text,
    files.element,
    h(
      'footer',
      {},
      sendButton,
      iconButton('clip', 'Add files', () => picker.click()),
      picker,
      status,
      gap(),
      iconButton('trash', 'Throw away', discard),
    ),
  )

  function addPicked() {
    files.add(picker.files)
  }
  function showCopies() {
    cc.element.hidden = false
    bcc.element.hidden = false
    more.remove()
  }
  /** @param {SubmitEvent} event */
  function onsubmit(event) {
    event.preventDefault()
    void send()
  }
  /** @param {string} line */
  function say(line) {
    status.textContent = line
    status.className = 'muted'
  }
  /** @param {string} line */
  function complain(line) {
    status.textContent = line
    status.className = 'form-error'
  }

  /** What is sent: files that are not parts of the saved draft yet travel beside the rest. */
  function content() {
    const { all } = files
    /** @type {Draft} */
    const message = {
      to: to.value,
      cc: cc.value,
      bcc: bcc.value,
      subject: subject.value,
      text: text.value,
      inReplyTo: start.inReplyTo,
      references: start.references,
      attachments: describedFiles(all),
      answers: start.answers,
      replaces: saved,
    }
    const fresh = freshOf(all)
    return fresh.length === 0 ? message : formOf(message, fresh)
  }

  function changed() {
    dirty = true
    say('')
    clearTimeout(timer)
    timer = setTimeout(() => void save().catch(() => undefined), SAVE_AFTER)
  }
  function save() {
    const done = queue.catch(() => undefined).then(saveNow)
    queue = done
    return done
  }
  async function saveNow() {
    if (!dirty || closed) return
    dirty = false
    const sent = files.all
    try {
      const { mailbox, uid } = await call('POST /drafts', {}, content())
      saved = uid === undefined ? undefined : { mailbox, uid }
    } catch (error) {
      dirty = true
      complain(`Not saved: ${messageOf(error)}`)
      throw error
    }
    say(`Saved ${shortTime(Date.now())}`)
    if (saved) await files.saved(sent, saved)
  }

  async function send() {
    clearTimeout(timer)
    sendButton.disabled = true
    say('Sending ...')
    try {
      await queue.catch(() => undefined)
      await call('POST /send', {}, content())
      gone()
      toast('Sent.')
    } catch (error) {
      complain(messageOf(error))
    } finally {
      sendButton.disabled = false
    }
  }
  const isEmpty = () => !to.value && !subject.value && !text.value.trim() && files.all.length === 0
  async function close() {
    clearTimeout(timer)
    const empty = isEmpty()
    try {
      if (!empty) await save()
      if (dirty && !empty) return
      gone()
      if (saved && !empty) toast('Kept in Drafts.')
    } catch {
      // The status line says why; the window stays, so nothing is lost.
    }
  }
  async function discard() {
    clearTimeout(timer)
    await queue.catch(() => undefined)
    if (saved) {
      await call('POST /mailboxes/{mailbox}/expunge', { mailbox: saved.mailbox }, { uids: [saved.uid] })
    }
    gone()
    toast('Thrown away.')
  }
  /** @param {BeforeUnloadEvent} event */
  const warn = (event) => {
    if (dirty) event.preventDefault()
  }
  function gone() {
    closed = true
    clearTimeout(timer)
    window.removeEventListener('beforeunload', warn)
    element.remove()
    const list = document.querySelector('.list')
    if (list instanceof HTMLElement) list.focus()
  }

  element.addEventListener('input', changed)
  element.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') void close()
    else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void send()
  })
  element.addEventListener('dragover', (event) => event.preventDefault())
  element.addEventListener('drop', (event) => {
    event.preventDefault()
    files.add(event.dataTransfer?.files)
  })
  window.addEventListener('beforeunload', warn)
  document.querySelector('.composer')?.remove()
  document.body.append(element)
  if (start.to) {
    text.focus()
    text.setSelectionRange(0, 0)
  } else to.input.focus()
}

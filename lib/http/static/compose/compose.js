// @ts-check
/** @import { Composer, Draft, DraftFile, DraftStart, KeptDraft } from '../base/types' */
/** @import { Desk } from './desk.js' */
import { call, messageOf } from '../base/api.js'
import { confirmBox, toast } from '../base/dialogs.js'
import { button, gap, h } from '../base/dom.js'
import { field } from '../base/forms.js'
import { iconButton } from '../base/icons.js'
import { createBody } from './body.js'
import { createDraftFiles, describedFiles, formOf, freshOf } from './draft-files.js'
import { forget, hold, keep, release } from './kept.js'
import { createOptions } from './options.js'
import { createRecipients } from './recipients.js'
import { createSaving } from './saving.js'
import { createSender } from './sender.js'
import { createSending } from './sending.js'
import { withSignature } from './signature.js'

/** Milliseconds: what is typed is in this browser's storage as soon. */
const KEPT_WITHIN = 1000
/** Milliseconds that closing waits for a last save. */
const PATIENCE = 4000
/** What was being sent is sent still, when its page is gone for less; milliseconds. */
const STILL_MEANT = 10 * 60_000

/** @param {DraftStart} start */
function titleOf({ answers }) {
  if (!answers) return 'New message'
  return answers.how === 'forward' ? 'Forward' : 'Reply'
}

/** @param {readonly string[]} names */
const lostFiles = (names) => `Add again, the page was gone before they were saved: ${names.join(', ')}`

/**
 * A window to write in. Drafts save themselves.
 * @param {DraftStart} start
 * @param {Desk} desk
 * @param {KeptDraft} [kept] by a page that is gone
 */
export function openComposer(start, desk, kept) {
  /** For the server: what is sent under it again is not sent again. */
  let id = start.id ?? crypto.randomUUID()
  const name = { account: desk.writer, id: kept?.id ?? id }
  const sender = createSender(start.from, onIdentity)
  const fresh = !start.replaces && !kept
  const quoted = start.text ?? ''
  const initial = fresh ? withSignature(quoted, sender.identity.signature) : quoted
  const to = createRecipients('To', start.to ?? '', changed)
  const cc = createRecipients('Cc', start.cc ?? '', changed)
  const bcc = createRecipients('Bcc', start.bcc ?? '', changed)
  cc.element.hidden = !start.cc
  bcc.element.hidden = !start.bcc
  const subject = field('Subject', { name: 'subject', value: start.subject ?? '' })
  const options = createOptions(start)
  const status = h('span', { class: 'muted', role: 'status' })
  const files = createDraftFiles(start.attachments ?? [], changed)
  const body = createBody({
    ...{ text: initial, html: start.html, fresh, changed, addPicture: files.addPicture },
    files: () => files.all,
  })
  const picker = h('input', { type: 'file', multiple: true, hidden: true, onchange: addPicked })
  const sendButton = h('button', { type: 'submit', class: 'primary' }, 'Send')
  const more = button('Cc Bcc', showCopies, 'quiet')
  /** @type {readonly DraftFile[]} those that went with the last save */
  let sent = []
  let done = false
  let keepTimer = 0

  const saving = createSaving({ content, onSaved, wasSent, say, ...(start.replaces && { place: start.replaces }) })
  const sending = createSending({
    ...{ content, wasSent, say },
    keep: (isSending) => keepHere(isSending),
    show: () => desk.put(composer),
    hide() {
      desk.send(composer)
      hide()
    },
    gone,
    onWaiting(waiting) {
      sendButton.textContent = waiting ? 'Stop' : 'Send'
      sendButton.disabled = false
    },
  })

  const element = h(
    'form',
    { class: 'composer', 'aria-label': 'Write a message', onsubmit },
    h(
      'header',
      {},
      h('h2', {}, titleOf(start)),
      iconButton('close', 'Save and close', () => composer.close()),
    ),
    h(
      'div',
      { class: 'composer-fields' },
      sender.element,
      h('div', { class: 'to-line' }, to.element, more),
      cc.element,
      bcc.element,
      subject.element,
      options.element,
    ),
    body.element,
    files.element,
    h(
      'footer',
      {},
      sendButton,
      iconButton('clip', 'Add files', () => picker.click()),
      iconButton('letters', 'Formatting', () => body.turn()),
      options.button,
      picker,
      status,
      gap(),
      iconButton('trash', 'Discard', discard),
    ),
  )

  function addPicked() {
    files.add(picker.files)
    picker.value = ''
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
  /**
   * @param {string} line
   * @param {boolean} [wrong]
   */
  function say(line, wrong = false) {
    status.textContent = line
    status.className = wrong ? 'form-error' : 'muted'
  }

  /** @returns {Draft} */
  const message = () => ({
    ...{
      id,
      from: sender.from,
      to: to.value,
      cc: cc.value,
      bcc: bcc.value,
      subject: subject.value,
      ...body.content,
      ...options.chosen,
    },
    inReplyTo: start.inReplyTo,
    references: start.references,
    attachments: describedFiles(named()),
    answers: start.answers,
    replaces: saving.place,
  })
  /** Files of the list, and pictures that are in the text still. */
  function named() {
    const { html = '' } = body.content
    return files.all.filter(({ cid }) => cid === undefined || html.includes(`cid:${cid}`))
  }
  /** What is sent: files that are not parts of the saved draft yet travel beside the rest. */
  function content() {
    sent = named()
    const fresh = freshOf(sent)
    return fresh.length === 0 ? message() : formOf(message(), fresh)
  }
  const isEmpty = () => !to.value && !subject.value && files.all.length === 0 && body.isEmpty
  /**
   * @param {string} before signatures
   * @param {string} after
   */
  function onIdentity(before, after) {
    void body.exchange(before, after).then(changed)
  }

  /** @param {boolean} [isSending] */
  function keepHere(isSending = false) {
    clearTimeout(keepTimer)
    keepTimer = 0
    if (done) return
    const { attachments: _files, ...rest } = message()
    const lost = freshOf(files.all).map((file) => file.name)
    const attachments = files.all.filter((file) => !file.octets)
    keep({ ...name, at: Date.now(), draft: { ...rest, attachments, lost }, sending: isSending })
  }
  function changed() {
    if (sending.isWaiting) sending.cancel()
    say('')
    saving.changed()
    if (keepTimer === 0) keepTimer = setTimeout(keepHere, KEPT_WITHIN)
  }
  /** @param {Draft['replaces']} place */
  async function onSaved(place) {
    if (place) await files.saved(sent, place)
    keepHere()
  }

  /** Under this name, from another window or by a page that is gone. */
  function wasSent() {
    if (kept?.sending) {
      gone()
      toast('Your message was sent.')
      return
    }
    id = crypto.randomUUID()
    saving.changed()
    say('This message was sent already. What is here now is a new one.', true)
  }

  /** Before anything is sent, and before the window is gone. */
  function refusal() {
    for (const line of [to, cc, bcc]) line.settle()
    const [wrong] = [to, cc, bcc].flatMap((line) => line.wrong)
    if (wrong !== undefined) return `“${wrong}” is not an address.`
    return to.value || cc.value || bcc.value ? undefined : 'There is no recipient.'
  }
  async function send() {
    if (sending.isWaiting) {
      sending.cancel()
      say('Not sent.')
      return
    }
    const refused = refusal()
    if (refused !== undefined) {
      say(refused, true)
      to.input.focus()
      return
    }
    sendButton.disabled = true
    say('')
    // As a draft first: nothing is lost while it waits, and what is sent later is small.
    await withinPatience(saving.save()).catch(() => undefined)
    saving.pause()
    sendButton.disabled = false
    if (!desk.isAway() && !done) sending.start()
  }

  async function close() {
    if (done) return true
    sending.cancel()
    if (isEmpty()) {
      gone()
      return true
    }
    try {
      await withinPatience(saving.save())
    } catch {
      return closeUnsaved()
    }
    gone()
    if (saving.place) toast('Saved in Drafts.')
    return true
  }
  /** Nobody is held by a window that cannot save: the text stays in this browser. */
  async function closeUnsaved() {
    const lost = freshOf(files.all).map((file) => file.name)
    const question = `These files are not saved yet and would be lost: ${lost.join(', ')}`
    if (lost.length > 0 && !(await confirmBox('Close', question, 'Close'))) return false
    leaveKept()
    toast('Not saved yet: your text is kept in this browser, and opens again.')
    return true
  }
  async function discard() {
    gone()
    await saving.stop()
    const { place } = saving
    try {
      if (place) await call('POST /mailboxes/{mailbox}/expunge', { mailbox: place.mailbox }, { uids: [place.uid] })
      toast('Draft discarded.')
    } catch (error) {
      toast(`The copy in Drafts is still there: ${messageOf(error)}`)
    }
  }

  /** @param {BeforeUnloadEvent} event */
  const warn = (event) => {
    if (!done && saving.isDirty) event.preventDefault()
  }
  const keepNow = () => {
    if (keepTimer !== 0) keepHere()
  }
  function hide() {
    keepNow()
    if (!element.isConnected) return
    element.remove()
    const list = document.querySelector('.list')
    if (list instanceof HTMLElement) list.focus({ preventScroll: true })
  }
  function end() {
    keepNow()
    done = true
    clearTimeout(keepTimer)
    void saving.stop()
    body.end()
    window.removeEventListener('beforeunload', warn)
    window.removeEventListener('pagehide', keepNow)
    hide()
    desk.leave(composer)
  }
  function leaveKept() {
    keepHere()
    end()
    release(name)
  }
  function gone() {
    end()
    forget(name)
    release(name)
  }
  function focus() {
    if (!to.value) return to.input.focus()
    body.focus()
  }

  /** @type {Composer} */
  const composer = {
    show() {
      if (element.isConnected) return
      document.body.append(element)
      focus()
    },
    hide,
    goOn() {
      if (sending.isWaiting) void sending.submit()
      else saving.tryNow()
    },
    sendNow: () => sending.submit(),
    close,
    leaveKept,
  }

  element.addEventListener('input', changed)
  element.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') void close()
    else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void send()
  })
  element.addEventListener('dragover', (event) => event.preventDefault())
  element.addEventListener('drop', (event) => {
    event.preventDefault()
    const dropped = [...(event.dataTransfer?.files ?? [])]
    const inText = event.target instanceof Element && event.target.closest('.rich-text') !== null
    files.add(inText && body.addPictures(dropped) ? dropped.filter(({ type }) => !type.startsWith('image/')) : dropped)
  })
  window.addEventListener('beforeunload', warn)
  window.addEventListener('pagehide', keepNow)
  desk.put(composer)
  if (kept) goOnWith(kept)
  else void hold(name)

  /** @param {KeptDraft} last */
  function goOnWith({ sending: wasSending, at }) {
    const { lost = [] } = start
    if (wasSending && lost.length === 0 && Date.now() - at < STILL_MEANT) {
      void sending.submit(true)
      return
    }
    say(lost.length > 0 ? lostFiles(lost) : 'This text was kept for you.', lost.length > 0)
    saving.changed()
  }
}

/**
 * @template T
 * @param {Promise<T>} work
 * @returns {Promise<T>}
 */
const withinPatience = (work) =>
  Promise.race([work, new Promise((_resolve, reject) => setTimeout(() => reject(new Error('no answer')), PATIENCE))])

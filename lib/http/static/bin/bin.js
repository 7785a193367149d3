// @ts-check
/** @import { BinChoice, BinPage, Binned, EraseProof, Restored } from '../base/types' */
import { messageOf } from '../base/api.js'
import { confirmBox, dialog, toast } from '../base/dialogs.js'
import { button, fill, h } from '../base/dom.js'
import { bytes, exactTime } from '../base/format.js'
import { field, form } from '../base/forms.js'

/** Messages of the recycle bin that are listed at once. */
const PAGE = 50

/** @param {number} count */
const messages = (count) => `${count} ${count === 1 ? 'message' : 'messages'}`

/** @param {number} milliseconds */
const span = (milliseconds) => {
  const hours = Math.round(milliseconds / 3_600_000)
  if (hours < 1) return 'less than an hour'
  if (hours < 48) return hours === 1 ? '1 hour' : `${hours} hours`
  return `${Math.round(hours / 24)} days`
}

/**
 * @typedef {object} BinSource where the messages are, and what is done to them
 * @property {(asked: { find: string, after?: string, limit: number }) => Promise<BinPage>} load
 * @property {(which: BinChoice) => Promise<Restored>} restore
 * @property {(which: BinChoice) => Promise<EraseProof>} erase
 */

/**
 * A row: what it is, where it was, and until when it is kept.
 * @param {Binned} message
 * @param {() => void} onChange
 */
function rowOf({ id, from, subject, mailbox, removedAt, until, size }, onChange) {
  const box = h('input', { type: 'checkbox', value: id, onchange: onChange })
  const left = until - Date.now()
  return h(
    'li',
    {},
    h(
      'label',
      {},
      box,
      h('span', { class: 'bin-from' }, from || 'Somebody'),
      h('span', { class: 'bin-subject' }, subject || '(no subject)'),
      h(
        'span',
        { class: 'bin-where', title: `Erased at ${exactTime(until)}` },
        `${mailbox === 'INBOX' ? 'Inbox' : mailbox} · removed ${exactTime(removedAt)} · ${bytes(size)} · `,
        left > 0 ? `${span(left)} left` : 'about to be erased',
      ),
    ),
  )
}

/** @param {EraseProof} proof */
const showProof = (proof) =>
  dialog('Erased', (close) => [
    h('p', {}, `${messages(proof.messages)}, ${bytes(proof.bytes)}.`),
    h(
      'p',
      {},
      proof.left.length === 0
        ? 'Looked again: nothing of them is left in the store or in the text index.'
        : `Looked again: left are ${proof.left.join(', ')}.`,
    ),
    h('p', { class: 'muted' }, `On the disk: ${proof.disk}.`),
    h(
      'div',
      { class: 'buttons' },
      button('Done', () => close(), 'primary'),
    ),
  ])

/** @param {Restored} restored */
function tellRestored({ messages: count, mailboxes, stopped }) {
  const where = mailboxes.map(({ mailbox }) => (mailbox === 'INBOX' ? 'Inbox' : mailbox)).join(', ')
  const done = count === 0 ? 'Nothing was there any more.' : `${messages(count)} restored to ${where}.`
  toast(stopped ? `${done} The others were not: ${stopped}` : done)
}

/** @param {BinPage} page */
function stateText({ total, bytes: octets, keptFor }) {
  const kept =
    keptFor === 0
      ? 'What is removed now is gone at once.'
      : `What is removed is kept for ${span(keptFor)}, then erased.`
  return `${messages(total)}, ${bytes(octets)}. ${kept}`
}

/**
 * Messages that were removed: to search, choose, restore and erase.
 * @param {BinSource} source
 */
export function createBin(source) {
  let find = ''
  /** @type {string | undefined} of the page that is shown */
  let after
  /** @type {Binned[]} */
  let shown = []
  const state = h('p', { class: 'muted' })
  const list = h('ul', { class: 'bin-list', 'aria-label': 'Recently deleted messages' })
  const pages = h('div', { class: 'inline-form' })
  const all = h('input', { type: 'checkbox', onchange: chooseAll })
  const restoreButton = button('Restore', restore, 'primary')
  const eraseButton = button('Erase', erase, 'danger')
  const text = field('Find', { type: 'search', placeholder: 'Subject, name, address or mailbox' })
  const bar = h(
    'div',
    { class: 'bin-bar' },
    h('label', {}, all, ' All shown'),
    h('span', { class: 'gap' }),
    restoreButton,
    eraseButton,
  )

  /** @returns {HTMLInputElement[]} */
  const boxes = () => [...list.querySelectorAll('input')]
  const chosen = () => boxes().flatMap((box) => (box.checked ? [box.value] : []))

  function update() {
    const count = chosen().length
    restoreButton.disabled = count === 0
    eraseButton.disabled = count === 0
    all.checked = count > 0 && count === shown.length
    all.indeterminate = count > 0 && count < shown.length
  }
  function chooseAll() {
    for (const box of boxes()) box.checked = all.checked
    update()
  }

  async function draw() {
    const page = await source.load({ find, limit: PAGE, ...(after !== undefined && { after }) })
    shown = [...page.messages]
    state.textContent = stateText(page)
    const far = page.next === undefined ? 'Nothing is found.' : 'Nothing is found so far.'
    const empty = find ? far : 'Nothing was removed.'
    const rows = shown.map((message) => rowOf(message, update))
    fill(list, ...(rows.length > 0 ? rows : [h('li', { class: 'muted' }, empty)]))
    bar.hidden = rows.length === 0
    fill(
      pages,
      after !== undefined && button('First page', () => turnTo(undefined)),
      page.next !== undefined && button('Next page', () => turnTo(page.next)),
    )
    update()
  }
  /** @param {string | undefined} to */
  async function turnTo(to) {
    after = to
    await draw()
  }
  /** @param {() => Promise<void>} run */
  async function attempt(run) {
    try {
      await run()
    } catch (error) {
      toast(messageOf(error))
    }
    after = undefined
    await draw()
  }
  async function restore() {
    const ids = chosen()
    await attempt(async () => tellRestored(await source.restore({ ids })))
  }
  async function erase() {
    const ids = chosen()
    const what = ids.length === 1 ? 'This message is' : `These ${ids.length} messages are`
    if (!(await confirmBox('Erase', `${what} gone for ever, at once.`, 'Erase'))) return
    await attempt(async () => {
      await showProof(await source.erase({ ids }))
    })
  }

  const search = form([text], 'Find', async () => {
    find = text.value.trim()
    await turnTo(undefined)
    return false
  })
  const element = h('section', { class: 'panel' }, state, search, bar, list, pages)
  return { element, draw }
}

// @ts-check
/** @import { Action } from '../base/types' */
/** @import { List } from './list/list.js' */
import { dialog } from '../base/dialogs.js'
import { h } from '../base/dom.js'

/** @type {readonly (readonly [keys: string, what: string])[]} */
const HELP = [
  ['j / k', 'next, previous message'],
  ['Enter', 'open'],
  ['u or Esc', 'back to the list'],
  ['x', 'select'],
  ['Shift + click', 'select up to here'],
  ['*', 'select all that are shown'],
  ['c', 'write'],
  ['r / a / f', 'reply, reply to all, forward'],
  ['g i', 'inbox'],
  ['e', 'archive'],
  ['Delete or #', 'delete'],
  ['m', 'read / unread'],
  ['s', 'flag'],
  ['v', 'move'],
  ['z', 'undo'],
  ['/', 'search'],
  ['?', 'this list'],
]
/** Rows of a page of the list. */
const PAGE = 8
/** Milliseconds in which a second key belongs to `g`. */
const TWO_KEYS = 1200

const showHelp = () =>
  dialog('Keys', () =>
    h(
      'dl',
      { class: 'keys' },
      HELP.flatMap(([keys, what]) => [h('dt', {}, h('kbd', {}, keys)), h('dd', {}, what)]),
    ),
  )

/**
 * @typedef {object} Ports
 * @property {List} list
 * @property {HTMLInputElement} search
 * @property {() => boolean} isReading
 * @property {() => void} back
 * @property {() => void} write
 * @property {(action: Action) => Promise<unknown>} act
 * @property {() => Promise<unknown>} undo
 * @property {() => void} goToInbox
 */

/**
 * The keys of the mail page. A run that gives `false` leaves the key to the browser.
 * @param {Ports} ports
 * @returns {(event: KeyboardEvent) => void}
 */
export function createKeys({ list, search, isReading, back, write, act, undo, goToInbox }) {
  let goPressed = 0

  /** @param {number} by */
  const openNext = (by) => {
    list.step(by)
    if (isReading()) list.openActive()
  }
  /** While a message is read, it is the message that scrolls. */
  /** @param {number} by */
  const step = (by) => {
    if (isReading()) return false
    list.step(by)
    return true
  }
  /** @type {Readonly<Record<string, (target: Element) => unknown>>} */
  const runs = {
    j: () => openNext(1),
    k: () => openNext(-1),
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    PageDown: () => step(PAGE),
    PageUp: () => step(-PAGE),
    Home: () => step(Number.NEGATIVE_INFINITY),
    End: () => step(Number.POSITIVE_INFINITY),
    // Elsewhere it presses the button, or follows the link, that has the focus.
    Enter: (target) => target.closest('.list') !== null && list.openActive(),
    o: () => list.openActive(),
    u: () => back(),
    Escape: () => (isReading() ? back() : list.clearSelection()),
    x: () => list.toggleActive(),
    c: () => write(),
    r: () => act('reply'),
    a: () => act('replyAll'),
    f: () => act('forward'),
    e: () => act('archive'),
    '#': () => act('delete'),
    Delete: () => act('delete'),
    m: () => act('seen'),
    s: () => act('flag'),
    v: () => act('move'),
    z: () => undo(),
    '/': () => search.focus(),
    '*': () => list.selectLoaded(),
    '?': () => showHelp(),
    g: () => {
      goPressed = Date.now()
    },
  }

  return (event) => {
    const { target, key } = event
    if (event.ctrlKey || event.metaKey || event.altKey || !(target instanceof Element)) return
    if (target.closest('input, textarea, select, dialog, .composer')) {
      if (key === 'Escape' && target === search) list.element.focus()
      return
    }
    const inGo = Date.now() - goPressed < TWO_KEYS
    goPressed = 0
    if (key === 'i' && inGo) goToInbox()
    else if (!Object.hasOwn(runs, key) || runs[key]?.(target) === false) return
    event.preventDefault()
  }
}

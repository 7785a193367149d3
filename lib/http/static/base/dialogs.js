// @ts-check
/** @import { Child } from './types' */
import { button, fill, h } from './dom.js'
import { iconButton } from './icons.js'

/** Milliseconds for which a toast is seen; longer when there is something to do about it. */
const SEEN = 5000
const SEEN_WITH_ACTION = 10_000

/**
 * A line at the bottom of the page.
 * @param {string} text
 * @param {{ label: string, run: () => unknown }} [action]
 * @param {number} [seen] milliseconds
 */
export function toast(text, action, seen = action ? SEEN_WITH_ACTION : SEEN) {
  const close = () => item.remove()
  const act = () => {
    close()
    action?.run()
  }
  const item = h('div', { class: 'toast' }, h('span', {}, text), action && button(action.label, act))
  document.getElementById('toasts')?.replaceChildren(item)
  setTimeout(close, seen)
}

/**
 * A modal dialog; resolves with what `close` was given, or undefined.
 * @template T
 * @param {string} title
 * @param {(close: (value?: T) => void) => Child} build
 * @param {string} [kind] `wide`
 * @returns {Promise<T | undefined>}
 */
export function dialog(title, build, kind = '') {
  return new Promise((resolve) => {
    /** @type {T | undefined} */
    let result
    const box = h('dialog', { class: `dialog ${kind}`, 'aria-label': title })
    /** @param {T} [value] */
    const close = (value) => {
      result = value
      box.close()
    }
    fill(
      box,
      h(
        'header',
        {},
        h('h2', {}, title),
        iconButton('close', 'Close', () => close()),
      ),
      h('div', { class: 'dialog-body' }, build(close)),
    )
    // A link in it, or the way back, leads elsewhere.
    const leave = () => close()
    window.addEventListener('hashchange', leave)
    box.addEventListener('close', () => {
      window.removeEventListener('hashchange', leave)
      box.remove()
      resolve(result)
    })
    document.body.append(box)
    box.showModal()
  })
}

/**
 * @param {string} title
 * @param {string} text
 * @param {string} label what is done
 * @returns {Promise<boolean | undefined>}
 */
export const confirmBox = (title, text, label) =>
  dialog(title, (close) => [
    h('p', {}, text),
    h(
      'div',
      { class: 'buttons' },
      button('Cancel', () => close(false)),
      button(label, () => close(true), 'danger'),
    ),
  ])

/**
 * A word that is shown once.
 * @param {string} title
 * @param {string} secret
 * @param {string} note
 * @returns {Promise<undefined>}
 */
export const showSecret = (title, secret, note) =>
  dialog(title, (close) => [
    h('p', {}, note),
    h('p', { class: 'secret' }, secret),
    h(
      'div',
      { class: 'buttons' },
      button('Done', () => close(), 'primary'),
    ),
  ])

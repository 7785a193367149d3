// @ts-check
/** @import { Summary } from '../../base/types' */

/**
 * @typedef {object} Ports
 * @property {(index: number) => Summary | undefined} at
 * @property {() => number} total
 * @property {{ toggle(message: Summary): void, add(messages: readonly Summary[]): void }} selection
 * @property {(index: number) => void} reveal
 * @property {() => void} draw
 * @property {(message: Summary) => unknown} onOpen
 */

/**
 * The active row, where a range begins, and what a click means.
 * @param {Ports} ports
 */
export function createCursor({ at, total, selection, reveal, draw, onOpen }) {
  let active = -1
  let anchor = -1

  /** @param {number} index */
  function setActive(index) {
    active = Math.max(-1, Math.min(total() - 1, index))
    if (active >= 0) reveal(active)
    draw()
  }
  /** @param {number} index */
  function open(index) {
    setActive(index)
    anchor = active
    const message = at(index)
    if (message) onOpen(message)
  }
  /** @param {number} index */
  function toggle(index) {
    const message = at(index)
    if (!message) return
    active = index
    anchor = index
    selection.toggle(message)
  }
  /** @param {number} to */
  function chooseRange(to) {
    const from = anchor >= 0 ? anchor : Math.max(0, active)
    /** @type {Summary[]} */
    const messages = []
    for (let index = Math.min(from, to); index <= Math.max(from, to); index++) {
      const message = at(index)
      if (message) messages.push(message)
    }
    active = to
    selection.add(messages)
  }
  return {
    get active() {
      return active
    },
    /** @param {number} index after everything has come anew */
    place(index) {
      active = index
    },
    forget() {
      active = -1
      anchor = -1
    },
    /**
     * @param {MouseEvent} event
     * @param {number} index
     */
    onClick(event, index) {
      const { target } = event
      const tick = target instanceof Element && target.closest('.tick')
      if (event.shiftKey) chooseRange(index)
      else if (tick || event.ctrlKey || event.metaKey) toggle(index)
      else open(index)
    },
    /** @param {number} by */
    step(by) {
      setActive(Math.max(0, active + by))
    },
    /** @returns whether there is one */
    openActive() {
      if (active >= 0) open(active)
      return active >= 0
    },
    /** @returns whether there is one */
    toggleActive() {
      if (active >= 0) toggle(active)
      return active >= 0
    },
  }
}

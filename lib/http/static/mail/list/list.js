// @ts-check
/** @import { MessagePage, Places, Summary } from '../../base/types' */
import { fill, h } from '../../base/dom.js'
import { createCursor } from './cursor.js'
import { createFetching } from './fetching.js'
import { blankRow, rowOf } from './row.js'
import { createSelection, placesOf, uidsOf } from './selection.js'
import { createStates } from './states.js'
import { createViewport } from './viewport.js'

/** Rows that are remembered. */
const MOST_DRAWN = 2000

/**
 * @typedef {object} Ports
 * @property {(offset: number, limit: number, background: boolean) => Promise<MessagePage>} load
 * @property {(message: Summary) => unknown} onOpen
 * @property {(count: number) => void} onSelection
 * @property {(total: number | undefined) => void} onTotal rows of the list; undefined: not known yet
 * @property {(event: DragEvent, places: Places) => void} onDrag
 * @property {() => boolean} isSent rows name who a message went to
 * @property {(message: Summary) => string} whereOf name of its mailbox, when the list is of several
 */

/**
 * A list of any length.
 * @param {Ports} ports
 */
export function createList({ load, onOpen, onSelection, onTotal, onDrag, isSent, whereOf }) {
  const space = h('div', { class: 'rows', role: 'presentation' })
  const states = createStates()
  const element = h(
    'div',
    { class: 'list', role: 'listbox', tabindex: '0', 'aria-label': 'Messages', 'aria-multiselectable': 'true' },
    space,
    states.element,
  )
  /** @type {Map<Summary, { key: string, row: HTMLElement }>} */
  const drawn = new Map()
  let total = 0
  let emptyText = ''

  const selection = createSelection(() => {
    draw()
    onSelection(selection.size)
  })
  const viewport = createViewport(element, space, rowAt)
  const fetching = createFetching({
    load,
    inSight: () => viewport.inSight(0),
    onPage(count) {
      setTotal(count)
      draw()
    },
    onFresh: takeFresh,
  })
  const { at } = fetching
  const cursor = createCursor({ at, total: () => total, selection, reveal: viewport.reveal, draw, onOpen })
  const allLoaded = () => fetching.places().map(({ message }) => message)

  /** @param {number} index */
  function rowAt(index) {
    const message = at(index)
    if (message) return drawnRow(message, index)
    fetching.want(index)
    return blankRow()
  }
  /**
   * The row of a message; a new one only when something in it has changed.
   * @param {Summary} message
   * @param {number} index
   */
  function drawnRow(message, index) {
    const where = whereOf(message)
    const state = {
      index,
      total,
      active: index === cursor.active,
      chosen: selection.has(message),
      sent: isSent(),
      where,
    }
    const key = Object.values(state).join('.')
    const before = drawn.get(message)
    if (before?.key === key) return before.row
    const row = rowOf(message, state, {
      onclick: (event) => cursor.onClick(event, index),
      ondragstart: (event) => onDrag(event, dragged(message)),
    })
    drawn.set(message, { key, row })
    return row
  }
  function draw() {
    if (drawn.size > MOST_DRAWN) drawn.clear()
    viewport.draw()
    const { active } = cursor
    if (active >= 0 && at(active)) element.setAttribute('aria-activedescendant', `row-${active}`)
    else element.removeAttribute('aria-activedescendant')
  }
  /** @param {number} count */
  function setTotal(count) {
    total = count
    viewport.setTotal(count)
    element.setAttribute('aria-busy', 'false')
    states.loaded(count, emptyText)
    onTotal(count)
  }
  /**
   * What is dragged: all that is selected, when the row is.
   * @param {Summary} message
   * @returns {Places}
   */
  const dragged = (message) =>
    selection.has(message) ? selection.places() : placesOf([{ mailbox: message.mailbox, uids: uidsOf(message) }])

  /**
   * @param {number} count
   * @param {() => void} take
   */
  function takeFresh(count, take) {
    // Only now: keys may have been pressed meanwhile.
    const before = at(cursor.active)
    take()
    drawn.clear()
    setTotal(count)
    const places = fetching.places()
    const isBefore = (/** @type {Summary} */ { uid, mailbox }) => uid === before?.uid && mailbox === before.mailbox
    cursor.place(places.find(({ message }) => isBefore(message))?.index ?? Math.min(cursor.active, count - 1))
    if (places.length >= count) selection.keep(allLoaded())
    draw()
    onSelection(selection.size)
  }
  new ResizeObserver(() => {
    drawn.clear()
    viewport.measure()
  }).observe(element)

  /** @param {unknown} error */
  function showFailed(error) {
    element.setAttribute('aria-busy', 'false')
    states.failed(error, () => void restart(emptyText))
    onTotal(undefined)
  }
  /** @param {string} text what stands there when there is nothing */
  async function restart(text) {
    emptyText = text
    drawn.clear()
    selection.clear()
    cursor.forget()
    total = 0
    viewport.setTotal(0)
    viewport.toTop()
    element.setAttribute('aria-busy', 'true')
    states.loading()
    fill(space)
    onTotal(undefined)
    try {
      await fetching.anew()
    } catch (error) {
      showFailed(error)
      throw error
    }
  }

  return {
    element,
    get total() {
      return total
    },
    selection,
    /** Everything anew: another mailbox, another search. */
    reset: restart,
    /**
     * Something changed: what is in sight is fetched again, what is not is forgotten.
     * @param {boolean} background
     */
    refresh: (background) => fetching.again(background),
    /** Rows have another height. */
    measure() {
      drawn.clear()
      viewport.measure()
    },
    step: cursor.step,
    openActive: cursor.openActive,
    toggleActive: cursor.toggleActive,
    clearSelection: selection.clear,
    selectLoaded() {
      selection.add(allLoaded())
    },
    /** What is selected, or the active row. */
    targets() {
      const messages = allLoaded().filter(selection.has)
      const current = at(cursor.active)
      if (selection.size > 0) return { messages, places: selection.places(), count: selection.size }
      const rows = current ? [current] : []
      const places = placesOf(rows.map((message) => ({ mailbox: message.mailbox, uids: uidsOf(message) })))
      return { messages: rows, places, count: rows.length }
    },
    /**
     * Shows a change at once; the server's answer comes with the next refresh.
     * @param {string} mailbox
     * @param {readonly number[]} uids
     * @param {(message: Summary) => void} change
     */
    patch(mailbox, uids, change) {
      for (const message of allLoaded()) {
        if (message.mailbox === mailbox && uids.includes(message.uid)) change(message)
      }
      drawn.clear()
      draw()
    },
  }
}
/** @typedef {ReturnType<typeof createList>} List */

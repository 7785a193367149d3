// @ts-check
/** @import { MessagePage, Summary } from '../../base/types' */
import { fill, h } from '../../base/dom.js'
import { createNewest } from './newest.js'
import { createPages, PAGE, pageOf } from './pages.js'
import { blankRow, rowOf } from './row.js'

/** Rows that are made above and below those in sight. */
const SPARE = 8
/** Rows that are remembered. */
const MOST_DRAWN = 2000

/**
 * @typedef {object} Ports
 * @property {(offset: number, limit: number, background: boolean) => Promise<MessagePage>} load
 * @property {(message: Summary) => unknown} onOpen
 * @property {(count: number) => void} onSelection
 * @property {() => boolean} isSent rows name who a message went to
 */

/**
 * A list of any length: only the rows in sight are elements, pages are fetched as they come into sight.
 * @param {Ports} ports
 */
export function createList({ load, onOpen, onSelection, isSent }) {
  const space = h('div', { class: 'rows', role: 'presentation' })
  // An option that cannot be chosen: a listbox must have one.
  const empty = h('p', {
    class: 'empty',
    hidden: true,
    role: 'option',
    'aria-disabled': 'true',
    'aria-selected': 'false',
  })
  const element = h(
    'div',
    { class: 'list', role: 'listbox', tabindex: '0', 'aria-label': 'Messages', 'aria-multiselectable': 'true' },
    space,
    empty,
  )
  const pages = createPages()
  const { at } = pages
  const untilNewest = createNewest()
  /** @type {Set<number>} pages that are being fetched */
  const waiting = new Set()
  /** @type {Map<Summary, { key: string, row: HTMLElement }>} */
  const drawn = new Map()
  /** @type {Set<number>} UIDs */
  const selected = new Set()
  let total = 0
  let active = -1
  let generation = 0
  let rowHeight = 0
  let frame = 0

  const height = () => {
    rowHeight ||= Number.parseFloat(getComputedStyle(element).getPropertyValue('--row')) || 76
    return rowHeight
  }
  /** @param {Summary} message */
  const uidsOf = (message) => message.conversation?.uids ?? [message.uid]

  /**
   * @param {number} page
   * @param {boolean} background
   */
  async function fetchPage(page, background) {
    if (waiting.has(page)) return
    waiting.add(page)
    const mine = generation
    try {
      const answer = await load(page * PAGE, PAGE, background)
      if (mine !== generation) return
      pages.put(page, answer.messages)
      setTotal(answer.total)
      draw()
    } finally {
      waiting.delete(page)
    }
  }
  /** @param {number} count */
  function setTotal(count) {
    total = count
    space.style.height = `${count * height()}px`
    empty.hidden = count > 0
    empty.textContent = emptyText
  }
  let emptyText = 'Nothing here.'

  /**
   * @param {HTMLElement} row
   * @param {number} index
   */
  function put(row, index) {
    row.style.transform = `translateY(${index * height()}px)`
  }
  /**
   * @param {MouseEvent} event
   * @param {number} index
   */
  function onClick(event, index) {
    const { target } = event
    const tick = target instanceof Element && target.closest('.tick')
    if (tick || event.ctrlKey || event.metaKey) toggle(index)
    else if (event.shiftKey && active >= 0) chooseRange(active, index)
    else open(index)
  }
  /**
   * The row of a message; a new one only when something in it has changed.
   * @param {Summary} message
   * @param {number} index
   * @param {boolean} sent
   */
  function drawnRow(message, index, sent) {
    const state = { index, total, active: index === active, chosen: selected.has(message.uid), sent }
    const key = Object.values(state).join('.')
    const before = drawn.get(message)
    if (before?.key === key) return before.row
    const row = rowOf(message, state, (event) => onClick(event, index))
    put(row, index)
    drawn.set(message, { key, row })
    return row
  }

  function draw() {
    const first = Math.max(0, Math.floor(element.scrollTop / height()) - SPARE)
    const last = Math.min(total - 1, Math.ceil((element.scrollTop + element.clientHeight) / height()) + SPARE)
    /** @type {HTMLElement[]} */
    const rows = []
    const sent = isSent()
    for (let index = first; index <= last; index++) {
      const message = at(index)
      if (message) rows.push(drawnRow(message, index, sent))
      else {
        const blank = blankRow()
        put(blank, index)
        rows.push(blank)
        const page = pageOf(index)
        if (!pages.has(page)) void fetchPage(page, false).catch(() => undefined)
      }
    }
    if (drawn.size > MOST_DRAWN) drawn.clear()
    fill(space, rows)
    if (active >= 0 && at(active)) element.setAttribute('aria-activedescendant', `row-${active}`)
    else element.removeAttribute('aria-activedescendant')
  }
  element.addEventListener('scroll', () => {
    cancelAnimationFrame(frame)
    frame = requestAnimationFrame(draw)
  })
  new ResizeObserver(() => {
    rowHeight = 0
    setTotal(total)
    drawn.clear()
    draw()
  }).observe(element)

  /** @param {number} index */
  function reveal(index) {
    const top = index * height()
    if (top < element.scrollTop) element.scrollTop = top
    else if (top + height() > element.scrollTop + element.clientHeight)
      element.scrollTop = top + height() - element.clientHeight
  }
  /** @param {number} index */
  function setActive(index) {
    active = Math.max(-1, Math.min(total - 1, index))
    if (active >= 0) reveal(active)
    draw()
  }
  /** @param {number} index */
  function open(index) {
    setActive(index)
    const message = at(index)
    if (message) onOpen(message)
  }
  /** Draws the selection, and tells of it. */
  function selectionChanged() {
    draw()
    onSelection(selected.size)
  }
  /** @param {number} index */
  function toggle(index) {
    const message = at(index)
    if (!message) return
    if (!selected.delete(message.uid)) selected.add(message.uid)
    active = index
    selectionChanged()
  }
  /**
   * @param {number} from
   * @param {number} to
   */
  function chooseRange(from, to) {
    for (let index = Math.min(from, to); index <= Math.max(from, to); index++) {
      const message = at(index)
      if (message) selected.add(message.uid)
    }
    selectionChanged()
  }
  /** @param {boolean} background */
  async function reload(background) {
    const first = pageOf(element.scrollTop / height())
    const last = pageOf((element.scrollTop + element.clientHeight) / height())
    const mine = ++generation
    waiting.clear()
    /** @type {Map<number, Summary[]>} */
    const fresh = new Map()
    let count = 0
    for (let page = first; page <= last; page++) {
      const answer = await load(page * PAGE, PAGE, background)
      if (mine !== generation) return
      fresh.set(page, answer.messages)
      count = answer.total
    }
    // Only now: keys may have been pressed meanwhile.
    const keepUid = at(active)?.uid
    const chosenBefore = new Set(selected)
    pages.replace(fresh)
    drawn.clear()
    setTotal(count)
    const places = pages.places()
    active = places.find(({ message }) => message.uid === keepUid)?.index ?? Math.min(active, count - 1)
    selected.clear()
    for (const { message } of places) if (chosenBefore.has(message.uid)) selected.add(message.uid)
    selectionChanged()
  }
  const allLoaded = () => pages.places().map(({ message }) => message)

  return {
    element,
    get total() {
      return total
    },
    /**
     * Everything anew: another mailbox, another search.
     * @param {string} text what stands there when there is nothing
     */
    async reset(text) {
      generation++
      emptyText = text
      pages.replace(new Map())
      waiting.clear()
      drawn.clear()
      selected.clear()
      active = -1
      element.scrollTop = 0
      setTotal(0)
      empty.hidden = true
      fill(space)
      onSelection(0)
      await untilNewest(fetchPage(0, false))
    },
    /**
     * Something changed: what is in sight is fetched again, what is not is forgotten.
     * @param {boolean} background
     */
    refresh: (background) => untilNewest(reload(background)),
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
    clearSelection() {
      selected.clear()
      selectionChanged()
    },
    selectLoaded() {
      for (const message of allLoaded()) selected.add(message.uid)
      selectionChanged()
    },
    /** UIDs of what is selected, or of the active row. */
    targets() {
      const chosen = allLoaded().filter((message) => selected.has(message.uid))
      const current = at(active)
      const messages = chosen.length > 0 ? chosen : current ? [current] : []
      return { messages, uids: messages.flatMap(uidsOf) }
    },
    /**
     * Shows a change at once; the server's answer comes with the next refresh.
     * @param {readonly number[]} uids
     * @param {(message: Summary) => void} change
     */
    patch(uids, change) {
      for (const message of allLoaded()) if (uids.includes(message.uid)) change(message)
      drawn.clear()
      draw()
    },
  }
}
/** @typedef {ReturnType<typeof createList>} List */

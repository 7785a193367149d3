import { fill, h, icon, personName, shortTime } from '../base/dom.js'

const PAGE = 100
const SPARE = 8

/**
 * A list of any length: only the rows in sight are elements, pages are fetched as they come into sight.
 * @param ports.load (offset, limit, background) => { total, messages }
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
  const pages = new Map()
  const waiting = new Set()
  const drawn = new Map()
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
  const at = (index) => pages.get(Math.floor(index / PAGE))?.[index % PAGE]
  const uidsOf = (message) => message.conversation?.uids ?? [message.uid]

  async function fetchPage(page, background) {
    if (waiting.has(page)) return
    waiting.add(page)
    const mine = generation
    try {
      const got = await load(page * PAGE, PAGE, background)
      if (mine !== generation) return
      pages.set(page, got.messages)
      setTotal(got.total)
      draw()
    } finally {
      waiting.delete(page)
    }
  }
  function setTotal(count) {
    total = count
    space.style.height = `${count * height()}px`
    empty.hidden = count > 0
    empty.textContent = emptyText
  }
  let emptyText = 'Nothing here.'

  function rowOf(message, index) {
    const unread = message.conversation ? message.conversation.unread > 0 : !message.flags.includes('\\Seen')
    const flagged = message.flags.includes('\\Flagged')
    const people = isSent() ? message.to : message.from
    const names = people.map(personName).join(', ') || (isSent() ? '(no recipient)' : '(no sender)')
    const count = message.conversation?.uids.length ?? 1
    const chosen = selected.has(message.uid)
    const label = [
      unread ? 'Unread' : '',
      flagged ? 'Flagged' : '',
      names,
      message.subject || '(no subject)',
      shortTime(message.date),
      message.attachments ? 'with files' : '',
    ]
      .filter(Boolean)
      .join(', ')
    const row = h(
      'div',
      {
        class: `row${unread ? ' unread' : ''}${index === active ? ' active' : ''}${chosen ? ' chosen' : ''}`,
        role: 'option',
        id: `row-${index}`,
        'aria-selected': String(chosen || index === active),
        'aria-label': label,
        'aria-setsize': total,
        'aria-posinset': index + 1,
        onclick: (event) => {
          if (event.target.closest('.tick') || event.ctrlKey || event.metaKey) return toggle(index)
          if (event.shiftKey && active >= 0) return chooseRange(active, index)
          open(index)
        },
      },
      h('span', { class: 'tick', title: 'Select' }, h('span', { class: 'dot' })),
      h(
        'span',
        { class: 'row-main' },
        h(
          'span',
          { class: 'row-top' },
          h('span', { class: 'who' }, names),
          count > 1 && h('span', { class: 'count' }, String(count)),
          flagged && h('span', { class: 'starred' }, icon('star')),
          message.attachments && icon('clip'),
          h('time', { datetime: new Date(message.date).toISOString() }, shortTime(message.date)),
        ),
        h('span', { class: 'subject' }, message.subject || '(no subject)'),
        h('span', { class: 'preview' }, message.preview),
      ),
    )
    row.style.transform = `translateY(${index * height()}px)`
    return row
  }

  function draw() {
    const first = Math.max(0, Math.floor(element.scrollTop / height()) - SPARE)
    const last = Math.min(total - 1, Math.ceil((element.scrollTop + element.clientHeight) / height()) + SPARE)
    const rows = []
    for (let index = first; index <= last; index++) {
      const message = at(index)
      if (message) {
        const key = `${index}.${total}.${index === active}.${selected.has(message.uid)}.${isSent()}`
        const known = drawn.get(message)
        const row = known?.key === key ? known.row : rowOf(message, index)
        drawn.set(message, { key, row })
        rows.push(row)
      } else {
        const blank = h('div', { class: 'row blank', 'aria-hidden': 'true' })
        blank.style.transform = `translateY(${index * height()}px)`
        rows.push(blank)
        const page = Math.floor(index / PAGE)
        if (!pages.has(page)) void fetchPage(page, false).catch(() => undefined)
      }
    }
    if (drawn.size > 2000) drawn.clear()
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

  function reveal(index) {
    const top = index * height()
    if (top < element.scrollTop) element.scrollTop = top
    else if (top + height() > element.scrollTop + element.clientHeight)
      element.scrollTop = top + height() - element.clientHeight
  }
  function setActive(index) {
    active = Math.max(-1, Math.min(total - 1, index))
    if (active >= 0) reveal(active)
    draw()
  }
  function open(index) {
    setActive(index)
    const message = at(index)
    if (message) onOpen(message)
  }
  function told() {
    draw()
    onSelection(selected.size)
  }
  function toggle(index) {
    const message = at(index)
    if (!message) return
    if (!selected.delete(message.uid)) selected.add(message.uid)
    active = index
    told()
  }
  function chooseRange(from, to) {
    for (let index = Math.min(from, to); index <= Math.max(from, to); index++) {
      const message = at(index)
      if (message) selected.add(message.uid)
    }
    told()
  }
  const allLoaded = () => [...pages.values()].flat()

  return {
    element,
    get total() {
      return total
    },
    get active() {
      return active < 0 ? undefined : at(active)
    },
    /** Everything anew: another mailbox, another search. */
    async reset(text) {
      generation++
      emptyText = text
      pages.clear()
      waiting.clear()
      drawn.clear()
      selected.clear()
      active = -1
      element.scrollTop = 0
      setTotal(0)
      empty.hidden = true
      fill(space)
      onSelection(0)
      await fetchPage(0, false)
    },
    /** Something changed: what is in sight is fetched again, what is not is forgotten. */
    async refresh(background) {
      const first = Math.floor(element.scrollTop / height() / PAGE)
      const last = Math.floor((element.scrollTop + element.clientHeight) / height() / PAGE)
      const mine = ++generation
      waiting.clear()
      const fresh = new Map()
      let count = 0
      for (let page = first; page <= last; page++) {
        const got = await load(page * PAGE, PAGE, background)
        if (mine !== generation) return
        fresh.set(page, got.messages)
        count = got.total
      }
      // Only now: keys may have been pressed meanwhile.
      const keepUid = at(active)?.uid
      const chosenBefore = new Set(selected)
      pages.clear()
      for (const [page, messages] of fresh) pages.set(page, messages)
      drawn.clear()
      setTotal(count)
      const messages = [...fresh].flatMap(([page, some]) =>
        some.map((message, index) => [message.uid, page * PAGE + index]),
      )
      const found = messages.find(([uid]) => uid === keepUid)
      active = found ? found[1] : Math.min(active, count - 1)
      selected.clear()
      for (const [uid] of messages) if (chosenBefore.has(uid)) selected.add(uid)
      told()
    },
    step(by) {
      setActive(Math.max(0, active + by))
    },
    openActive: () => active >= 0 && open(active),
    toggleActive: () => active >= 0 && toggle(active),
    clearSelection() {
      selected.clear()
      told()
    },
    selectLoaded() {
      for (const message of allLoaded()) selected.add(message.uid)
      told()
    },
    /** UIDs of what is selected, or of the active row. */
    targets() {
      const chosen = allLoaded().filter((message) => selected.has(message.uid))
      const some = chosen.length > 0 ? chosen : at(active) ? [at(active)] : []
      return { messages: some, uids: some.flatMap(uidsOf) }
    },
    /** Shows a change at once; the server's answer comes with the next refresh. */
    patch(uids, change) {
      for (const message of allLoaded()) if (uids.includes(message.uid)) change(message)
      drawn.clear()
      draw()
    },
  }
}

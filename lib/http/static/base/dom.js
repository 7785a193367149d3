/** Makes elements. Text is always text: nothing here takes markup. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value)
    else if (name === 'class') element.className = value
    else if (name === 'value') element.value = value
    else element.setAttribute(name, value === true ? '' : value)
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false))
  return element
}

export const fill = (element, ...children) => {
  element.replaceChildren(
    ...children.flat().filter((child) => child !== undefined && child !== null && child !== false),
  )
  return element
}

const PATHS = {
  inbox: 'M3 13l3-9h12l3 9v6H3zM3 13h5l1 3h6l1-3h5',
  sent: 'M21 3L3 10l7 3 3 7zM10 13L21 3',
  drafts: 'M4 20l1-5L16 4l4 4L9 19zM14 6l4 4',
  trash: 'M4 6h16M9 6V4h6v2M6 6l1 14h10l1-14M10 10v6M14 10v6',
  archive: 'M3 4h18v4H3zM5 8v12h14V8M10 12h4',
  junk: 'M12 3l9 5v8l-9 5-9-5V8zM12 8v5M12 16v.5',
  folder: 'M3 6h6l2 2h10v11H3z',
  star: 'M12 4l2.5 5.2 5.5.8-4 4 1 5.6-5-2.7-5 2.7 1-5.6-4-4 5.5-.8z',
  reply: 'M9 7l-6 5 6 5v-3.5c6-.5 9 1.500 12 5.500-.5-7-5-9.500-12-9.500z',
  replyAll: 'M7 7l-5 5 5 5M12 7l-5 5 5 5v-3.500c5-.5 8 1.500 10 5.500-.5-7-4-9.500-10-9.500z',
  forward: 'M15 7l6 5-6 5v-3.500c-6-.5-9 1.500-12 5.500.5-7 5-9.500 12-9.500z',
  unread: 'M3 6h18v13H3zM3 7l9 7 9-7',
  move: 'M3 6h6l2 2h10v11H3zM9 13.500h6M13 11l2.500 2.500L13 16',
  reload: 'M20 12a8 8 0 1 1-2.500-5.800M20 3v4.500h-4.500',
  search: 'M10.500 4a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13zM15.500 15.500L21 21',
  close: 'M5 5l14 14M19 5L5 19',
  back: 'M15 4l-8 8 8 8',
  menu: 'M3 6h18M3 12h18M3 18h18',
  clip: 'M20 11l-8.500 8.500a5 5 0 0 1-7-7L13 4a3.300 3.300 0 0 1 4.700 4.700L9.500 17a1.600 1.600 0 0 1-2.300-2.300L15 7',
  user: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4 21c.5-5 4-7 8-7s7.500 2 8 7',
  pen: 'M4 20l1-5L16 4l4 4L9 19z',
  down: 'M12 4v12M7 11l5 5 5-5M4 20h16',
  threads: 'M4 5h16v9H9l-5 4zM8 9h8',
  more: 'M11.500 5h1v1h-1zM11.500 11.500h1v1h-1zM11.500 18h1v1h-1z',
  lock: 'M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3',
}
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('class', 'icon')
  svg.setAttribute('aria-hidden', 'true')
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  path.setAttribute('d', PATHS[name] ?? PATHS.folder)
  svg.append(path)
  return svg
}

export const iconButton = (name, label, run, props = {}) =>
  h(
    'button',
    { type: 'button', class: 'icon-button', 'aria-label': label, title: label, onclick: run, ...props },
    icon(name),
  )

export function toast(text, action) {
  const box = document.getElementById('toasts')
  const close = () => item.remove()
  const item = h(
    'div',
    { class: 'toast' },
    h('span', {}, text),
    action && h('button', { type: 'button', onclick: () => (close(), action.run()) }, action.label),
  )
  box.replaceChildren(item)
  setTimeout(close, action ? 10_000 : 5000)
  return close
}

/** A modal dialog; resolves with what `close` was given, or undefined. */
export function dialog(title, build) {
  return new Promise((resolve) => {
    let result
    const box = h('dialog', { class: 'dialog', 'aria-label': title })
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
        iconButton('close', 'Close', () => close(undefined)),
      ),
      h('div', { class: 'dialog-body' }, build(close)),
    )
    box.addEventListener('close', () => {
      box.remove()
      resolve(result)
    })
    document.body.append(box)
    box.showModal()
  })
}

export const confirmBox = (title, text, label) =>
  dialog(title, (close) => [
    h('p', {}, text),
    h(
      'div',
      { class: 'buttons' },
      h('button', { type: 'button', onclick: () => close(false) }, 'Cancel'),
      h('button', { type: 'button', class: 'danger', onclick: () => close(true) }, label),
    ),
  ])

export const field = (label, props = {}) =>
  h('label', { class: 'field' }, h('span', {}, label), h('input', { autocomplete: 'off', ...props }))

const time = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' })
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const full = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' })
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
export const exactTime = (at) => exact.format(at)
export function shortTime(at) {
  const date = new Date(at)
  const now = new Date()
  if (date.toDateString() === now.toDateString()) return time.format(date)
  return date.getFullYear() === now.getFullYear() ? day.format(date) : full.format(date)
}
export const bytes = (count) =>
  count < 1024
    ? `${count} B`
    : count < 1024 ** 2
      ? `${Math.round(count / 1024)} KB`
      : count < 1024 ** 3
        ? `${(count / 1024 ** 2).toFixed(1)} MB`
        : `${(count / 1024 ** 3).toFixed(2)} GB`
export const personName = ({ name, address }) => name || address
/** As one types it; a name in quotes only where it must be (RFC 5322 3.2.3). */
const typed = ({ name, address }) =>
  !name || !address
    ? address || name
    : /^[\p{L}\p{N} '_-]+$/u.test(name)
      ? `${name} <${address}>`
      : `"${name.replace(/["\\]/g, '')}" <${address}>`
export const typedAll = (people) => people.map(typed).join(', ')

/** A browser's own name in two words. */
export function programName(agent) {
  const browser = /Edg\//.test(agent)
    ? 'Edge'
    : /Firefox\//.test(agent)
      ? 'Firefox'
      : /Chrome\//.test(agent)
        ? 'Chrome'
        : /Safari\//.test(agent)
          ? 'Safari'
          : ''
  const system = /Android/.test(agent)
    ? 'Android'
    : /iPhone|iPad/.test(agent)
      ? 'iOS'
      : /Mac OS/.test(agent)
        ? 'macOS'
        : /Windows/.test(agent)
          ? 'Windows'
          : /Linux/.test(agent)
            ? 'Linux'
            : ''
  return browser ? `${browser}${system && ` on ${system}`}` : agent.slice(0, 40)
}

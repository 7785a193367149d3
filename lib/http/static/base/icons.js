// @ts-check
/** @import { Props } from './types' */
import { h, svg } from './dom.js'

/** @type {Readonly<Record<string, string>>} */
const PATHS = {
  inbox: 'M3 13l3-9h12l3 9v6H3zM3 13h5l1 3h6l1-3h5',
  sent: 'M21 3L3 10l7 3 3 7zM10 13L21 3',
  drafts: 'M4 20l1-5L16 4l4 4L9 19zM14 6l4 4',
  trash: 'M4 6h16M9 6V4h6v2M6 6l1 14h10l1-14M10 10v6M14 10v6',
  restore: 'M4 6h16M9 6V4h6v2M6 6l1 14h10l1-14M12 17v-6M9.500 13.500L12 11l2.500 2.500',
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
  people:
    'M9 5a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7zM2.500 20c.4-4 3-6 6.500-6s6.100 2 6.500 6M15.500 5.500a3.200 3.200 0 0 1 0 6M17.500 14.500c2.500.7 3.800 2.700 4 5.500',
  bold: 'M7 4h6.500a4 4 0 0 1 0 8H7zM7 12h7.500a4 4 0 0 1 0 8H7z',
  italic: 'M10 4h8M6 20h8M14 4l-4 16',
  underline: 'M7 4v7a5 5 0 0 0 10 0V4M5 20h14',
  bullets: 'M9 6h11M9 12h11M9 18h11M4.500 6h.5M4.500 12h.5M4.500 18h.5',
  numbers: 'M10 6h10M10 12h10M10 18h10M4 4.500l1.500-.8V9M3.800 15.500c1.800-2.200 3.400-.3 2 1.300L3.800 19.500H6.500',
  quote: 'M5 5v14M10 7h10M10 12h10M10 17h7',
  link: 'M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1',
  picture: 'M3 5h18v14H3zM3 16l5-5 4 4 3-3 6 6M15.500 9h.5',
  eraser: 'M4 20h16M6 15l8-10 5 4-8 10H8z',
  letters: 'M3 18l5-12 5 12M5 14h6M15 18l0 0M20.500 11v7M20.500 14.500a3 3 0 1 0-6 0 3 3 0 0 0 6 0z',
  filter: 'M3 5h18l-7 8v6l-4-2v-4z',
  up: 'M6 14l6-6 6 6',
  pen: 'M4 20l1-5L16 4l4 4L9 19z',
  down: 'M12 4v12M7 11l5 5 5-5M4 20h16',
  threads: 'M4 5h16v9H9l-5 4zM8 9h8',
  more: 'M11.500 5h1v1h-1zM11.500 11.500h1v1h-1zM11.500 18h1v1h-1z',
  calendar: 'M4 6h16v14H4zM4 10h16M8 3v5M16 3v5',
  sort: 'M4 7h16M7 12h10M10 17h4',
  print: 'M7 9V3h10v6M7 17H3V9h18v8h-4M7 14h10v7H7z',
  source: 'M9 7l-5 5 5 5M15 7l5 5-5 5',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M19 5l-2 2M7 17l-2 2',
  lock: 'M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3',
}

/** @param {string} name a role of a mailbox is one; of what is unknown, a folder */
export const icon = (name) =>
  svg(
    'svg',
    { viewBox: '0 0 24 24', class: 'icon', 'aria-hidden': 'true' },
    svg('path', { d: PATHS[name] ?? PATHS.folder ?? '' }),
  )

/**
 * @param {string} name
 * @param {string} label what it does
 * @param {() => unknown} run
 * @param {Props} [props]
 */
export const iconButton = (name, label, run, props = {}) =>
  h(
    'button',
    { type: 'button', class: 'icon-button', 'aria-label': label, title: label, onclick: () => run(), ...props },
    icon(name),
  )

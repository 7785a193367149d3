// @ts-check
import { h, svg } from '../base/dom.js'

/** Units of the drawing; text has a size of its own in it. */
const WIDTH = 420
const HEIGHT = 170
const LEFT = 54
const RIGHT = 6
const TOP = 10
const BOTTOM = 24
/** Between two bars. */
const SPACE = 3
/** Hours from one label to the next. */
const LABELLED = 4
/** Lines above and below zero. */
const STEPS = 2

/**
 * @typedef {object} Hour
 * @property {number} at milliseconds since 1970
 * @property {number} good
 * @property {number} bad
 */
/**
 * @typedef {object} Legend
 * @property {string} good what stands above the line
 * @property {string} [bad] what stands below it; nothing does, when it is not said
 * @property {(count: number) => string} [format] of octets, where numbers are that
 */

/** @param {number} at */
const clock = (at) => `${new Date(at).getHours()}:00`

const KB = 1024
/** @param {number} most octets */
const unitOf = (most) => (most >= KB ** 2 ? KB ** 2 : most >= KB ? KB : 1)

/**
 * A number that people count in, not below what there is.
 * @param {number} most
 * @param {boolean} octets
 */
const highest = (most, octets) => (octets ? roundedUp(most / unitOf(most)) * unitOf(most) : roundedUp(most))

/** @param {number} most */
function roundedUp(most) {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, most)))
  const step = [1, 2, 4, 5, 10].find((factor) => factor * power >= most) ?? 10
  return Math.max(STEPS, step * power)
}

/**
 * @param {number} x
 * @param {number} y
 * @param {string} anchor
 * @param {string} text
 */
const label = (x, y, anchor, text) => svg('text', { x, y, 'text-anchor': anchor }, text)

/**
 * Bars of hours, with axes: good above, bad below the line.
 * @param {readonly Hour[]} hours
 * @param {Legend} legend
 */
export function hoursChart(hours, { good: goodName, bad: badName, format = String }) {
  const octets = format !== String
  const top = highest(Math.max(0, ...hours.map(({ good }) => good)), octets)
  const low = badName === undefined ? 0 : Math.max(0, ...hours.map(({ bad }) => bad))
  const below = low === 0 ? 0 : highest(low, octets)
  const room = HEIGHT - TOP - BOTTOM
  const scale = room / (top + below)
  const zero = TOP + top * scale
  const step = (WIDTH - LEFT - RIGHT) / hours.length
  const sums = hours.reduce((sum, { good, bad }) => ({ good: sum.good + good, bad: sum.bad + bad }), {
    good: 0,
    bad: 0,
  })

  const levels = [
    ...Array.from({ length: STEPS + 1 }, (_, index) => (top * index) / STEPS),
    ...(below > 0 ? [-below] : []),
  ]
  const lines = levels.flatMap((level) => {
    const y = zero - level * scale
    return [
      svg('line', { class: level === 0 ? 'zero' : '', x1: LEFT, x2: WIDTH - RIGHT, y1: y, y2: y }),
      label(LEFT - 6, y + 4, 'end', format(Math.abs(level))),
    ]
  })
  const times = hours.flatMap(({ at }, index) =>
    index % LABELLED === 0 ? [label(LEFT + index * step + step / 2, HEIGHT - 6, 'middle', clock(at))] : [],
  )
  const bars = hours.flatMap(({ at, good, bad }, index) => {
    const words = `${clock(at)}: ${goodName} ${format(good)}${badName ? `, ${badName} ${format(bad)}` : ''}`
    /**
     * @param {string} kind
     * @param {number} y
     * @param {number} height
     */
    const bar = (kind, y, height) =>
      svg(
        'rect',
        { class: kind, x: LEFT + index * step + SPACE / 2, y, width: step - SPACE, height, rx: 1 },
        svg('title', {}, words),
      )
    return [
      good > 0 && bar('granted', zero - good * scale, good * scale),
      bad > 0 && badName !== undefined && bar('refused', zero, bad * scale),
    ].filter((drawn) => drawn !== false)
  })
  const said = `${goodName} ${format(sums.good)}${badName ? `, ${badName} ${format(sums.bad)}` : ''}`
  return h(
    'figure',
    { class: 'chart-box' },
    svg(
      'svg',
      { class: 'chart', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': `Last 24 hours: ${said}` },
      ...lines,
      ...times,
      ...bars,
    ),
    h(
      'figcaption',
      {},
      h('span', { class: 'key granted' }, `${goodName} ${format(sums.good)}`),
      badName !== undefined && h('span', { class: 'key refused' }, `${badName} ${format(sums.bad)}`),
    ),
  )
}

/**
 * A name, an amount, and a bar of its share.
 * @param {string} label
 * @param {string} amount
 * @param {number} share of 1
 */
export function barLine(label, amount, share) {
  const bar = svg(
    'svg',
    { viewBox: '0 0 100 8', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    svg('rect', { class: 'back', width: 100, height: 8, rx: 1 }),
    svg('rect', { width: Math.max(0.5, share * 100), height: 8, rx: 1 }),
  )
  return h('div', { class: 'bar-line' }, h('span', { class: 'name' }, label), h('span', {}, amount), bar)
}

/**
 * @param {Readonly<Record<string, number>>} counts
 * @param {string} empty what stands there when there are none
 * @param {(name: string) => string} [words] of the names
 */
export function barLines(counts, empty, words = String) {
  const entries = Object.entries(counts)
  const most = Math.max(1, ...entries.map(([, count]) => count))
  return entries.length === 0
    ? h('p', { class: 'muted' }, empty)
    : entries.map(([name, count]) => barLine(words(name), String(count), count / most))
}

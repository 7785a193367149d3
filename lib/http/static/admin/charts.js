// @ts-check
import { h, svg } from '../base/dom.js'

const WIDTH = 480
const HEIGHT = 114
const LINE = 57
/** The longest bar. */
const TALL = 50
/** Between two bars, and from a bar to the line. */
const SPACE = 3
/** Hours from one label to the next. */
const LABELLED = 4

/**
 * @typedef {object} Hour
 * @property {number} at milliseconds since 1970
 * @property {number} good
 * @property {number} bad
 */

/** @param {number} at */
const clock = (at) => `${new Date(at).getHours()}:00`

/**
 * Good above, bad below the line, an hour a bar.
 * @param {readonly Hour[]} hours
 * @param {(good: number, bad: number) => string} say tells an hour, or their sum, in words
 */
export function hoursChart(hours, say) {
  const most = Math.max(1, ...hours.map(({ good, bad }) => Math.max(good, bad)))
  const step = WIDTH / hours.length
  const bars = hours.flatMap(({ at, good, bad }, index) => {
    /**
     * @param {string} kind
     * @param {number} count
     * @param {(tall: number) => number} top
     */
    const bar = (kind, count, top) => {
      const tall = (count / most) * TALL
      return svg(
        'rect',
        {
          class: kind,
          x: index * step + SPACE / 2,
          y: top(tall),
          width: step - SPACE,
          height: tall,
          rx: 1.5,
        },
        svg('title', {}, `${clock(at)}: ${say(good, bad)}`),
      )
    }
    return [bar('granted', good, (tall) => LINE - 1 - tall), bar('refused', bad, () => LINE + 1)]
  })
  const sum = hours.reduce((total, { good, bad }) => ({ good: total.good + good, bad: total.bad + bad }), {
    good: 0,
    bad: 0,
  })
  const labels = hours.filter((_hour, index) => index % LABELLED === 0).map(({ at }) => h('span', {}, clock(at)))
  const chart = svg(
    'svg',
    {
      class: 'chart',
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      preserveAspectRatio: 'none',
      role: 'img',
      'aria-label': `Last 24 hours: ${say(sum.good, sum.bad)}`,
    },
    svg('line', { x1: 0, x2: WIDTH, y1: LINE, y2: LINE }),
    ...bars,
  )
  return h('div', {}, chart, h('div', { class: 'chart-labels', 'aria-hidden': 'true' }, labels))
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
 */
export function barLines(counts, empty) {
  const entries = Object.entries(counts)
  const most = Math.max(1, ...entries.map(([, count]) => count))
  return entries.length === 0
    ? h('p', { class: 'muted' }, empty)
    : entries.map(([name, count]) => barLine(name, String(count), count / most))
}

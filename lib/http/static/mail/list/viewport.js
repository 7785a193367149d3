// @ts-check
import { fill } from '../../base/dom.js'

/** Rows that are made above and below those in sight. */
const SPARE = 8
const USUAL_HEIGHT = 76

/**
 * What of a long list is in sight: only those rows are elements.
 * @param {HTMLElement} element scrolls
 * @param {HTMLElement} space as high as all rows
 * @param {(index: number) => HTMLElement} rowAt
 */
export function createViewport(element, space, rowAt) {
  let rowHeight = 0
  let total = 0
  let frame = 0

  const height = () => {
    rowHeight ||= Number.parseFloat(getComputedStyle(element).getPropertyValue('--row')) || USUAL_HEIGHT
    return rowHeight
  }
  function draw() {
    const { first, last } = inSight(SPARE)
    /** @type {HTMLElement[]} */
    const rows = []
    for (let index = first; index <= last; index++) {
      const row = rowAt(index)
      row.style.transform = `translateY(${index * height()}px)`
      rows.push(row)
    }
    fill(space, rows)
  }
  /** @param {number} spare rows more on both sides */
  function inSight(spare) {
    return {
      first: Math.max(0, Math.floor(element.scrollTop / height()) - spare),
      last: Math.min(total - 1, Math.ceil((element.scrollTop + element.clientHeight) / height()) + spare),
    }
  }
  /** @param {number} count */
  function setTotal(count) {
    total = count
    space.style.height = `${count * height()}px`
  }
  element.addEventListener('scroll', () => {
    cancelAnimationFrame(frame)
    frame = requestAnimationFrame(draw)
  })
  return {
    draw,
    inSight,
    setTotal,
    /** Rows may have another height now. */
    measure() {
      rowHeight = 0
      setTotal(total)
      draw()
    },
    toTop() {
      element.scrollTop = 0
    },
    /** @param {number} index */
    reveal(index) {
      const top = index * height()
      if (top < element.scrollTop) element.scrollTop = top
      else if (top + height() > element.scrollTop + element.clientHeight)
        element.scrollTop = top + height() - element.clientHeight
    },
  }
}

// @ts-check
/** @import { MessagePage, Summary } from '../../base/types' */
import { createNewest } from './newest.js'
import { createPages, PAGE, pageOf } from './pages.js'

/**
 * @typedef {object} Ports
 * @property {(offset: number, limit: number, background: boolean) => Promise<MessagePage>} load
 * @property {() => { first: number, last: number }} inSight rows
 * @property {(total: number) => void} onPage one has come, of a list that has so many rows
 * @property {(total: number, take: () => void) => void} onFresh all that is in sight has come anew; `take` puts it in place
 */

/**
 * Pages of the list, fetched as they come into sight; what is not in sight any more is forgotten when something changed.
 * @param {Ports} ports
 */
export function createFetching({ load, inSight, onPage, onFresh }) {
  const pages = createPages()
  const untilNewest = createNewest()
  /** @type {Set<number>} pages that are being fetched */
  const waiting = new Set()
  /** What was asked for before it is for another list. */
  let generation = 0

  /** @param {number} page */
  async function fetchPage(page) {
    if (waiting.has(page)) return
    waiting.add(page)
    const mine = generation
    try {
      const answer = await load(page * PAGE, PAGE, false)
      if (mine !== generation) return
      pages.put(page, answer.messages)
      onPage(answer.total)
    } finally {
      waiting.delete(page)
    }
  }
  /** @param {boolean} background */
  async function reload(background) {
    const { first, last } = inSight()
    const mine = ++generation
    waiting.clear()
    /** @type {Map<number, Summary[]>} */
    const fresh = new Map()
    let count = 0
    for (let page = pageOf(first); page <= pageOf(Math.max(first, last)); page++) {
      const answer = await load(page * PAGE, PAGE, background)
      if (mine !== generation) return
      fresh.set(page, answer.messages)
      count = answer.total
    }
    onFresh(count, () => pages.replace(fresh))
  }
  return {
    at: pages.at,
    places: pages.places,
    /** @param {number} index of a row whose page is yet to come */
    want(index) {
      const page = pageOf(index)
      if (!pages.has(page)) void fetchPage(page).catch(() => undefined)
    },
    /** Another list. */
    anew() {
      generation++
      pages.replace(new Map())
      waiting.clear()
      return untilNewest(fetchPage(0))
    },
    /** @param {boolean} background */
    again: (background) => untilNewest(reload(background)),
  }
}

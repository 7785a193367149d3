// @ts-check
/** @import { Summary } from '../../base/types' */

/** Messages of a page. */
export const PAGE = 100

/** @param {number} index of a message */
export const pageOf = (index) => Math.floor(index / PAGE)

/** The pages of a list that have been fetched. */
export function createPages() {
  /** @type {Map<number, Summary[]>} */
  let pages = new Map()
  return {
    /** @param {number} index */
    at: (index) => pages.get(pageOf(index))?.[index % PAGE],
    /** @param {number} page */
    has: (page) => pages.has(page),
    /**
     * @param {number} page
     * @param {Summary[]} messages
     */
    put(page, messages) {
      pages.set(page, messages)
    },
    /** @param {Map<number, Summary[]>} fresh in place of all */
    replace(fresh) {
      pages = fresh
    },
    /** Every message that is here, and where in the list it stands. */
    places: () =>
      [...pages].flatMap(([page, messages]) =>
        messages.map((message, index) => ({ message, index: page * PAGE + index })),
      ),
  }
}

// @ts-check
/** @import { Places } from '../../base/types' */

/** What a drag of rows is called: other things that are dragged over the page are left alone. */
export const DRAGGED = 'application/x-mailbox-rows'

/** Rows on their way to a mailbox. */
export function createDragging() {
  /** @type {Places} */
  let places = []
  return {
    /**
     * @param {DragEvent} event
     * @param {Places} dragged
     */
    start(event, dragged) {
      const { dataTransfer } = event
      if (!dataTransfer) return
      places = dragged
      const count = dragged.reduce((sum, { uids }) => sum + uids.length, 0)
      dataTransfer.effectAllowed = 'move'
      dataTransfer.setData(DRAGGED, String(count))
      const badge = document.createElement('div')
      badge.className = 'drag-badge'
      badge.textContent = count === 1 ? '1 message' : `${count} messages`
      document.body.append(badge)
      dataTransfer.setDragImage(badge, 0, 0)
      setTimeout(() => badge.remove())
    },
    /** @returns {Places} */
    take() {
      const taken = places
      places = []
      return taken
    },
  }
}

// @ts-check

/** How the list looks on this machine. */

/** @typedef {'newest' | 'oldest' | 'from' | 'subject' | 'size'} Order */
/** @type {readonly (readonly [order: Order, label: string])[]} */
export const ORDERS = [
  ['newest', 'Newest first'],
  ['oldest', 'Oldest first'],
  ['from', 'Sender'],
  ['subject', 'Subject'],
  ['size', 'Largest first'],
]

/** @returns {Order} */
export function chosenOrder() {
  const stored = localStorage.getItem('order')
  return ORDERS.find(([order]) => order === stored)?.[0] ?? 'newest'
}
/** @param {Order} order */
export const chooseOrder = (order) => localStorage.setItem('order', order)

export const isCompact = () => localStorage.getItem('density') === 'compact'
export function applyDensity() {
  document.documentElement.dataset.density = isCompact() ? 'compact' : 'comfortable'
}
/** @param {boolean} compact */
export function chooseDensity(compact) {
  localStorage.setItem('density', compact ? 'compact' : 'comfortable')
  applyDensity()
}

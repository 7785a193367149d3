// @ts-check

/** Senders whose pictures are always shown, on this machine. */
const NAME = 'picturesFrom'
const MOST = 500

/** @returns {string[]} */
function all() {
  try {
    const stored = JSON.parse(localStorage.getItem(NAME) ?? '[]')
    return Array.isArray(stored) ? stored.map(String) : []
  } catch {
    return []
  }
}

/** @param {string} address */
export const showsPicturesOf = (address) => address !== '' && all().includes(address.toLowerCase())

/**
 * @param {string} address
 * @param {boolean} shown
 */
export function showPicturesOf(address, shown) {
  const others = all().filter((one) => one !== address.toLowerCase())
  const next = shown ? [...others, address.toLowerCase()] : others
  localStorage.setItem(NAME, JSON.stringify(next.slice(-MOST)))
}

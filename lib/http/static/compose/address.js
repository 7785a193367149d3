// @ts-check
/** @import { Person } from '../base/types' */

/** Addresses as people type them. */

/** Commas, semicolons and line ends between addresses, but for those in quotes and in brackets. */
const BETWEEN = /[,;\n]+(?=(?:[^"]*"[^"]*")*[^"]*$)/

/** @param {string} typed */
export const splitTyped = (typed) =>
  typed
    .split(BETWEEN)
    .map((piece) => piece.trim())
    .filter((piece) => piece !== '')

/**
 * `Ann <ann@example.net>`, `"Lee, Ann" <ann@example.net>` or `ann@example.net`.
 * @param {string} typed
 * @returns {Person | undefined} undefined: it is no address
 */
export function personOf(typed) {
  const [, quoted = '', inside] = /^(.*?)<([^<>]*)>$/s.exec(typed) ?? []
  const address = (inside ?? typed).trim()
  if (!/^[^\s@<>,;"]+@[^\s@<>,;"]+$/.test(address)) return undefined
  const name = quoted
    .trim()
    .replace(/^"(.*)"$/s, '$1')
    .replace(/\\(.)/g, '$1')
  return { name, address }
}

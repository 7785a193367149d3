// @ts-check
import { svg } from '../base/dom.js'

/** Modules of white around it: the standard wants four. */
const MARGIN = 4

/**
 * Dark on white in every theme: cameras want it so.
 * @param {readonly string[]} rows `1`: dark
 */
export function qrPicture(rows) {
  const side = rows.length + 2 * MARGIN
  const dark = rows.flatMap((row, y) =>
    [...row].map((module, x) => (module === '1' ? `M${x + MARGIN} ${y + MARGIN}h1v1h-1z` : '')),
  )
  return svg(
    'svg',
    { viewBox: `0 0 ${side} ${side}`, class: 'qr', role: 'img', 'aria-label': 'QR code of the key' },
    svg('path', { d: dark.join('') }),
  )
}

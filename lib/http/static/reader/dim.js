// @ts-check

/** Messages whose sender thought of a white page, in the dark. */

/** Columns and rows of the places that are looked at. */
const COLUMNS = 6
const ROWS = 12
/** From this on a page is light: 0 is black, 1 white. */
const LIGHT = 0.5

/**
 * What dims a light page: its colours are turned round, and pictures turned round again. White becomes the dark of our pages, not
 * black.
 */
export const DIM_STYLE = `
html.dim { background: #fff; filter: invert(0.9) hue-rotate(180deg); }
html.dim img[src], html.dim svg, html.dim [background] { filter: invert(1) hue-rotate(180deg); }
`

/**
 * 0 to 1; undefined: one sees through it.
 * @param {string} colour as `getComputedStyle` has it
 */
function lightness(colour) {
  const [red = 0, green = 0, blue = 0, alpha = 1] = (colour.match(/[\d.]+/g) ?? []).map(Number)
  return alpha < 0.5 ? undefined : (0.299 * red + 0.587 * green + 0.114 * blue) / 255
}

/**
 * The colour that stands behind a place.
 * @param {Document} inside
 * @param {Element | null} element
 */
function behind(inside, element) {
  for (let at = element; at; at = at.parentElement) {
    const light = lightness(inside.defaultView?.getComputedStyle(at).backgroundColor ?? '')
    if (light !== undefined) return light
  }
  return undefined
}

/**
 * Whether most of what the frame shows is light. Places are looked at, not elements, of which there may be many.
 * @param {Document} inside
 */
export function isLight(inside) {
  const { clientWidth, clientHeight } = inside.documentElement
  // That of the body is the page's, too; else it is paper.
  const page = behind(inside, inside.body) ?? 1
  let sum = 0
  for (let row = 0; row < ROWS; row++) {
    for (let column = 0; column < COLUMNS; column++) {
      const x = ((column + 0.5) * clientWidth) / COLUMNS
      const y = ((row + 0.5) * clientHeight) / ROWS
      sum += behind(inside, inside.elementFromPoint(x, y)) ?? page
    }
  }
  return sum / (ROWS * COLUMNS) > LIGHT
}

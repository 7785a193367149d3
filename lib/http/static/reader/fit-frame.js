// @ts-check

/** Measurements at one width: what grows with its frame would grow for ever. */
const MOST_TURNS = 100
/** Pixels; what is higher scrolls. */
const HIGHEST = 30_000
/** A page wider than the frame is made smaller, down to this. */
const SMALLEST = 0.4
/** Pixels beside a page that was made smaller: what is too wide runs over the margin on its right. */
const BESIDE = 12

/**
 * As high as what it shows, and as wide as there is room.
 * @param {HTMLIFrameElement} frame
 * @param {Document} inside
 */
export function fit(frame, inside) {
  const { documentElement: root, body } = inside
  let turns = 0
  const measure = () => {
    if (!frame.isConnected || turns++ > MOST_TURNS) return
    body.style.zoom = ''
    const { clientWidth, scrollWidth } = root
    if (scrollWidth > clientWidth + 1)
      body.style.zoom = String(Math.max(SMALLEST, clientWidth / (scrollWidth + BESIDE)))
    frame.style.height = `${Math.min(Math.ceil(root.getBoundingClientRect().height), HIGHEST)}px`
  }
  measure()
  // Pictures and windows change it; the frame's own height does not, as it is asked for by width.
  let width = frame.clientWidth
  const watch = new ResizeObserver(() => {
    if (frame.clientWidth === width) return
    width = frame.clientWidth
    turns = 0
    measure()
  })
  watch.observe(frame)
  for (const event of ['load', 'toggle']) root.addEventListener(event, measure, true)
}

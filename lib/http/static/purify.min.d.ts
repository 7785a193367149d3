import type createPurify from 'dompurify'

/** The library is no module: it leaves itself in the window. */
declare global {
  var DOMPurify: typeof createPurify
}

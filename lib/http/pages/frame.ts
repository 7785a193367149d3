import type { Request, Response } from 'express'

/**
 * The page in a frame that shows the HTML of a message. It is empty: the reader puts what DOMPurify left into it. A page of our own
 * has a policy of its own, which `srcdoc` and `blob:` would take over from the page around.
 */
const PAGE =
  '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Message</title></head><body></body></html>'

/** Nothing runs, nothing loads but pictures of the message itself; those from elsewhere when the person asked. */
const policy = (images: boolean): string =>
  [
    'sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox',
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    `img-src data: blob:${images ? ' https:' : ''}`,
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'self'",
  ].join('; ')

export function serveFrame(request: Request, response: Response): void {
  response.writeHead(200, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': policy(request.query.images === '1'),
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cache-Control': 'no-cache',
  })
  response.end(PAGE)
}

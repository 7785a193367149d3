import type { Application } from 'express'
import { loadAssets, serveAsset } from './assets'
import { serveFrame } from './frame'

/** Everything is ours, nothing is inline, nobody may frame us; frames of messages have a policy of their own (frame.ts). */
const HEADERS = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "connect-src 'self'",
    "frame-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=()',
}

/** @param folder of the browser's files */
export function mountPages(app: Application, folder: string): void {
  const assets = loadAssets(folder)
  app.get('/', (_request, response) => response.redirect(302, '/mail/'))
  app.get('/mail/frame', serveFrame)
  app.use('/mail', (request, response) => serveAsset(assets, request, response, HEADERS))
}

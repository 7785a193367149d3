import type { Request } from 'express'
import { Refused } from './faults'

/** header fields of a request; their octets are Node's to limit (16 KB) */
const MOST_HEADERS = 100

export const hasTooManyHeaders = (request: Request): boolean => request.rawHeaders.length > 2 * MOST_HEADERS

/**
 * Cross-site requests: the cookie is SameSite=Strict, browsers say where a request comes from, and whatever changes
 * something needs the session's own token in a header. Throws 403.
 */
export function refuseCrossSite(request: Request, csrf: string): void {
  const site = request.headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    throw new Refused(403, 'cross-site', 'Requests from other sites are refused.')
  }
  const reads = request.method === 'GET' || request.method === 'HEAD'
  if (!reads && request.headers['x-csrf-token'] !== csrf) {
    throw new Refused(403, 'csrf', 'The header X-CSRF-Token is missing or wrong.')
  }
}

import type { Request, Response } from 'express'

/** The cookie of a browser's session: HttpOnly, SameSite=Strict, and under TLS Secure with the `__Host-` prefix. */

const nameOf = (tls: boolean): string => (tls ? '__Host-mailbox' : 'mailbox')

export function cookieOf(request: Request, tls: boolean): string | undefined {
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const equals = pair.indexOf('=')
    if (equals > 0 && pair.slice(0, equals).trim() === nameOf(tls)) return pair.slice(equals + 1).trim()
  }
  return undefined
}

/** @param secret null: the cookie goes away */
export function setCookie(response: Response, tls: boolean, secret: string | null): void {
  const age = secret === null ? '; Max-Age=0' : ''
  const value = `${nameOf(tls)}=${secret ?? ''}; Path=/; HttpOnly; SameSite=Strict${tls ? '; Secure' : ''}${age}`
  response.setHeader('Set-Cookie', value)
}

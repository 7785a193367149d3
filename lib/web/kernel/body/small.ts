import type { Request } from 'express'

/** milliseconds in which it comes */
const PATIENCE = 10_000

/**
 * A small body of a request that is no part of the API.
 * @param most characters; a body that is longer, or slower than ten seconds, ends its connection
 * @returns a promise that stays open when the client is gone
 */
export const smallBody = (request: Request, most: number): Promise<string> =>
  new Promise((resolve) => {
    let body = ''
    const late = setTimeout(() => request.destroy(), PATIENCE)
    request.setEncoding('utf8')
    request.on('error', () => undefined)
    request.on('close', () => clearTimeout(late))
    request.on('data', (piece: string) => {
      body += piece
      if (body.length > most) request.destroy()
    })
    request.on('end', () => resolve(body))
  })

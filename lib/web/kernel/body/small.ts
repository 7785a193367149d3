import type { Request, Response } from 'express'

/** milliseconds in which it comes */
const PATIENCE = 10_000

/**
 * A small body of a request that is no part of the API.
 * @param most octets; a longer body is answered 413, and what else comes is not waited for; one that is slower than ten seconds ends
 *   its connection
 * @returns a promise that stays open when the client is gone, or was answered
 */
export const smallBody = (request: Request, response: Response, most: number): Promise<string> =>
  new Promise((resolve) => {
    const pieces: Buffer[] = []
    let octets = 0
    const late = setTimeout(() => request.destroy(), PATIENCE)
    request.on('error', () => undefined)
    request.on('close', () => clearTimeout(late))
    request.on('data', (piece: Buffer) => {
      octets += piece.length
      if (octets <= most) pieces.push(piece)
      else if (!response.headersSent) {
        response.once('finish', () => request.socket.destroySoon())
        response.status(413).type('text/plain').send(`At most ${most} octets`)
      }
    })
    request.on('end', () => {
      if (octets <= most) resolve(Buffer.concat(pieces).toString())
    })
  })

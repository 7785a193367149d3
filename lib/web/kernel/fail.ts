import { randomBytes } from 'node:crypto'
import type { Response } from 'express'
import { isUnavailable } from '../../terms/errors'
import { logThrown } from '../../terms/log-thrown'
import type { Log } from '../../terms/ports'
import { Refused, unavailable } from './faults'
import { Invalid } from './schema'

/** What was thrown while a request was answered, as an answer; undefined: a mistake of ours. */
function refusalOf(error: unknown): Refused | undefined {
  if (error instanceof Refused) return error
  if (error instanceof Invalid || error instanceof RangeError) return new Refused(400, 'invalid', error.message)
  if (isUnavailable(error)) return unavailable()
  return undefined
}

export type Fail = (response: Response, error: unknown) => void

/** The one place where errors become answers. */
export const createFail =
  (log: Log): Fail =>
  (response, error) => {
    if (response.headersSent) return void response.destroy()
    const refusal = refusalOf(error)
    if (refusal) {
      if (isUnavailable(error)) logThrown(log, 'http', error)
      const { status, code, message, more } = refusal
      response.status(status).json({ error: code, message, ...more })
      return
    }
    const id = randomBytes(4).toString('hex')
    logThrown(log, `http: error ${id}`, error)
    response.status(500).json({ error: 'internal', message: `An internal error; the log has it under ${id}.` })
  }

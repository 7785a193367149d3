// @ts-check
/** @import { Call, CallOptions, Fault, Route, Where } from './types' */

/** The JSON API. Routes have the names that the OpenAPI document gives them: `GET /mailboxes/{mailbox}`. */

const API = '/api/v1'
const IN_USE = 423
let csrf = ''
/** @type {(error: ApiError) => boolean} */
let onRefused = () => false

/** @param {(error: ApiError) => boolean} run says whether it has told the person */
export const whenRefused = (run) => {
  onRefused = run
}
/** @param {string} token */
export const setCsrf = (token) => {
  csrf = token
}

/** A refusal, with the API's word for it. */
export class ApiError extends Error {
  /** the person knows already */
  handled = false

  /**
   * @param {number} status 0: no answer
   * @param {Fault} fault
   */
  constructor(status, { message = 'The server cannot be reached.', error, holder }) {
    super(message)
    this.status = status
    this.error = error
    this.holder = holder
  }
}

/** @param {unknown} error */
export const messageOf = (error) => (error instanceof Error ? error.message : String(error))
/** @param {unknown} error */
export const isHandled = (error) => error instanceof ApiError && error.handled

/**
 * The address of what a route gives: values that its path has no place for make the query.
 * @template {Route} R
 * @param {R} route
 * @param {Where<R>} where
 */
export const addressOf = (route, where) => fill(route, where)

/**
 * @param {string} route
 * @param {object} where values of its path and of its query
 */
function fill(route, where) {
  const left = new Map(Object.entries(where))
  const path = route.slice(route.indexOf(' ') + 1).replace(/\{(\w+)\}/g, (_all, name) => {
    const value = left.get(name)
    left.delete(name)
    return encodeURIComponent(String(value))
  })
  const query = new URLSearchParams()
  for (const [name, value] of left) if (value !== undefined) query.append(name, String(value))
  const asked = query.toString()
  return `${API}${path}${asked && `?${asked}`}`
}

/** @type {Call} */
export const call = async (route, ...[where = {}, body, options]) => {
  const response = await ask(route, where, body, options)
  const answer = await response.json().catch(() => ({}))
  if (response.ok) return answer
  throw refused(response, answer, options?.quiet && response.status === IN_USE)
}

/**
 * What is no JSON: a part of a message.
 * @template {Route} R
 * @param {R} route
 * @param {Where<R>} where
 * @param {unknown} [body]
 */
export async function octetsOf(route, where, body) {
  const response = await ask(route, where, body)
  if (response.ok) return response.blob()
  throw refused(response, await response.json().catch(() => ({})))
}

/**
 * @param {string} route
 * @param {object} where values of its path and of its query
 * @param {unknown} [body] or a form that has one as JSON in its field `message` and files beside it
 * @param {CallOptions} [options]
 */
async function ask(route, where, body, { background = false, keepalive = false } = {}) {
  const method = route.slice(0, route.indexOf(' '))
  const given = body ?? (method === 'POST' ? {} : undefined)
  const form = given instanceof FormData
  try {
    return await fetch(fill(route, where), {
      method,
      credentials: 'same-origin',
      keepalive,
      headers: {
        ...(given && !form && { 'Content-Type': 'application/json' }),
        ...(method !== 'GET' && { 'X-CSRF-Token': csrf }),
        ...(background && { 'X-Background': '1' }),
      },
      body: form ? given : given ? JSON.stringify(given) : null,
    })
  } catch {
    throw new ApiError(0, {})
  }
}

/**
 * @param {Response} response
 * @param {Fault} fault
 * @param {boolean} [quiet]
 */
function refused(response, fault, quiet = false) {
  const error = new ApiError(response.status, fault)
  error.handled = !quiet && onRefused(error)
  return error
}

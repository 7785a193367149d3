/** The JSON API. A refusal is thrown as an object with its `error` word. */
let csrf = ''
let onRefused = () => false
export const whenRefused = (run) => {
  onRefused = run
}
export const setCsrf = (value) => {
  csrf = value
}

export class ApiError extends Error {
  constructor(status, body) {
    super(body.message ?? 'The server cannot be reached.')
    Object.assign(this, body, { status, message: this.message })
  }
}

/**
 * @param body an object, or a form that has one as JSON in its field `message` and files beside it
 * @param background live updates: they keep neither the session nor the lock alive
 */
export async function call(method, path, body, { background = false, keepalive = false } = {}) {
  const response = await ask(method, path, body, background, keepalive)
  const answer = await response.json().catch(() => ({}))
  if (response.ok) return answer
  throw refused(response, answer)
}

async function ask(method, path, body, background = false, keepalive = false) {
  const form = body instanceof FormData
  try {
    return await fetch(`/api/v1${path}`, {
      method,
      credentials: 'same-origin',
      keepalive,
      headers: {
        ...(body !== undefined && !form && { 'Content-Type': 'application/json' }),
        ...(method !== 'GET' && { 'X-CSRF-Token': csrf }),
        ...(background && { 'X-Background': '1' }),
      },
      body: form || body === undefined ? body : JSON.stringify(body),
    })
  } catch {
    throw new ApiError(0, {})
  }
}

function refused(response, answer) {
  const error = new ApiError(response.status, answer)
  if (onRefused(error)) error.handled = true
  return error
}

/** What is no JSON: a part of a message. */
export async function octets(path) {
  const response = await ask('GET', path)
  if (response.ok) return response.blob()
  throw refused(response, await response.json().catch(() => ({})))
}
export const get = (path, options) => call('GET', path, undefined, options)
export const post = (path, body = {}) => call('POST', path, body)
export const patch = (path, body) => call('PATCH', path, body)
export const del = (path, body) => call('DELETE', path, body)

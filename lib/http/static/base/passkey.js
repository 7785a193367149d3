// @ts-check
/** @import { Assertion, Registration } from './types' */
import { call } from './api.js'

/** Passkeys as the browser makes and shows them (Web Authentication Level 3, 5.1); the API has octets as base64url. */

/** @param {ArrayBuffer} octets */
const toText = (octets) =>
  btoa(String.fromCharCode(...new Uint8Array(octets)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
/** @param {string} text */
const toOctets = (text) =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0))

/** Whether there are passkeys here: in this browser, and at this address. */
export async function hasPasskeys() {
  if (typeof PublicKeyCredential !== 'function') return false
  return call('POST /session/passkey/offer').then(
    () => true,
    () => false,
  )
}

/**
 * What a person did with the browser's own dialog, in words.
 * @param {unknown} error
 */
function inWords(error) {
  const name = error instanceof DOMException ? error.name : ''
  if (name === 'NotAllowedError') return new Error('No passkey was used.')
  if (name === 'InvalidStateError') return new Error('This device has a passkey of this account already.')
  if (name === 'SecurityError') return new Error('Passkeys do not work at this address.')
  return error
}

/** @returns {Promise<Assertion>} */
export async function showPasskey() {
  const { challenge, rpId, timeout } = await call('POST /session/passkey/offer')
  const publicKey = {
    challenge: toOctets(challenge),
    rpId,
    timeout,
    userVerification: /** @type {const} */ ('required'),
  }
  const shown = await navigator.credentials.get({ publicKey }).catch((error) => Promise.reject(inWords(error)))
  if (!(shown instanceof PublicKeyCredential) || !(shown.response instanceof AuthenticatorAssertionResponse)) {
    throw new Error('No passkey was used.')
  }
  const { clientDataJSON, authenticatorData, signature, userHandle } = shown.response
  return {
    id: shown.id,
    clientDataJSON: toText(clientDataJSON),
    authenticatorData: toText(authenticatorData),
    signature: toText(signature),
    ...(userHandle && { userHandle: toText(userHandle) }),
  }
}

/** @returns {Promise<Registration>} */
export async function makePasskey() {
  const { challenge, rpId, timeout, user, algorithms, exclude } = await call('POST /account/passkeys/offer')
  /** @type {PublicKeyCredentialCreationOptions} */
  const publicKey = {
    challenge: toOctets(challenge),
    rp: { id: rpId, name: 'Mail' },
    user: { id: toOctets(user.id), name: user.name, displayName: user.name },
    pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key', alg })),
    excludeCredentials: exclude.map((id) => ({ type: 'public-key', id: toOctets(id) })),
    authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
    attestation: 'none',
    timeout,
  }
  const made = await navigator.credentials.create({ publicKey }).catch((error) => Promise.reject(inWords(error)))
  if (!(made instanceof PublicKeyCredential) || !(made.response instanceof AuthenticatorAttestationResponse)) {
    throw new Error('No passkey was made.')
  }
  const { clientDataJSON, attestationObject } = made.response
  return { id: made.id, clientDataJSON: toText(clientDataJSON), attestationObject: toText(attestationObject) }
}

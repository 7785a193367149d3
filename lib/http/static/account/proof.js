// @ts-check
/** @import { Assertion, Field, Me } from '../base/types' */
import { field, passwordField } from '../base/forms.js'
import { showPasskey } from '../base/passkey.js'

/** @param {string} [label] */
export const codeField = (label = 'Code') =>
  field(label, { inputmode: 'numeric', autocomplete: 'one-time-code', maxlength: 11 })

/**
 * Fields in which a person shows password and second factor.
 * @param {Me} me
 * @returns {{ fields: Field[], give: () => Promise<{ password: string, code?: string, passkey?: Assertion }> }}
 */
export function proofFields({ passkeys }) {
  const password = passwordField()
  const code = codeField(passkeys > 0 ? 'Code (empty: by passkey)' : 'Code')
  code.input.required = passkeys === 0
  return {
    fields: [password, code],
    give: async () => ({
      password: password.value,
      ...(code.value !== '' || passkeys === 0 ? { code: code.value } : { passkey: await showPasskey() }),
    }),
  }
}

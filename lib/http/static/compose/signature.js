// @ts-check

/** What follows `-- ` is the signature, as mail programs know it. @param {string} signature */
const signatureBlock = (signature) => (signature.trim() === '' ? '' : `\n\n-- \n${signature.trimEnd()}`)

/**
 * A new text: room to write, the signature, and below it what is answered.
 * @param {string} quoted
 * @param {string} signature
 */
export const withSignature = (quoted, signature) => `${signatureBlock(signature)}${quoted}`

/**
 * The signature of another identity, where the first one still stands.
 * @param {string} text
 * @param {string} before
 * @param {string} after
 */
export function exchanged(text, before, after) {
  const [old, next] = [signatureBlock(before), signatureBlock(after)]
  if (old === '') return text
  const at = text.indexOf(old)
  return at < 0 ? text : `${text.slice(0, at)}${next}${text.slice(at + old.length)}`
}

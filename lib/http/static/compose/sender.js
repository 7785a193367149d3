// @ts-check
/** @import { Identity, Person } from '../base/types' */
import { choiceField } from '../base/forms.js'
import { identities } from '../base/preferences.js'

/** @param {Identity} identity */
const shown = ({ name, address }) => (name ? `${name} <${address}>` : address)

/**
 * Whom a message is from; shown where there is a choice.
 * @param {Person | undefined} start
 * @param {(before: string, after: string) => void} onChange signatures
 */
export function createSender(start, onChange) {
  const known = identities()
  const index = start ? known.findIndex(({ address }) => address.toLowerCase() === start.address.toLowerCase()) : 0
  const all = index < 0 && start ? [...known, { ...start, signature: '' }] : known
  let identity = all[index < 0 ? all.length - 1 : index] ?? { name: '', address: '', signature: '' }
  const field = choiceField(
    'From',
    all.map((own, at) => [String(at), shown(own)]),
    { onchange },
  )
  field.select.value = String(all.indexOf(identity))
  field.element.hidden = all.length < 2

  function onchange() {
    const before = identity.signature
    identity = all[Number(field.value)] ?? identity
    onChange(before, identity.signature)
  }
  return {
    element: field.element,
    get identity() {
      return identity
    },
    /** undefined: the account's own address, without a name */
    get from() {
      const { name, address } = identity
      return address === '' ? undefined : { name, address }
    },
  }
}

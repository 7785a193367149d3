// @ts-check
/** @import { Identity } from '../base/types' */
import { toast } from '../base/dialogs.js'
import { button, fill, h } from '../base/dom.js'
import { choiceField, field, form, panel } from '../base/forms.js'
import { choose, chosen, identities, ownAddresses } from '../base/preferences.js'

/** Seconds in which a message can be taken back. */
const DELAYS = [0, 5, 10, 20, 30]

/** Names, addresses and signatures that messages are from. */
export function writingPanel() {
  const box = h('div', { class: 'panel-list' })

  /** @param {readonly Identity[]} all */
  async function save(all) {
    await choose({ identities: [...all] })
    toast('Saved.')
    draw()
  }
  function draw() {
    const all = identities()
    fill(
      box,
      ...all.map((identity, index) => identityForm(all, index, identity, save)),
      button('Add a sender', () => save([...all, { name: '', address: ownAddresses()[0] ?? '', signature: '' }])),
    )
  }
  draw()
  return panel(
    'Writing',
    h(
      'p',
      { class: 'muted' },
      'Who messages are from. The first is usual; an answer comes from the address that was written to.',
    ),
    box,
    h('div', { class: 'inline-form' }, delayField(), receiptsField()),
  )
}

/**
 * @param {readonly Identity[]} all
 * @param {number} index
 * @param {Identity} identity
 * @param {(all: readonly Identity[]) => Promise<void>} save
 */
function identityForm(all, index, identity, save) {
  const name = field('Name', { value: identity.name, maxlength: 200, autocomplete: 'name' })
  const address = field('Address', { value: identity.address, list: 'own-addresses', required: true, maxlength: 320 })
  const signature = h('textarea', { rows: 3, maxlength: 10_000, value: identity.signature })
  const fields = [
    name,
    address,
    { element: h('label', { class: 'field' }, h('span', {}, 'Signature'), signature), value: '' },
  ]
  const element = form(fields, 'Save', async () => {
    const changed = { name: name.value, address: address.value.trim(), signature: signature.value }
    await save(all.map((other, at) => (at === index ? changed : other)))
    return false
  })
  element.classList.add('identity')
  element.append(
    h(
      'datalist',
      { id: 'own-addresses' },
      ownAddresses().map((own) => h('option', { value: own })),
    ),
    h(
      'div',
      { class: 'buttons' },
      index > 0 && button('Use first', () => save([identity, ...all.filter((other) => other !== identity)]), 'quiet'),
      all.length > 1 && button('Remove', () => save(all.filter((other) => other !== identity)), 'quiet'),
    ),
  )
  return element
}

function receiptsField() {
  const receipts = choiceField(
    'When a sender asks for a receipt',
    [
      ['ask', 'ask me'],
      ['never', 'send none'],
    ],
    { onchange: () => choose({ receipts: receipts.value === 'never' ? 'never' : 'ask' }) },
  )
  receipts.select.value = chosen().receipts
  return receipts.element
}

function delayField() {
  const delay = choiceField(
    'Undo send',
    DELAYS.map((seconds) => [String(seconds), seconds === 0 ? 'off' : `${seconds} seconds`]),
    { onchange: () => choose({ undo: Number(delay.value) }) },
  )
  delay.select.value = String(chosen().undo)
  return delay.element
}

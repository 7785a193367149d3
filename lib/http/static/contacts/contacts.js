// @ts-check
/** @import { Contact, View } from '../base/types' */
import { addressOf, call } from '../base/api.js'
import { confirmBox, dialog, toast } from '../base/dialogs.js'
import { button, fill, h } from '../base/dom.js'
import { field, form, panel } from '../base/forms.js'
import { iconButton } from '../base/icons.js'
import { table } from '../base/table.js'
import { loadContacts } from '../compose/contacts.js'
import { write } from '../compose/desk.js'

/** Rows that are shown at once: a search finds the others. */
const MOST_ROWS = 200
/** Characters of a file that the API takes. */
const MOST_CARDS = 900_000

/**
 * The address book.
 * @returns {Promise<View>}
 */
export async function contactsView() {
  /** @type {readonly Contact[]} */
  let all = []
  const box = h('div', {})
  const search = field('Search', { type: 'search', maxlength: 200 })
  search.input.addEventListener('input', draw)

  async function load() {
    const { contacts } = await call('GET /contacts')
    all = contacts.toSorted((a, b) => (a.name || a.address).localeCompare(b.name || b.address))
    draw()
    await loadContacts()
  }
  function draw() {
    const sought = search.value.trim().toLowerCase()
    const fitting = all.filter(({ name, address }) => `${name} ${address}`.toLowerCase().includes(sought))
    const rows = fitting.slice(0, MOST_ROWS).map((contact) => [
      h(
        'div',
        { class: 'who' },
        h('strong', {}, contact.name || contact.address),
        contact.name && h('small', {}, contact.address),
      ),
      h(
        'span',
        { class: 'row-tools' },
        iconButton('pen', `Write to ${contact.address}`, () => writeTo(contact)),
        iconButton('user', `Change ${contact.address}`, () => edit(contact)),
        iconButton('trash', `Remove ${contact.address}`, () => remove(contact)),
      ),
    ])
    const more = fitting.length > MOST_ROWS && h('p', { class: 'muted' }, `and ${fitting.length - MOST_ROWS} more`)
    fill(box, table(['', ''], rows, 'Nobody yet. Those whom you write to come here by themselves.'), more)
  }
  /** @param {Contact} contact */
  const writeTo = ({ name, address }) => write({ to: name ? `"${name.replace(/["\\]/g, '')}" <${address}>` : address })
  /** @param {Contact} contact */
  async function remove({ name, address }) {
    if (!(await confirmBox('Remove', `${name || address} is removed from your address book.`, 'Remove'))) return
    await call('POST /contacts/remove', {}, { addresses: [address] })
    await load()
  }
  /** @param {Contact} [contact] undefined: somebody new */
  const edit = (contact) =>
    dialog(contact ? 'Change' : 'New contact', (close) => {
      const name = field('Name', { value: contact?.name ?? '', maxlength: 200 })
      const address = field('Address', { value: contact?.address ?? '', type: 'email', required: true, maxlength: 320 })
      return form([name, address], 'Save', async () => {
        const at = address.value.trim()
        await call('POST /contacts', {}, { name: name.value, address: at })
        if (contact && contact.address.toLowerCase() !== at.toLowerCase()) {
          await call('POST /contacts/remove', {}, { addresses: [contact.address] })
        }
        await load()
        close()
      })
    })

  const picker = h('input', { type: 'file', accept: '.vcf,text/vcard', hidden: true, onchange: importCards })
  async function importCards() {
    const file = picker.files?.[0]
    picker.value = ''
    if (!file) return
    const cards = await file.text()
    if (cards.length > MOST_CARDS) {
      toast('This file is too big: 900 KB at most. Pictures make it big.')
      return
    }
    const { people } = await call('POST /contacts/import', {}, { cards })
    toast(people === 1 ? '1 person imported.' : `${people} people imported.`)
    await load()
  }

  await load()
  const head = h('div', { class: 'page-head' }, h('h1', {}, 'Contacts'), h('a', { href: '#/' }, 'Back to mail'))
  const tools = h(
    'div',
    { class: 'inline-form' },
    search.element,
    button('New contact', () => edit(), 'primary'),
    button('Import (vCard)', () => picker.click()),
    h('a', { class: 'button', href: addressOf('GET /contacts/export', {}), download: 'contacts.vcf' }, 'Export'),
    picker,
  )
  return {
    name: 'contacts',
    element: h('main', { class: 'page' }, h('div', { class: 'page-inner' }, head, panel('Address book', tools, box))),
  }
}

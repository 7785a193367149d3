// @ts-check
/** @import { Answer, Body } from '../base/types' */

import { confirmBox } from '../base/dialogs.js'
import { button, fill, h } from '../base/dom.js'
import { choiceField, field, form } from '../base/forms.js'
import { table } from '../base/table.js'

/** @typedef {Answer<'GET /account/sharing'>} Sharing */
/** @typedef {Body<'PUT /account/sharing'>} SharingChange */

/** What is given most, in words, and as letters of RFC 4314. */
/** @type {readonly (readonly [rights: string, shown: string])[]} */
const GIVEN = [
  ['lrs', 'read'],
  ['lrswite', 'read, add, change and remove'],
  ['lrswipkxtea', 'everything, and share it further'],
]

/** @param {string} rights */
function wordsOf(rights) {
  const [, words] = GIVEN.find(([given]) => [...given].sort().join() === [...rights].sort().join()) ?? []
  return h('span', { title: rights }, words ?? rights)
}

/**
 * Who may do what with somebody's mailboxes, and what that user sees of others.
 * @param {{ load(): Promise<Sharing>, set(change: SharingChange): Promise<unknown>, whose: string }} from
 */
export function createSharing({ load, set, whose }) {
  const box = h('div', { class: 'panel-list' })
  const others = h('div', { class: 'panel-list' })
  const adding = h('div')

  async function draw() {
    const sharing = await load()
    const rows = sharing.entries.map(({ mailbox, identifier, rights }) => [
      mailbox,
      identifier,
      identifier.startsWith('-') ? h('span', {}, 'not ', wordsOf(rights)) : wordsOf(rights),
      button('Remove', async () => {
        const text = `${identifier} has no rights on ${mailbox} any more.`
        if (!(await confirmBox('Take rights away', text, 'Remove'))) return
        await set({ mailbox, identifier, rights: '' })
        await draw()
      }),
    ])
    fill(box, table(['Mailbox', 'Who', 'May', ''], rows, 'Nobody else sees these mailboxes.'))
    fill(adding, shareForm(sharing.mailboxes))
    const seen = sharing.others.map(({ mailbox, rights }) => [mailbox, wordsOf(rights)])
    fill(others, table(['Mailbox', 'May'], seen, 'None.'))
  }

  /** @param {readonly string[]} mailboxes */
  function shareForm(mailboxes) {
    const mailbox = choiceField('Mailbox', mailboxes)
    const who = field('With (address, or $group)', { required: true, maxlength: 300 })
    const rights = choiceField('May', GIVEN)
    return form([mailbox, who, rights], 'Share', async () => {
      await set({ mailbox: mailbox.value, identifier: who.value, rights: rights.value })
      await draw()
    })
  }

  const content = [
    h(
      'p',
      { class: 'muted' },
      'A user who is given a mailbox sees it in a mail program, below Other Users or Shared, and needs no other password.',
    ),
    box,
    h('h3', {}, 'Share a mailbox'),
    adding,
    h('h3', {}, `Shared with ${whose}`),
    others,
  ]
  return { draw, content }
}

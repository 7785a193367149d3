// @ts-check
/** @import { Mailbox } from '../base/types' */
/** @import { Mailboxes } from './mailboxes.js' */
import { call } from '../base/api.js'
import { confirmBox, dialog } from '../base/dialogs.js'
import { button, h } from '../base/dom.js'
import { field } from '../base/forms.js'
import { icon } from '../base/icons.js'
import { titleOf } from './mailboxes.js'

/** Characters of a name. */
const LONGEST = 200

/**
 * A form for a name.
 * @param {import('../base/types').InputField} name
 * @param {() => void} done
 * @param {...HTMLButtonElement} buttons
 */
const nameForm = (name, done, ...buttons) =>
  h(
    'form',
    {
      onsubmit: (event) => {
        event.preventDefault()
        done()
      },
    },
    name.element,
    h('div', { class: 'buttons' }, ...buttons),
  )

/** @param {Mailboxes} mailboxes */
export async function newMailbox(mailboxes) {
  /** @type {string | undefined} */
  const name = await dialog('New mailbox', (close) => {
    const input = field('Name', { required: true, maxlength: LONGEST })
    return nameForm(input, () => close(input.value.trim()), h('button', { class: 'primary' }, 'Make it'))
  })
  if (!name) return
  await call('POST /mailboxes', {}, { name })
  await mailboxes.load()
}

/**
 * Renames or removes the open mailbox.
 * @param {Mailboxes} mailboxes
 */
export async function editMailbox(mailboxes) {
  const { here } = mailboxes
  if (!here) return
  /** @type {{ name: string } | 'remove' | undefined} */
  const answer = await dialog(here.name, (close) => {
    const input = field('Name', { value: here.name, maxlength: LONGEST })
    return nameForm(
      input,
      () => close({ name: input.value.trim() }),
      button('Remove mailbox', () => close('remove'), 'danger'),
      h('button', { class: 'primary' }, 'Rename'),
    )
  })
  if (answer === 'remove') {
    const text = `${here.name} goes. Its ${here.messages} messages go to Recently deleted, and then away for ever.`
    if (!(await confirmBox('Remove mailbox', text, 'Remove'))) return
    await call('DELETE /mailboxes/{mailbox}', { mailbox: here.id })
    mailboxes.enter(undefined)
    location.hash = `#/${mailboxes.byRole('inbox')?.id ?? ''}`
  } else if (answer?.name && answer.name !== here.name) {
    await call('PATCH /mailboxes/{mailbox}', { mailbox: here.id }, { name: answer.name })
  }
  await mailboxes.load()
}

/**
 * @param {Mailboxes} mailboxes
 * @returns {Promise<Mailbox | undefined>}
 */
export const pickMailbox = ({ all, here }) =>
  dialog('Move to', (close) =>
    h(
      'div',
      { class: 'choices' },
      all
        .filter(({ id }) => id !== here?.id)
        .map((mailbox) =>
          h(
            'button',
            { type: 'button', class: 'quiet', onclick: () => close(mailbox) },
            icon(mailbox.role ?? 'folder'),
            titleOf(mailbox),
          ),
        ),
    ),
  )

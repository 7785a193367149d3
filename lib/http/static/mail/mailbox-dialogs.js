// @ts-check
/** @import { Mailbox } from '../base/types' */
/** @import { Mailboxes } from './mailboxes.js' */
import { call, messageOf } from '../base/api.js'
import { confirmBox, dialog } from '../base/dialogs.js'
import { button, fill, h } from '../base/dom.js'
import { errorLine, field } from '../base/forms.js'
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

/**
 * What is refused stays open, with the name and why.
 * @param {Mailboxes} mailboxes
 */
export async function newMailbox(mailboxes) {
  const made = await dialog('New mailbox', (close) => {
    const input = field('Name', { required: true, maxlength: LONGEST, autofocus: true })
    const message = errorLine()
    async function create() {
      try {
        await call('POST /mailboxes', {}, { name: input.value.trim() })
        close(true)
      } catch (error) {
        message.textContent = messageOf(error)
        input.input.focus()
      }
    }
    return [nameForm(input, () => void create(), h('button', { class: 'primary' }, 'Create')), message]
  })
  if (made) await mailboxes.load()
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
 * One of the mailboxes: by typing a part of its name, and Enter; by arrows; by a click.
 * @param {Mailboxes} mailboxes
 * @returns {Promise<Mailbox | undefined>}
 */
export const pickMailbox = ({ all, here }) =>
  dialog('Move to', (close) => {
    const others = all.filter(({ id }) => id !== here?.id)
    const choices = h('div', { class: 'choices tall' })
    const input = h('input', {
      type: 'search',
      class: 'filter',
      autofocus: true,
      autocomplete: 'off',
      placeholder: 'Type to find',
      'aria-label': 'Find a mailbox',
    })
    const matching = () => {
      const typed = input.value.trim().toLowerCase()
      return others.filter((mailbox) => `${titleOf(mailbox)} ${mailbox.name}`.toLowerCase().includes(typed))
    }
    function draw() {
      const found = matching().map((mailbox) =>
        h(
          'button',
          { type: 'button', class: 'quiet', onclick: () => close(mailbox) },
          icon(mailbox.role ?? 'folder'),
          titleOf(mailbox),
        ),
      )
      fill(choices, found.length > 0 ? found : h('p', { class: 'muted', role: 'status' }, 'No mailbox has this name.'))
    }
    /** @param {number} by */
    function moveFocus(by) {
      /** @type {HTMLElement[]} */
      const stops = [input, ...choices.querySelectorAll('button')]
      const { activeElement } = document
      const at = activeElement instanceof HTMLElement ? stops.indexOf(activeElement) : 0
      stops[(at + by + stops.length) % stops.length]?.focus()
    }
    input.addEventListener('input', draw)
    draw()
    const box = h('div', {}, input, choices)
    box.addEventListener('keydown', (event) => {
      if (event.key === 'ArrowDown') moveFocus(1)
      else if (event.key === 'ArrowUp') moveFocus(-1)
      else if (event.key === 'Enter' && event.target === input) close(matching()[0])
      else return
      event.preventDefault()
    })
    return box
  })

// @ts-check
/** @import { Page, View } from '../base/types' */
import { h } from '../base/dom.js'
import { choiceField, panel } from '../base/forms.js'
import { choose, chosen, loadPreferences } from '../base/preferences.js'
import { chooseTheme, chosenTheme } from '../base/theme.js'
import { keysPanel } from './keys.js'
import { passwordPanel } from './password.js'
import { secondFactorPanel } from './second-factor.js'
import { sessionsPanel } from './sessions.js'
import { sharingPanel } from './sharing.js'
import { writingPanel } from './writing.js'

function looksPanel() {
  const theme = choiceField(
    'Theme',
    [
      ['', 'System'],
      ['light', 'light'],
      ['dark', 'dark'],
    ],
    { onchange: () => chooseTheme(theme.value) },
  )
  theme.select.value = chosenTheme()
  const clock = choiceField(
    'Time',
    [
      ['', 'as the language has it'],
      ['24', '24 hours (18:30)'],
      ['12', '12 hours (6:30 PM)'],
    ],
    { onchange: () => choose({ clock: clock.value === '12' || clock.value === '24' ? clock.value : undefined }) },
  )
  clock.select.value = chosen().clock ?? ''
  return panel('Appearance', h('div', { class: 'inline-form' }, theme.element, clock.element))
}

/**
 * What a person sets of the own account.
 * @param {Page} page
 * @returns {Promise<View>}
 */
export async function accountView(page) {
  const { me } = page.session
  if (!me) throw new Error('Nobody is logged in.')
  const sessions = sessionsPanel(page)
  const keys = keysPanel(me)
  const second = secondFactorPanel(page, me)
  const sharing = sharingPanel()
  await Promise.all([sessions.draw(), keys.draw(), second.draw(), sharing.draw(), loadPreferences()])
  const head = h(
    'div',
    { class: 'page-head' },
    h('h1', {}, 'Account'),
    h('span', { class: 'muted' }, me.account),
    h('a', { href: '#/' }, 'Back to mail'),
  )
  const panels = [
    writingPanel(),
    second.element,
    passwordPanel(page, me),
    sessions.element,
    keys.element,
    sharing.element,
    looksPanel(),
  ]
  return {
    name: 'account',
    element: h('main', { class: 'page' }, h('div', { class: 'page-inner' }, head, ...panels)),
  }
}

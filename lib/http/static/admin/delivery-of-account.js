// @ts-check
/** @import { AdminAccount } from '../base/types' */
import { call, messageOf } from '../base/api.js'
import { fill, h } from '../base/dom.js'

/**
 * Aliases, rules and forwards of an account; they come when they have come.
 * @param {AdminAccount} account
 */
export function deliveryOf({ id, name }) {
  const box = h('div', { class: 'facts' }, h('p', { class: 'muted' }, 'Aliases, rules ...'))
  async function load() {
    const { aliases, rules, forwards } = await call('GET /admin/accounts/{account}/delivery', { account: id })
    const ruleNames = rules.map((rule) => `${rule.name}${rule.active ? ' (active)' : ''}`)
    fill(
      box,
      h(
        'dl',
        {},
        fact('Aliases', aliases),
        fact('Rules', ruleNames),
        fact('Forwards to', forwards),
        h('dt', {}, 'Look at'),
        h('dd', {}, h('a', { href: `#/admin/audit/${encodeURIComponent(name)}` }, 'logins, and mail removed or moved')),
      ),
    )
  }
  void load().catch((error) => fill(box, h('p', { class: 'form-error' }, messageOf(error))))
  return box
}

/**
 * @param {string} label
 * @param {readonly string[]} words
 */
const fact = (label, words) => [h('dt', {}, label), h('dd', {}, words.length > 0 ? words.join(', ') : 'none')]

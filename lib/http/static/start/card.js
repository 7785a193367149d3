// @ts-check
/** @import { Child } from '../base/types' */
import { h } from '../base/dom.js'
import { icon } from '../base/icons.js'

/**
 * A page that has one thing to say.
 * @param {...Child} content
 */
export const card = (...content) => h('main', { class: 'center' }, h('section', { class: 'card' }, ...content))

/**
 * @param {string} picture
 * @param {string} title
 * @param {string} [id]
 */
export const brand = (picture, title, id) => h('div', { class: 'brand' }, icon(picture), h('h1', { id }, title))

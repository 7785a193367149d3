// @ts-check
/** @import { Child, Leaf, Props } from './types' */

/**
 * Makes an element. Text is always text: nothing here takes markup.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Props} [props]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue
    if (typeof value === 'function') {
      // `onclick` is given what a click gives: Props says so.
      element.addEventListener(name.slice(2), /** @type {EventListener} */ (value))
    } else if (name === 'class') element.className = String(value)
    else if (name === 'value' && 'value' in element) element.value = value
    else element.setAttribute(name, value === true ? '' : String(value))
  }
  element.append(...present(children))
  return element
}

/**
 * Only these children, in place of what the element had.
 * @template {Element} T
 * @param {T} element
 * @param {...Child} children
 */
export function fill(element, ...children) {
  element.replaceChildren(...present(children))
  return element
}

/**
 * @param {readonly Child[]} children
 * @returns {(Node | string)[]}
 */
const present = (children) =>
  children.flat().filter((/** @type {Leaf} */ leaf) => leaf !== undefined && leaf !== null && leaf !== false)

const SVG = 'http://www.w3.org/2000/svg'

/**
 * A picture's element.
 * @template {keyof SVGElementTagNameMap} T
 * @param {T} tag
 * @param {Readonly<Record<string, string | number>>} attributes
 * @param {...(Node | string)} children
 * @returns {SVGElementTagNameMap[T]}
 */
export function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value))
  element.append(...children)
  return element
}

/**
 * A button that does one thing.
 * @param {string} label
 * @param {(event: MouseEvent) => unknown} run
 * @param {string} [kind] `primary`, `danger`, `quiet`
 */
export const button = (label, run, kind = '') => h('button', { type: 'button', class: kind, onclick: run }, label)

/** A column that takes what room there is between the tools of a bar. */
export const gap = () => h('span', { class: 'gap' })

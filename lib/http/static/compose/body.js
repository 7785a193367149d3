// @ts-check
/** @import { DraftFile } from '../base/types' */
import { confirmBox } from '../base/dialogs.js'
import { button, h } from '../base/dom.js'
import { choose, chosen } from '../base/preferences.js'
import { loadPurify } from '../reader/clean-html.js'
import { exchanged } from './signature.js'

/** @typedef {Awaited<ReturnType<typeof import('./rich/editor.js')['createEditor']>>} Editor */

/** The editor is fetched when somebody wants formatting, with all that it is made of. */
const load = () => Promise.all([import('./rich/editor.js'), import('./rich/convert.js'), loadPurify()])

/** What plain text cannot say. */
const FORMATTED = /<(?!\/?(?:div|br|blockquote)\b)\/?[a-z]/i

/**
 * The text of a message, plain or with formatting.
 * @param {object} ports
 * @param {string} ports.text
 * @param {string | undefined} ports.html
 * @param {boolean} ports.fresh nothing was written yet: it begins as the last one was
 * @param {() => void} ports.changed
 * @param {() => readonly DraftFile[]} ports.files
 * @param {(file: File, cid: string) => void} ports.addPicture
 */
export function createBody({ text, html, fresh, changed, files, addPicture }) {
  const plain = h('textarea', { name: 'text', 'aria-label': 'Text', value: text })
  /** With formatting, while its editor is on its way: it is what is kept, saved and sent. */
  let waiting = html
  /** @type {Editor | undefined} */
  let editor
  let isFocused = false
  /** What it began with. */
  let initial = text
  const element = h('div', { class: 'body' }, plain)

  async function formatted() {
    const [{ createEditor }, { htmlOf }] = await load()
    if (editor) return
    const wasInitial = waiting === undefined && plain.value === initial
    editor = await createEditor({ html: waiting ?? htmlOf(plain.value), changed, files, addPicture })
    waiting = undefined
    if (wasInitial) initial = editor.text
    element.replaceChildren(editor.element)
    if (isFocused || document.activeElement === document.body) editor.focus()
  }
  function begin() {
    element.replaceChildren(h('p', { class: 'muted' }, 'The text is on its way.'))
    formatted().catch(() => {
      const line = 'This text has formatting, and what shows it could not be had. Nothing of it is lost.'
      element.replaceChildren(h('p', { class: 'form-error' }, line), button('Try again', begin))
    })
  }
  if (html !== undefined) begin()
  else if (fresh && chosen().rich) void formatted().catch(() => undefined)

  return {
    element,
    /** What is sent and kept: one of them. */
    get content() {
      const written = editor ? editor.html : waiting
      return written === undefined ? { text: plain.value, html: undefined } : { text: '', html: written }
    },
    get isEmpty() {
      if (waiting !== undefined) return false
      const now = editor ? editor.text : plain.value
      return now.trim() === '' || now === initial
    },
    get isRich() {
      return editor !== undefined
    },
    /** @param {readonly File[]} chosen @returns {boolean} whether they are in the text now */
    addPictures: (chosen) => editor?.addPictures(chosen) ?? false,
    async turn() {
      if (waiting !== undefined) return
      isFocused = true
      const isLossy = editor && FORMATTED.test(editor.html)
      if (isLossy && !(await confirmBox('Plain text', 'Formatting and pictures in the text go.', 'Plain text'))) return
      if (editor) {
        plain.value = editor.text
        editor.end()
        editor = undefined
        element.replaceChildren(plain)
        plain.focus()
      } else await formatted()
      changed()
      await choose({ rich: editor !== undefined })
    },
    /**
     * @param {string} before signatures
     * @param {string} after
     */
    async exchange(before, after) {
      if (waiting !== undefined) return
      if (!editor) plain.value = exchanged(plain.value, before, after)
      else {
        const [, { htmlOf }] = await load()
        const [old, next] = [before, after].map((signature) => htmlOf(`-- \n${signature.trimEnd()}`))
        if (before !== '') editor.html = editor.html.replace(old ?? '', () => (after === '' ? '' : (next ?? '')))
      }
    },
    focus() {
      isFocused = true
      if (editor) return editor.focus()
      plain.focus()
      plain.setSelectionRange(0, 0)
      plain.scrollTop = 0
    },
    end: () => editor?.end(),
  }
}

// @ts-check
/** @import { DraftFile } from '../base/types' */
import { h } from '../base/dom.js'
import { choose, chosen } from '../base/preferences.js'
import { exchanged } from './signature.js'

/** @typedef {Awaited<ReturnType<typeof import('./rich/editor.js')['createEditor']>>} Editor */

/** The editor is fetched when somebody wants formatting. */
const load = () => Promise.all([import('./rich/editor.js'), import('./rich/convert.js')])

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
  /** @type {Editor | undefined} */
  let editor
  let isFocused = false
  /** What it began with. */
  let initial = text
  const element = h('div', { class: 'body' }, plain)

  /** @param {string} [written] undefined: what is there as plain text */
  async function formatted(written) {
    const [{ createEditor }, { htmlOf }] = await load()
    if (editor) return
    const wasInitial = plain.value === initial
    editor = await createEditor({ html: written ?? htmlOf(plain.value), changed, files, addPicture })
    if (wasInitial) initial = editor.text
    element.replaceChildren(editor.element)
    if (isFocused || document.activeElement === document.body) editor.focus()
  }
  if (html !== undefined) void formatted(html)
  else if (fresh && chosen().rich) void formatted()

  return {
    element,
    /** What is sent and kept: one of them. */
    get content() {
      return editor ? { text: '', html: editor.html } : { text: plain.value, html: undefined }
    },
    get isEmpty() {
      const now = editor ? editor.text : plain.value
      return now.trim() === '' || now === initial
    },
    get isRich() {
      return editor !== undefined
    },
    /** @param {readonly File[]} chosen @returns {boolean} whether they are in the text now */
    addPictures: (chosen) => editor?.addPictures(chosen) ?? false,
    async turn() {
      isFocused = true
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

// @ts-check
/** @import { DraftFile, MessagePlace } from '../base/types' */
import { call } from '../base/api.js'
import { fill, h } from '../base/dom.js'
import { bytes } from '../base/format.js'
import { icon, iconButton } from '../base/icons.js'

/**
 * The files of a draft. One travels once, with the first save, and is a part of the saved draft from then on.
 * @param {readonly DraftFile[]} start
 * @param {() => void} changed
 */
export function createDraftFiles(start, changed) {
  const element = h('ul', { class: 'files' })
  let files = [...start]

  function draw() {
    // Pictures in the text are seen there.
    const items = files
      .filter(({ cid }) => !cid)
      .map((file) =>
        h(
          'li',
          {},
          h(
            'span',
            { title: file.name },
            icon('clip'),
            h('span', {}, file.name),
            h('small', {}, bytes(file.size ?? 0)),
          ),
          iconButton('close', `Remove ${file.name}`, () => remove(file)),
        ),
      )
    fill(element, items)
  }
  /** @param {DraftFile} gone */
  function remove(gone) {
    files = files.filter((file) => file !== gone)
    draw()
    changed()
  }
  draw()

  return {
    element,
    get all() {
      return [...files]
    },
    /** @param {Iterable<File> | null | undefined} chosen */
    add(chosen) {
      for (const octets of chosen ?? []) {
        const { name, size } = octets
        files.push({ name, type: octets.type || 'application/octet-stream', size, octets })
      }
      draw()
      changed()
    },
    /**
     * A picture in the text.
     * @param {File} octets
     * @param {string} cid
     */
    addPicture(octets, cid) {
      const { name, type, size } = octets
      files.push({ name, type, size, octets, cid })
      changed()
    },
    /**
     * They are parts of the saved draft now, in the same order.
     * @param {readonly DraftFile[]} sent
     * @param {MessagePlace} draft
     */
    async saved(sent, draft) {
      if (sent.length === 0) return
      const { attachments, pictures } = await call('GET /mailboxes/{mailbox}/messages/{uid}', { ...draft })
      /** @type {Map<DraftFile, DraftFile>} */
      const parts = new Map()
      const listed = sent.filter(({ cid }) => !cid)
      if (attachments.length === listed.length) {
        for (const [index, { part }] of attachments.entries()) {
          const file = listed[index]
          if (file) parts.set(file, { name: file.name, size: file.size ?? 0, ...draft, part })
        }
      }
      for (const { id, part, type } of pictures) {
        const file = sent.find(({ cid }) => cid === id)
        if (file) parts.set(file, { name: file.name, size: file.size ?? 0, type, cid: id, ...draft, part })
      }
      files = files.map((file) => parts.get(file) ?? file)
      draw()
    },
  }
}

/**
 * Files that are not parts of a message yet: they travel beside the rest, in fields of their own.
 * @param {readonly DraftFile[]} files
 */
export const freshOf = (files) => files.flatMap(({ octets }) => (octets ? [octets] : []))

/** @param {number} index */
const fieldName = (index) => `file-${index}`

/**
 * What the API is told of the files.
 * @param {readonly DraftFile[]} files
 */
export function describedFiles(files) {
  const fresh = freshOf(files)
  return files.map(({ size: _size, octets, ...rest }) =>
    octets ? { ...rest, file: fieldName(fresh.indexOf(octets)) } : rest,
  )
}

/**
 * @param {object} message
 * @param {readonly File[]} fresh
 */
export function formOf(message, fresh) {
  const form = new FormData()
  form.append('message', JSON.stringify(message))
  for (const [index, octets] of fresh.entries()) form.append(fieldName(index), octets)
  return form
}

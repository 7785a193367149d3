import type { Part } from '../../../mime/prepared'
import { parameterOf } from '../../../mime/read/bodies'
import { cutUtf8 } from '../../../mime/text/charset'

/** octets of UTF-8, and UTF-16 has fewer: file systems take 255, browsers add ` (1)` */
const LONGEST_NAME = 240
const LONGEST_EXTENSION = 20

/** Cut in the middle, so that the extension stays. */
function shortened(name: string): string {
  if (Buffer.byteLength(name) <= LONGEST_NAME) return name
  const dot = name.lastIndexOf('.')
  const last = dot < 0 ? '' : name.slice(dot)
  const extension = Buffer.byteLength(last) <= LONGEST_EXTENSION ? last : ''
  const room = LONGEST_NAME - Buffer.byteLength(extension)
  return `${cutUtf8(Buffer.from(name).subarray(0, room)).toString()}${extension}`
}

/** No path, nothing that a browser or a shell might take for something else; '' for what is no name. */
function safe(name: string): string {
  const clean = shortened(
    name
      .replace(/^.*[\\/]/, '')
      .replace(/[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '')
      .trim(),
    // Windows takes dots and blanks at the end away, and what is left may end in another extension.
  ).replace(/[.\s]+$/, '')
  return /^\.*$/.test(clean) ? '' : clean
}

/**
 * Never empty. RFC 2183 2.3: `filename` before `name`; a message that has neither is called by its subject.
 * @param subject of the message inside, when the part is one
 */
export function fileNameOf({ disposition, params, type, subtype, message }: Part, subject = ''): string {
  const given = safe(parameterOf(disposition?.params, 'filename') ?? parameterOf(params, 'name') ?? '')
  if (given !== '') return given
  const topic = safe(subject.slice(0, 100).replace(/[\\/:*?"<>|]/g, '_'))
  if (message && topic !== '') return `${topic}.eml`
  if (type === 'text' && subtype === 'calendar') return 'invite.ics'
  return `${type}.${message ? 'eml' : subtype.replace(/[^\w-]/g, '')}`
}

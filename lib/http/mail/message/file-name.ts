import type { Part } from '../../../mime/prepared'
import { parameterOf } from '../../../mime/read/bodies'

/** characters; file systems take 255 octets, and a character has up to four of them */
const LONGEST_NAME = 150
const LONGEST_EXTENSION = 20

/** Cut in the middle, so that the extension stays. */
function shortened(name: string): string {
  const characters = [...name]
  if (characters.length <= LONGEST_NAME) return name
  const dot = characters.lastIndexOf('.')
  const extension = dot >= characters.length - LONGEST_EXTENSION ? characters.slice(dot) : []
  return [...characters.slice(0, LONGEST_NAME - extension.length), ...extension].join('')
}

/** No path, nothing that a browser or a shell might take for something else; '' for what is no name. */
function safe(given: string): string {
  const clean = shortened(
    given
      .replace(/^.*[\\/]/, '')
      .replace(/[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]/g, '')
      .trim(),
  )
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
  return `${type}.${message ? 'eml' : subtype.replace(/[^\w-]/g, '')}`
}

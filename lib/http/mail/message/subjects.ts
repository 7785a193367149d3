import type { Part } from '../../../mime/prepared'
import type { Leaf } from '../../../mime/read/bodies'
import { fieldOf, parseFields } from '../../../mime/read/header'
import { decodeWords } from '../../../mime/text/words'
import { turn } from '../../../work/turns'
import type { Letter, StoredMessage } from './parts'

/** Attached messages whose subject is looked up, and octets of their headers. */
const MOST_NAMES = 500
const MOST_HEADER = 64 * 1024

/** Header fields of a message, or of one inside of it. */
export async function headerOf({ mail, row }: StoredMessage, part: Part, most = MOST_HEADER) {
  const end = Math.min(part.bodyStart, part.headerStart + most)
  const octets = (await mail.read(row.emailId, part.headerStart, end)) ?? Buffer.alloc(0)
  return parseFields(octets, 0, octets.length)
}

export async function subjectOf(stored: StoredMessage, message: Part): Promise<string> {
  const fields = await headerOf(stored, message)
  return decodeWords(fieldOf(fields, 'subject') ?? '')
}

/** What attached messages are called: by number of the part. */
export async function subjectsOf(letter: Letter, leaves: readonly Leaf[]): Promise<Map<string, string>> {
  const subjects = new Map<string, string>()
  for (const { part, path } of leaves.filter(({ part: { message } }) => message).slice(0, MOST_NAMES)) {
    if (!part.message) continue
    await turn()
    subjects.set(path, await subjectOf(letter, part.message))
  }
  return subjects
}

import { headerEnd } from '../../../mime/read/header'
import { asciiHeader } from '../../../mime/write/downgrade'
import { type CommandNode, type Extension, type Run, slot } from '../../extension'
import { numberOf, textOf } from '../../values'

/** RFC 5293 4, 5: a field where it stands in the message. */
interface FieldAt {
  /** lower case */
  readonly name: string
  readonly start: number
  readonly end: number
  /** latin1, unfolded */
  readonly raw: string
}

const NAME = /^[\x21-\x39\x3b-\x7e]{1,100}$/
const LONGEST = 4_000
const LINE = 78
const MOST_ADDED = 100
/** RFC 5293 6: what trace and the loops of others rest on stays; a script that would change it is not told. */
const PROTECTED: ReadonlySet<string> = new Set([
  ...['received', 'auto-submitted', 'return-path', 'delivered-to', 'x-sieve-redirected-by'],
])

const edits = slot(() => ({ count: 0 }))

function fieldsOf(octets: Buffer): readonly FieldAt[] {
  const head = octets.toString('latin1', 0, headerEnd(octets))
  const found: FieldAt[] = []
  for (let start = 0; start < head.length; ) {
    let end = start
    do {
      const feed = head.indexOf('\n', end)
      end = feed < 0 ? head.length : feed + 1
    } while (end < head.length && (head[end] === ' ' || head[end] === '\t'))
    const text = head.slice(start, end)
    const colon = text.indexOf(':')
    const name = text.slice(0, Math.max(0, colon)).trimEnd().toLowerCase()
    const raw = text
      .slice(colon + 1)
      .replace(/\r?\n/g, '')
      .trim()
    found.push({ name, start, end, raw })
    start = end
  }
  return found
}

/** RFC 5322 2.1.1: lines are folded at blanks. */
function folded(line: string): string {
  let at = 0
  let text = ''
  for (const word of line.split(/(?<=\S)(?=[ \t])/)) {
    if (at > 0 && at + word.length > LINE) {
      text += '\r\n'
      at = 0
    }
    text += word
    at += word.length
  }
  return text
}

function addheader({ tags, positional: [name, value] }: CommandNode, run: Run): undefined {
  const field = run.say(name)
  if (!NAME.test(field)) throw new Error(`addheader: ${field} is no name of a field`)
  if (PROTECTED.has(field.toLowerCase())) return undefined
  const said = run
    .say(value)
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, LONGEST)
  const plain = Buffer.from(`${folded(`${field}: ${said}`)}\r\n`)
  const octets = run.message.octets()
  const end = tags.has('last') ? headerEnd(octets) : 0
  change(run, [octets.subarray(0, end), asciiHeader(plain), octets.subarray(end)])
  return undefined
}

function deleteheader(node: CommandNode, run: Run): undefined {
  const { tags, positional } = node
  const [name, patterns] = positional
  const field = run.say(name).toLowerCase()
  if (PROTECTED.has(field)) return undefined
  const octets = run.message.octets()
  run.budget.spend(1 + headerEnd(octets) / 8)
  const named = fieldsOf(octets).filter((known) => known.name === field)
  const nth = numberOf(tags.get('index'))
  const chosen =
    nth === 0 ? named : [tags.has('last') ? named.at(-nth) : named[nth - 1]].flatMap((known) => known ?? [])
  const keys = patterns === undefined ? undefined : run.sayAll(patterns)
  const gone = chosen.filter(({ raw }) => keys === undefined || run.compare(node, [run.message.decode(raw)], keys))
  if (gone.length === 0) return undefined
  const kept: Buffer[] = []
  let at = 0
  for (const { start, end } of gone) {
    kept.push(octets.subarray(at, start))
    at = end
  }
  change(run, [...kept, octets.subarray(at)])
  return undefined
}

function change(run: Run, pieces: readonly Buffer[]): void {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
  // Each change makes a copy of the message.
  run.budget.spend(1 + length / 512)
  if (++edits(run).count > MOST_ADDED) throw new Error('the script changes too many fields')
  run.message.edit(Buffer.concat(pieces))
}

export const editheader: Extension = {
  capability: 'editheader',
  rfc: 'RFC 5293',
  commands: {
    addheader: {
      positional: ['string', 'string'],
      tags: { last: {} },
      check: ({ positional: [name] }, { constant, fail }) => {
        if (constant(textOf(name)) && !NAME.test(textOf(name))) fail(`${textOf(name)} is no name of a field`)
      },
      run: addheader,
    },
    deleteheader: {
      positional: ['string', 'strings'],
      optional: 'last',
      matching: true,
      tags: { index: { takes: 'number' }, last: {} },
      check: ({ tags, positional: [name] }, { constant, fail }) => {
        if (tags.has('last') && !tags.has('index')) fail(':last stands without :index')
        if (tags.get('index') === 0) fail(':index counts from 1')
        if (constant(textOf(name)) && !NAME.test(textOf(name))) fail(`${textOf(name)} is no name of a field`)
      },
      run: deleteheader,
    },
  },
}

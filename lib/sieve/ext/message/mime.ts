import { decodeParameters, parseParameters } from '../../../mime/read/params'
import type { Node } from '../../../mime/read/structure'
import { type Arguments, type Extension, type Leave, type Run, slot, type Tags, type TestNode } from '../../extension'
import { textOf, textsOf } from '../../values'
import { variablesOf } from '../language/variables'

/** Steps for a part, and for each field of it: what is gathered of parts is memory too, until it is collected. */
const PART = 30

/** RFC 5703 4: the parts that loops stand at, innermost first. */
const loopOf = slot((): Node[] => [])

const childrenOf = (node: Node): readonly Node[] => (node.message ? [node.message] : node.children)
const walked = new WeakMap<Node, readonly Node[]>()
/** depth first, with itself; found once for each part that is asked for */
function partsIn(node: Node, run: Run): readonly Node[] {
  const known = walked.get(node)
  if (known) return known
  const found: Node[] = []
  for (const waiting = [node]; waiting.length > 0; ) {
    const next = waiting.pop()
    if (!next) break
    found.push(next)
    waiting.push(...childrenOf(next).toReversed())
  }
  run.budget.spend(PART * found.length)
  walked.set(node, found)
  return found
}

const MIME: Tags = { mime: {}, anychild: {} }
const OPTIONS: Tags = { type: {}, subtype: {}, contenttype: {}, param: { takes: 'strings' } }
const TAGGED: Readonly<Record<string, Tags>> = { header: { ...MIME, ...OPTIONS }, address: MIME, exists: MIME }
const OPTION_NAMES = Object.keys(OPTIONS)

function checkMime({ name, tags }: Arguments, fail: (why: string) => never): void {
  if (!Object.hasOwn(TAGGED, name)) return
  const given = ['anychild', ...OPTION_NAMES].find((tag) => tags.has(tag))
  if (given !== undefined && !tags.has('mime')) fail(`:${given} stands without :mime`)
  if (OPTION_NAMES.filter((tag) => tags.has(tag)).length > 1) fail(`only one of :${OPTION_NAMES.join(' :')}`)
}

/** RFC 5703 3.1: fields of the part of the loop, or of the message; with :anychild of all parts in it too. */
function fieldsOf({ name, tags }: TestNode, run: Run, field: string): readonly string[] | undefined {
  if (!Object.hasOwn(TAGGED, name) || !tags.has('mime')) return undefined
  const [part = run.message.root()] = loopOf(run)
  const wanted = field.toLowerCase()
  const parts = tags.has('anychild') ? partsIn(part, run) : [part]
  return parts.flatMap(({ fields }) => {
    run.budget.spend(PART * (1 + fields.length))
    return fields.filter((known) => known.name === wanted).map(({ value }) => value)
  })
}

/** RFC 5703 3.1.1: what of a value is compared. */
function shapeOf({ name, tags }: TestNode, raw: string, run: Run): readonly string[] | undefined {
  if (name !== 'header' || !OPTION_NAMES.some((tag) => tags.has(tag))) return undefined
  run.budget.spend(4 * (1 + raw.length))
  const { value, raw: parameters } = parseParameters(raw)
  const [type = '', subtype] = value.split('/').map((word) => word.trim())
  if (tags.has('type')) return [type]
  if (tags.has('subtype')) return subtype === undefined ? [] : [subtype]
  if (tags.has('contenttype')) return [value]
  const wanted = textsOf(tags.get('param')).map((parameter) => parameter.toLowerCase())
  return decodeParameters(parameters).flatMap(([parameter, said]) => (wanted.includes(parameter) ? [said] : []))
}

/** Tests look at the header of a part. */
export const mime: Extension = {
  capability: 'mime',
  rfc: 'RFC 5703 3',
  tags: TAGGED,
  checkTags: (node, { fail }) => checkMime(node, fail),
  source: fieldsOf,
  shape: shapeOf,
}

/** RFC 5703 4: a block for each part, the message itself first; a loop in a loop goes through what is below its part. */
function loop(name: string, run: Run, block: () => Leave | undefined): Leave | undefined {
  const parts = loopOf(run)
  const [current] = parts
  const all = partsIn(current ?? run.message.root(), run)
  for (const part of current ? all.slice(1) : all) {
    run.budget.spend(10)
    parts.unshift(part)
    const left = block()
    parts.shift()
    if (left?.kind === 'break' && (left.name === '' || left.name === name)) return undefined
    if (left) return left
  }
  return undefined
}

export const foreverypart: Extension = {
  capability: 'foreverypart',
  rfc: 'RFC 5703 4',
  commands: {
    foreverypart: {
      positional: [],
      tags: { name: { takes: 'string' } },
      block: true,
      run: ({ tags, block }, run) => loop(textOf(tags.get('name')), run, () => run.block(block)),
    },
    break: {
      positional: [],
      tags: { name: { takes: 'string' } },
      check: ({ tags }, { within, fail }) => {
        const name = tags.get('name')
        const loops = within('foreverypart')
        if (loops.length === 0) fail('break stands in no foreverypart')
        if (name !== undefined && !loops.some((one) => one.tags.get('name') === name))
          fail(`there is no foreverypart ${textOf(name)} around break`)
      },
      run: ({ tags }) => ({ kind: 'break', name: textOf(tags.get('name')) }),
    },
  },
}

/** RFC 5703 7: the text of a part into a variable. */
export const extracttext: Extension = {
  capability: 'extracttext',
  rfc: 'RFC 5703 7',
  commands: {
    extracttext: {
      positional: ['string'],
      tags: {
        first: { takes: 'number' },
        ...{ lower: {}, upper: {}, lowerfirst: {}, upperfirst: {}, quotewildcard: {}, length: {} },
      },
      exclusive: [
        ['lower', 'upper'],
        ['lowerfirst', 'upperfirst'],
      ],
      check: ({ positional: [name] }, { has, within, fail }) => {
        if (!has('variables')) fail('extracttext needs require "variables"')
        if (!/^[a-z_]\w*$/i.test(textOf(name))) fail(`${textOf(name)} is no name of a variable`)
        if (within('foreverypart').length === 0) fail('extracttext stands in no foreverypart')
      },
      run: ({ tags, positional: [name] }, run) => {
        const [node] = loopOf(run)
        const text = node?.part.type === 'text' ? run.message.readable(node.part) : ''
        const first = tags.get('first')
        const cut = typeof first === 'number' ? [...text.slice(0, 2 * first)].slice(0, first).join('') : text
        variablesOf(run).set(textOf(name), run.modified(cut, [...tags.keys()]))
        return undefined
      },
    },
  },
}

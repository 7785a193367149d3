import { type Matching, matchOne } from './match'
import type { SieveMessage } from './message'
import type { Node, Script, Value } from './parse'
import { createVariables, modified } from './variables'

export type Action =
  /** `mailbox` undefined: INBOX */
  | { readonly kind: 'store'; readonly mailbox: string | undefined; readonly flags: readonly string[] }
  | { readonly kind: 'redirect'; readonly address: string }
  | { readonly kind: 'reject'; readonly reason: string }
  | Vacation

export interface Vacation {
  readonly kind: 'vacation'
  readonly reason: string
  /** 1 to 30 */
  readonly days: number
  readonly subject: string | undefined
  readonly from: string | undefined
  readonly addresses: readonly string[]
  /** the reason is a whole MIME entity */
  readonly mime: boolean
  readonly handle: string
}

export interface Envelope {
  /** empty: the null sender */
  readonly from: string
  readonly to: string
}

const MAX_TESTS = 10_000
/** Compared characters of one run: what `:contains` and `:matches` cost. */
const MAX_WORK = 50_000_000
export const MAX_REDIRECTS = 4
const MAX_STORES = 20

const strings = (value: Value | undefined): readonly string[] =>
  Array.isArray(value) ? value : typeof value === 'string' ? [value] : []
const text = (value: Value | undefined): string => (typeof value === 'string' ? value : '')

/** Splits what imap4flags allows: several flags in one string (RFC 5232 2). */
const flagWords = (list: readonly string[]): readonly string[] =>
  list.flatMap((one) => one.split(/ +/)).filter((one) => /^\\?[^\x00-\x20(){%*"\\\]\x7f-\uffff]+$/.test(one))

class Stop extends Error {}

/** Runs a script that was parsed. Throws when it goes over a limit or uses a variable wrongly: the message is then kept (RFC 5228 2.10.6). */
export function runScript(script: Script, message: SieveMessage, envelope: Envelope): readonly Action[] {
  const variables = createVariables(script.extensions)
  const flags = new Map<string, readonly string[]>()
  const actions: Action[] = []
  let implicitKeep = true
  let tests = 0
  let work = 0

  const say = (value: Value | undefined): string => variables.expand(text(value))
  const sayAll = (value: Value | undefined): readonly string[] => strings(value).map((one) => variables.expand(one))

  function matchingOf({ tags }: Node): Matching {
    const type = tags.has('contains') ? 'contains' : tags.has('matches') ? 'matches' : 'is'
    return { type, comparator: tags.get('comparator') === 'i;octet' ? 'i;octet' : 'i;ascii-casemap' }
  }

  function compare(node: Node, values: readonly string[], keys: readonly string[]): boolean {
    const matching = matchingOf(node)
    for (const value of values) {
      for (const key of keys) {
        work += value.length + key.length
        if (work > MAX_WORK) throw new Error('the script compares too much')
        const found = matchOne(value, key, matching)
        if (!found) continue
        // RFC 5173 6: what a body matched is in no variable.
        if (matching.type === 'matches' && node.name !== 'body') variables.matched(found)
        return true
      }
    }
    return false
  }

  /** RFC 5228 2.7.4 */
  function partsOf({ tags }: Node, addresses: readonly string[]): readonly string[] {
    return addresses.flatMap((address) => {
      const at = address.lastIndexOf('@')
      if (tags.has('localpart')) return [at < 0 ? address : address.slice(0, at)]
      if (tags.has('domain')) return at < 0 ? [] : [address.slice(at + 1)]
      return [address]
    })
  }

  function envelopePart(part: string): readonly string[] {
    switch (part.toLowerCase()) {
      case 'from':
        return [envelope.from]
      case 'to':
        return [envelope.to]
      default:
        throw new Error(`the envelope has no part ${part}`)
    }
  }

  const flagsOf = (variable: string): readonly string[] => flags.get(variable.toLowerCase()) ?? []

  function test(node: Node): boolean {
    if (++tests > MAX_TESTS) throw new Error('the script has too many tests')
    const [first, second] = node.positional
    switch (node.name) {
      case 'true':
        return true
      case 'false':
        return false
      case 'not':
        return !node.tests.some(test)
      case 'allof':
        return node.tests.every(test)
      case 'anyof':
        return node.tests.some(test)
      case 'exists':
        return sayAll(first).every((name) => message.has(name))
      case 'size':
        return node.tags.has('over') ? message.size > Number(first) : message.size < Number(first)
      case 'header':
        return compare(
          node,
          sayAll(first).flatMap((name) => message.header(name)),
          sayAll(second),
        )
      case 'address':
        return compare(
          node,
          partsOf(
            node,
            sayAll(first).flatMap((name) => message.addresses(name)),
          ),
          sayAll(second),
        )
      case 'envelope':
        return compare(node, partsOf(node, sayAll(first).flatMap(envelopePart)), sayAll(second))
      case 'body':
        return compare(node, bodyOf(node), sayAll(first))
      case 'hasflag': {
        const [names, keys] = second === undefined ? [[''], sayAll(first)] : [sayAll(first), sayAll(second)]
        return compare(node, names.flatMap(flagsOf), flagWordsOrPatterns(keys))
      }
      case 'string':
        return compare(node, sayAll(first), sayAll(second))
      default:
        throw new Error(`no test ${node.name}`)
    }
  }
  const flagWordsOrPatterns = (keys: readonly string[]): readonly string[] => keys.flatMap((key) => key.split(/ +/))

  /** RFC 5173 5: `:text` is the default. */
  function bodyOf({ tags }: Node): readonly string[] {
    if (tags.has('raw')) return [message.bodyRaw()]
    return tags.has('content') ? message.bodyContent(sayAll(tags.get('content'))) : message.bodyText()
  }

  function store(mailbox: string | undefined, node: Node): void {
    const given = node.tags.get('flags')
    const own = given === undefined ? flagsOf('') : flagWords(sayAll(given))
    // RFC 5228 2.10.3: the same message goes into a mailbox once; the later flags count.
    const before = actions.findIndex((action) => action.kind === 'store' && action.mailbox === mailbox)
    if (before >= 0) actions.splice(before, 1)
    if (actions.length >= MAX_STORES) throw new Error('the script has too many actions')
    actions.push({ kind: 'store', mailbox, flags: own })
  }

  function changeFlags(node: Node): void {
    const [first, second] = node.positional
    const [name, list] = second === undefined ? ['', first] : [say(first).toLowerCase(), second]
    const given = flagWords(sayAll(list))
    const keys = new Set(given.map((flag) => flag.toLowerCase()))
    const others = flagsOf(name).filter((flag) => !keys.has(flag.toLowerCase()))
    flags.set(name, node.name === 'setflag' ? given : node.name === 'addflag' ? [...others, ...given] : others)
  }

  function vacation({ tags, positional }: Node): void {
    // RFC 5230 4.7: once a script.
    if (actions.some(({ kind }) => kind === 'vacation')) throw new Error('vacation stands for the second time')
    const [subject, from] = [tags.get('subject'), tags.get('from')]
    const reason = say(positional[0])
    actions.push({
      kind: 'vacation',
      reason,
      days: Math.min(30, Math.max(1, Number(tags.get('days') ?? 7))),
      subject: subject === undefined ? undefined : say(subject),
      from: from === undefined ? undefined : say(from),
      addresses: sayAll(tags.get('addresses')),
      mime: tags.has('mime'),
      handle: tags.has('handle') ? say(tags.get('handle')) : JSON.stringify([reason, say(subject), say(from)]),
    })
  }

  function action(node: Node): void {
    const [first, second] = node.positional
    switch (node.name) {
      case 'require':
        return
      case 'stop':
        throw new Stop()
      case 'keep':
        implicitKeep = false
        return store(undefined, node)
      case 'discard':
        implicitKeep = false
        return
      case 'fileinto':
        if (!node.tags.has('copy')) implicitKeep = false
        return store(say(first), node)
      case 'redirect': {
        const address = say(first).trim()
        if (!/^[^\s@<>]+@[^\s@<>]+$/.test(address)) throw new Error(`redirect: ${address} is no address`)
        if (!node.tags.has('copy')) implicitKeep = false
        if (actions.some((one) => one.kind === 'redirect' && one.address === address)) return
        if (actions.filter(({ kind }) => kind === 'redirect').length >= MAX_REDIRECTS)
          throw new Error('too many redirects')
        actions.push({ kind: 'redirect', address })
        return
      }
      case 'reject':
        implicitKeep = false
        actions.push({ kind: 'reject', reason: say(first) })
        return
      case 'setflag':
      case 'addflag':
      case 'removeflag':
        return changeFlags(node)
      case 'set':
        return variables.set(
          say(first),
          modified(say(second), (modifier) => node.tags.has(modifier)),
        )
      case 'vacation':
        return vacation(node)
      default:
        throw new Error(`no command ${node.name}`)
    }
  }

  function block(commands: readonly Node[]): void {
    let decided = false
    for (const node of commands) {
      if (node.name === 'if') decided = false
      if (node.name === 'if' || node.name === 'elsif' || node.name === 'else') {
        if (decided || !node.tests.every(test)) continue
        decided = true
        block(node.block)
      } else action(node)
    }
  }

  try {
    block(script.commands)
  } catch (error) {
    if (!(error instanceof Stop)) throw error
  }
  // RFC 5429 2.4: not together with what delivers or answers the message.
  if (actions.some(({ kind }) => kind === 'reject') && actions.length > 1)
    throw new Error('reject beside another action')
  if (implicitKeep) actions.push({ kind: 'store', mailbox: undefined, flags: flagsOf('') })
  return actions
}

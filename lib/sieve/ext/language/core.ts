import { parseAddresses } from '../../../mime/read/addresses'
import { unfoldedText } from '../../../mime/read/header'
import type { Action } from '../../action'
import { find } from '../../compare/contains'
import { wildcards } from '../../compare/wildcards'
import type { Check, CommandDefinition, Extension, MatchType, Run, TestDefinition } from '../../extension'
import { numberOf, textsOf } from '../../values'

/** RFC 5228 5.1: the test `address` is for fields that hold addresses. */
const ADDRESS_FIELDS: ReadonlySet<string> = new Set([
  ...['from', 'to', 'cc', 'bcc', 'sender', 'reply-to'],
  ...['resent-from', 'resent-to', 'resent-cc', 'resent-bcc', 'resent-sender', 'resent-reply-to'],
  ...['mail-reply-to', 'mail-followup-to', 'return-path', 'delivered-to', 'envelope-to', 'x-original-to', 'errors-to'],
  ...['apparently-to', 'disposition-notification-to', 'return-receipt-to', 'original-recipient', 'for-approval'],
  ...['x-envelope-to', 'list-owner', 'x-loop', 'abuse-reports-to', 'x-complaints-to', 'approved', 'for-handling'],
])

/** RFC 5228 2.4.2.2: names of fields; variables are looked at when it runs. */
function checkFields(names: readonly string[], { constant, fail }: Check): void {
  for (const name of names)
    if (constant(name) && !/^[\x21-\x39\x3b-\x7e]+$/.test(name)) fail(`${JSON.stringify(name)} is no name of a field`)
}

const header: TestDefinition = {
  positional: ['strings', 'strings'],
  matching: true,
  check: ({ positional: [names] }, check) => checkFields(textsOf(names), check),
  test: (node, run) => {
    const [names, keys] = node.positional
    return run.compare(
      node,
      run.fields(node, run.sayAll(names)),
      // As the values are (RFC 5322 2.2.3): a run of blanks is one.
      run.sayAll(keys).map(unfoldedText),
    )
  },
}

const ADDRESS = /^[^\s@<>]+@[^\s@<>]+$/

const address: TestDefinition = {
  positional: ['strings', 'strings'],
  matching: true,
  addressPart: true,
  check: ({ positional: [names] }, check) => {
    checkFields(textsOf(names), check)
    for (const name of textsOf(names))
      if (check.constant(name) && !ADDRESS_FIELDS.has(name.toLowerCase()))
        check.fail(`address: ${name} is no field of addresses`)
  },
  test: (node, run) => {
    const [names, keys] = node.positional
    const addresses = run.rawFields(node, run.sayAll(names)).flatMap((raw) => run.message.addresses(raw))
    return run.compare(node, run.parts(node, addresses), run.sayAll(keys))
  },
}

/** sieve-address of RFC 5228 2.4.2.3: `local@domain`, or a phrase and that in angle brackets. */
function addressOf(text: string): string | undefined {
  if (ADDRESS.test(text)) return text
  const [only, ...more] = parseAddresses(Buffer.from(text).toString('latin1'), 2)
  if (!text.includes('<') || !only?.mailbox || !only.host || more.length > 0) return undefined
  const address = Buffer.from(`${only.mailbox}@${only.host}`, 'latin1').toString()
  // Blanks within it are of older days, and more often a mistake.
  return ADDRESS.test(address) && text.includes(address) ? address : undefined
}

function addRedirect(run: Run, said: string): undefined {
  const to = addressOf(said.trim())
  if (to === undefined) throw new Error(`redirect: ${said} is no address`)
  const isRedirect = (action: Action): boolean => action.kind === 'redirect'
  if (run.actions.some((action) => action.kind === 'redirect' && action.address === to)) return undefined
  if (run.actions.filter(isRedirect).length >= run.world.maxRedirects) throw new Error('too many redirects')
  run.actions.push({ kind: 'redirect', address: to, octets: run.message.edited() })
  return undefined
}

const nothing = (): undefined => undefined
const control: CommandDefinition = { positional: [], block: true, run: nothing }

const commands: Readonly<Record<string, CommandDefinition>> = {
  require: { positional: ['strings'], run: nothing },
  if: { ...control, tests: 'one' },
  elsif: { ...control, tests: 'one' },
  else: control,
  stop: { positional: [], run: () => ({ kind: 'stop' }) },
  keep: { positional: [], cancelsKeep: true, run: (node, run) => run.store(node, undefined) },
  discard: { positional: [], cancelsKeep: true, run: nothing },
  redirect: {
    positional: ['string'],
    cancelsKeep: true,
    run: ({ positional: [to] }, run) => addRedirect(run, run.say(to).trim()),
  },
}

const tests: Readonly<Record<string, TestDefinition>> = {
  true: { positional: [], test: () => true },
  false: { positional: [], test: () => false },
  not: { positional: [], tests: 'one', test: ({ tests: [one] }, run) => one !== undefined && !run.test(one) },
  allof: { positional: [], tests: 'list', test: ({ tests: all }, run) => all.every((one) => run.test(one)) },
  anyof: { positional: [], tests: 'list', test: ({ tests: all }, run) => all.some((one) => run.test(one)) },
  exists: {
    positional: ['strings'],
    check: ({ positional: [names] }, check) => checkFields(textsOf(names), check),
    test: (node, run) => run.sayAll(node.positional[0]).every((name) => run.rawFields(node, [name]).length > 0),
  },
  size: {
    positional: ['number'],
    tags: { over: {}, under: {} },
    exclusive: [['over', 'under']],
    check: ({ tags }, { fail }) => {
      if (!tags.has('over') && !tags.has('under')) fail('size takes :over or :under')
    },
    test: ({ tags, positional: [limit] }, { message }) =>
      tags.has('over') ? message.size() > numberOf(limit) : message.size() < numberOf(limit),
  },
  header,
  address,
}

type Compare = (value: string, key: string, budget: Run['budget']) => readonly (readonly [number, number])[] | undefined

/** Match types that compare character by character what the comparator folds (RFC 5228 2.7.1); a fold keeps places. */
const character = (compare: Compare, sets: boolean): MatchType => ({
  compare: ({ values, keys, fold, budget }) => {
    for (const value of values) {
      const foldedValue = fold(value)
      if (foldedValue === undefined) continue
      for (const key of keys) {
        const foldedKey = fold(key)
        const places = foldedKey === undefined ? undefined : compare(foldedValue, foldedKey, budget)
        if (places) return sets ? [value, ...places.map(([from, to]) => value.slice(from, to))] : []
      }
    }
    return undefined
  },
})

const is: MatchType = {
  compare: ({ values, keys, comparator, budget }) => {
    for (const value of values) {
      for (const key of keys) {
        budget.pass(Math.min(value.length, key.length))
        if (comparator.equal(value, key)) return []
      }
    }
    return undefined
  },
}

/** RFC 5228 2.7.4 */
const addressParts: Extension['addressParts'] = {
  all: (local, domain) => (domain === undefined ? local : `${local}@${domain}`),
  localpart: (local, domain) => (domain === undefined ? undefined : local),
  domain: (_local, domain) => domain,
}

/** RFC 5228 without what it makes optional. */
export const core: Extension = {
  capability: undefined,
  rfc: 'RFC 5228',
  commands,
  tests,
  addressParts,
  matchTypes: {
    is,
    contains: character((value, key, budget) => (find(value, key, 0, budget) < 0 ? undefined : []), false),
    matches: character(wildcards, true),
  },
}

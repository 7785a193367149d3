import type { Extension, Run } from '../../extension'
import { textOf, textsOf } from '../../values'

/** RFC 6068 2 */
interface MailtoUri {
  readonly to: readonly string[]
  readonly cc: readonly string[]
  readonly subject: string | undefined
  readonly body: string | undefined
  readonly fields: readonly (readonly [string, string])[]
}

const MOST_RECIPIENTS = 8
const MOST_NOTICES = 4
const ADDRESS = /^[^\s@<>,;:"()[\]\\]+@[^\s@<>,;:"()\\]+$/
/** RFC 5436 2.7: a URI may not say who wrote a mail, when, or what it is; what else it may say, it may. */
const FIELDS = /^(?:reply-to|keywords|comments|importance|priority|x-[a-z0-9-]+)$/i

/** Throws a URIError when it is no percent-encoded UTF-8. */
const addressesIn = (list: string): readonly string[] =>
  list
    .split(',')
    .map((one) => decodeURIComponent(one).trim())
    .filter((one) => one !== '')

/** undefined: it is no mailto URI that mail can be sent by. */
function parseMailto(uri: string): MailtoUri | undefined {
  const [, path = '', query = ''] = /^mailto:([^?]*)(?:\?(.*))?$/is.exec(uri.trim()) ?? []
  if (!/^mailto:/i.test(uri.trim())) return undefined
  try {
    const named = query
      .split('&')
      .filter((pair) => pair !== '')
      .map((pair) => {
        const [name = '', ...value] = pair.split('=')
        return [decodeURIComponent(name).toLowerCase(), value.join('=')] as const
      })
    const first = (name: string): string | undefined => {
      const value = named.find(([known]) => known === name)?.[1]
      return value === undefined ? undefined : decodeURIComponent(value)
    }
    const listed = (name: string): readonly string[] =>
      named.filter(([known]) => known === name).flatMap(([, value]) => addressesIn(value))
    const [to, cc] = [[...addressesIn(path), ...listed('to')], listed('cc')]
    const all = [...to, ...cc]
    if (all.length === 0 || all.length > MOST_RECIPIENTS || !all.every((one) => ADDRESS.test(one))) return undefined
    const fields = named
      .filter(([name]) => FIELDS.test(name))
      .map(
        ([name, value]) => [name.replace(/^./, (letter) => letter.toUpperCase()), decodeURIComponent(value)] as const,
      )
    return { to, cc, subject: first('subject'), body: first('body'), fields }
  } catch {
    return undefined
  }
}

function notify(
  run: Run,
  tags: ReadonlyMap<string, unknown>,
  method: string,
  say: (tag: string) => string | undefined,
): void {
  const uri = parseMailto(method)
  if (!uri) throw new Error(`notify: ${method.slice(0, 100)} is no mailto URI`)
  const notices = run.actions.filter(({ kind }) => kind === 'notify')
  if (notices.length >= MOST_NOTICES) throw new Error('too many notifications')
  const importance = say('importance')
  const key = [...uri.to, ...uri.cc].join()
  // RFC 5436 2.7: no address hears twice of one message.
  if (run.actions.some((action) => action.kind === 'notify' && [...action.to, ...action.cc].join() === key)) return
  run.actions.push({
    kind: 'notify',
    from: say('from'),
    to: uri.to,
    cc: uri.cc,
    subject: tags.has('message') ? say('message') : uri.subject,
    body: uri.body,
    fields: uri.fields,
    importance: importance === '1' || importance === '3' ? importance : '2',
  })
}

/** RFC 5435, with mailto as its method (RFC 5436). */
export const enotify: Extension = {
  capability: 'enotify',
  rfc: 'RFC 5435',
  commands: {
    notify: {
      positional: ['string'],
      tags: {
        from: { takes: 'string' },
        importance: { takes: 'string' },
        options: { takes: 'strings' },
        message: { takes: 'string' },
      },
      check: ({ tags, positional: [method] }, { constant, fail }) => {
        const importance = tags.get('importance')
        if (importance !== undefined && constant(textOf(importance)) && !['1', '2', '3'].includes(textOf(importance)))
          fail('notify: :importance is "1", "2" or "3"')
        if (constant(textOf(method)) && !parseMailto(textOf(method))) fail(`notify: ${textOf(method)} is no mailto URI`)
      },
      run: ({ tags, positional: [method] }, run) => {
        notify(run, tags, run.say(method), (tag) => (tags.has(tag) ? run.say(tags.get(tag)) : undefined))
        return undefined
      },
    },
  },
  tests: {
    valid_notify_method: {
      positional: ['strings'],
      test: ({ positional: [uris] }, run) => run.sayAll(textsOf(uris)).every((uri) => parseMailto(uri) !== undefined),
    },
    notify_method_capability: {
      positional: ['string', 'string', 'strings'],
      matching: true,
      test: (node, run) => {
        const [uri, capability, keys] = node.positional
        // RFC 5436 2.2: nobody knows whether who reads mail is there.
        const known = run.say(capability).toLowerCase() === 'online' && parseMailto(run.say(uri)) !== undefined
        return known && run.compare(node, ['maybe'], run.sayAll(keys))
      },
    },
  },
  tags: { set: { encodeurl: {} } },
  modifiers: {
    // RFC 5435 6: all but `unreserved` of RFC 3986
    encodeurl: {
      precedence: 15,
      apply: (text) =>
        encodeURIComponent(Buffer.from(text).toString()).replace(
          /[!'()*]/g,
          (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
        ),
    },
  },
}

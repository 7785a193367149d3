import { type Language, languageTags, matchLanguage } from '../../../terms/languages'
import { sayNamespaces } from '../../base/mailboxes/namespace'
import { defineCommand } from '../../kernel/command'
import type { Extension } from '../../kernel/extension'
import { done, no } from '../../kernel/reply'
import { NOT_OVER } from '../../kernel/state'
import { list, untagged } from '../../wire/response'
import { inLanguage } from './language-texts'

/** RFC 2277 4.5: what everybody hears who has not chosen. */
const DEFAULT = 'i-default'
const MOST_RANGES = 20

/** RFC 5255 3.2. @returns undefined: none of them is known */
function chosen(ranges: readonly string[], preferred: Language): Language | typeof DEFAULT | undefined {
  for (const range of ranges) {
    if (range.toLowerCase() === DEFAULT) return DEFAULT
    const language = range === '*' || range.toLowerCase() === 'default' ? preferred : matchLanguage(range)
    if (language) return language
  }
  return undefined
}

const tag = (language: Language | typeof DEFAULT): string => (language === DEFAULT ? DEFAULT : language.toUpperCase())

const languageCommand = defineCommand({
  name: 'LANGUAGE',
  rfc: 'RFC 5255 3.2',
  states: NOT_OVER,
  parse: (cursor) => {
    const ranges: string[] = []
    while (cursor.try(' ')) {
      if (ranges.length >= MOST_RANGES) cursor.fail(`at most ${MOST_RANGES} languages`)
      ranges.push(cursor.text())
    }
    return ranges
  },
  run: async ({ session, slots }, ranges) => {
    if (ranges.length === 0) {
      session.say(untagged('LANGUAGE', list([...languageTags.map(tag), DEFAULT])))
      return done('Languages are listed')
    }
    const language = chosen(ranges, session.ports.settings.language)
    if (language === undefined) return no('The language is not known')
    session.say(untagged('LANGUAGE', list([tag(language)])))
    session.modes.language = language === DEFAULT ? undefined : language
    // RFC 5255 3.4: names of namespaces are in the language too.
    if ('mail' in session.state) await sayNamespaces(session, slots, session.state.mail)
    return done('Language changed')
  },
})

/** LANGUAGE (RFC 5255 3): what the server says to people, in their language. */
export const language: Extension = {
  rfcs: {
    2277: { title: 'IETF Policy on Character Sets and Languages', state: 'part', note: 'i-default' },
    5255: { title: 'IMAP Internationalization', state: 'part', note: 'LANGUAGE and I18NLEVEL=1; no COMPARATOR' },
  },
  // RFC 5255 3.1: in the greeting too
  capabilities: () => ['LANGUAGE'],
  commands: [languageCommand],
  translate: inLanguage,
}

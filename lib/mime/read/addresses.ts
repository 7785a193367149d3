import { type Tokens, tokenize } from './address-tokens'

/** One entry of an ENVELOPE address list (RFC 9051 7.5.2). Latin1, as it stands; a group has host undefined. */
export interface Address {
  readonly name: string | undefined
  readonly route: string | undefined
  /** undefined: end of a group */
  readonly mailbox: string | undefined
  /** undefined: start or end of a group */
  readonly host: string | undefined
}

const MAX_ADDRESSES = 10_000
const END_OF_GROUP: Address = { name: undefined, route: undefined, mailbox: undefined, host: undefined }

/** Walks the tokens; every method goes on from where the last one stopped. */
function createWalker({ tokens, comments }: Tokens) {
  let at = 0
  const is = (specials: string): boolean => {
    const token = tokens[at]
    return token?.kind === 'special' && specials.includes(token.text)
  }
  /** @param blanks `kept`: words of a phrase stay apart; `dropped`: parts of an address do not (RFC 5322 4.4) */
  function textOf(from: number, blanks: 'kept' | 'dropped'): string {
    let text = ''
    for (let index = from; index < at; index++) {
      const token = tokens[index]
      const apart = token?.kind === 'word' && (token.spaced || tokens[index - 1]?.kind === 'word')
      text += (blanks === 'kept' && apart && text !== '' ? ' ' : '') + (token?.text ?? '')
    }
    return text
  }
  return {
    is,
    more: (): boolean => at < tokens.length,
    position: (): number => at,
    rewind(to: number): void {
      at = to
    },
    skip(specials: string): boolean {
      if (!is(specials)) return false
      at++
      return true
    },
    textOf,
    until(stops: string, blanks: 'kept' | 'dropped'): string {
      const from = at
      while (at < tokens.length && !is(stops)) at++
      return textOf(from, blanks)
    },
    comment: (): string | undefined => comments.get(at),
  }
}
type Walker = ReturnType<typeof createWalker>

/** `<route:local@domain>`, or what is left of it. */
function angle(walker: Walker, name: string): Address {
  walker.skip('<')
  const start = walker.position()
  let route: string | undefined
  if (walker.is('@')) {
    // RFC 5322 4.4 obs-route
    route = walker.until(':>', 'dropped')
    if (!walker.skip(':')) {
      route = undefined
      walker.rewind(start)
    }
  }
  const mailbox = walker.until('@>', 'dropped')
  const host = walker.skip('@') ? walker.until('>,', 'dropped') : ''
  walker.until('>,;', 'dropped')
  walker.skip('>')
  return { name: name === '' ? undefined : name, route, mailbox, host }
}

/** `local@domain`, where the local part has been passed; also `a@b <c@d>`, whose first address is a name. */
function bare(walker: Walker, mailbox: string): Address {
  walker.skip('@')
  const host = walker.until('<,;:>', 'dropped')
  if (walker.is('<')) return angle(walker, `${mailbox}@${host}`)
  const name = walker.comment()
  walker.skip(':>')
  return { name, route: undefined, mailbox, host }
}

/**
 * address-list of RFC 5322 3.4 with the obsolete forms, kind to what breaks it.
 * @param limit addresses at most; the others are left out
 */
export function parseAddresses(text: string, limit = MAX_ADDRESSES): Address[] {
  const walker = createWalker(tokenize(text))
  const found: Address[] = []
  let inGroup = false
  while (walker.more() && found.length < limit) {
    if (walker.skip(',')) continue
    if (walker.skip(';')) {
      // Outside of a group it separates, as some software writes it.
      if (inGroup) found.push(END_OF_GROUP)
      inGroup = false
      continue
    }
    const start = walker.position()
    const phrase = walker.until('<,:;@', 'kept')
    if (walker.is('<')) found.push(angle(walker, phrase))
    else if (walker.is('@')) found.push(bare(walker, walker.textOf(start, 'dropped')))
    else if (!inGroup && walker.skip(':')) {
      found.push({ ...END_OF_GROUP, mailbox: phrase })
      inGroup = true
    } else {
      if (phrase !== '') found.push({ name: walker.comment(), route: undefined, mailbox: phrase, host: '' })
      walker.skip(':')
    }
  }
  if (inGroup) found.push(END_OF_GROUP)
  return found
}

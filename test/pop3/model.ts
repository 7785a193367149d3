import { isUtf8 } from 'node:buffer'

/** What one command must be answered. */
export interface Expected {
  readonly status: '+OK' | '-ERR' | '+ '
  /** the rest of the first line, where it is known */
  readonly rest?: string
  /** lines of a multi-line response without the final dot, dots doubled; `any`: they are not compared */
  readonly lines?: readonly string[] | 'any'
}

export interface ModelMessage {
  /** latin1, CRLF lines, ends with CRLF */
  readonly text: string
  readonly uidl: string
}

const OK: Expected = { status: '+OK' }
const ERR: Expected = { status: '-ERR' }
const BARE = /^(?:STAT|NOOP|RSET|QUIT|CAPA|STLS|UTF8)$/
const AUTHORIZATION = /^(?:USER|PASS|AUTH|STLS|UTF8)$/
const TRANSACTION = /^(?:STAT|LIST|UIDL|RETR|TOP|DELE|RSET|NOOP)$/
const ANY = /^(?:CAPA|LANG|QUIT)$/
const LIMIT = 12_288

const stuffed = (text: string): string[] =>
  text
    .split('\r\n')
    .slice(0, -1)
    .map((line) => (line.startsWith('.') ? `.${line}` : line))

/** RFC 1939 in the small, written from the RFC and from docs/pop3.md: one session of one account, without TLS. */
export function createModel(
  account: { readonly user: string; readonly password: string },
  mail: readonly ModelMessage[],
) {
  const deleted = new Set<number>()
  let inside = false
  let over = false
  let user: string | undefined
  let awaited = false

  const alive = (): number[] => mail.map((_, index) => index + 1).filter((number) => !deleted.has(number))
  const sizeOf = (number: number): number => mail[number - 1]?.text.length ?? 0
  const totals = (): string => `${alive().length} ${alive().reduce((sum, number) => sum + sizeOf(number), 0)}`
  const numbered = (text: string): number | undefined =>
    /^\d{1,9}$/.test(text) && alive().includes(Number(text)) ? Number(text) : undefined

  function attempt(name: string, password: string): Expected {
    if (name.toLowerCase() !== account.user || password !== account.password) return ERR
    inside = true
    return { status: '+OK', rest: `${mail.length} messages` }
  }
  function response(base64: string): Expected {
    if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(base64)) return ERR
    const [, name = '', password = ''] = Buffer.from(base64, 'base64').toString().split('\0')
    return attempt(name, password)
  }
  function auth(args: string): Expected {
    if (args === '') return { status: '+OK', lines: ['PLAIN'] }
    const [mechanism = '', initial, ...more] = args.split(' ')
    if (mechanism.toUpperCase() !== 'PLAIN' || more.length > 0) return ERR
    if (initial !== undefined) return response(initial === '=' ? '' : initial)
    awaited = true
    return { status: '+ ' }
  }
  function authorization(verb: string, args: string): Expected {
    switch (verb) {
      case 'USER':
        if (args === '') return ERR
        user = args
        return OK
      case 'PASS': {
        const name = user
        user = undefined
        return name === undefined ? ERR : attempt(name, args)
      }
      case 'AUTH':
        return auth(args)
      case 'STLS':
        return ERR
      default:
        return OK
    }
  }
  function listing(args: string, show: (number: number) => string): Expected {
    if (args === '') return { status: '+OK', lines: alive().map(show) }
    const number = numbered(args)
    return number === undefined ? ERR : { status: '+OK', rest: show(number) }
  }
  function top(args: string): Expected {
    const [first = '', count = '', ...more] = args.split(' ')
    const number = numbered(first)
    if (number === undefined || !/^\d{1,9}$/.test(count) || more.length > 0) return ERR
    const text = mail[number - 1]?.text ?? ''
    const body = text.indexOf('\r\n\r\n') + 4
    const lines = text.slice(body).split('\r\n').slice(0, -1).slice(0, Number(count))
    return { status: '+OK', lines: stuffed(text.slice(0, body) + lines.map((line) => `${line}\r\n`).join('')) }
  }
  function transaction(verb: string, args: string): Expected {
    switch (verb) {
      case 'STAT':
        return { status: '+OK', rest: totals() }
      case 'LIST':
        return listing(args, (number) => `${number} ${sizeOf(number)}`)
      case 'UIDL':
        return listing(args, (number) => `${number} ${mail[number - 1]?.uidl}`)
      case 'TOP':
        return top(args)
      case 'RETR': {
        const number = numbered(args)
        if (number === undefined) return ERR
        return { status: '+OK', rest: `${sizeOf(number)} octets`, lines: stuffed(mail[number - 1]?.text ?? '') }
      }
      case 'DELE': {
        const number = numbered(args)
        if (number === undefined) return ERR
        deleted.add(number)
        return OK
      }
      case 'RSET':
        deleted.clear()
        return { status: '+OK', rest: totals() }
      default:
        return OK
    }
  }
  function lang(args: string): Expected {
    if (args === '') return { status: '+OK', lines: 'any' }
    return args === '*' || /^en(?:-[a-z0-9]{1,8})*$/i.test(args) ? OK : ERR
  }

  return {
    get inside() {
      return inside
    },
    get over() {
      return over
    },
    /** numbers that QUIT removed; empty when it never came */
    removed: (): ReadonlySet<number> => (over ? deleted : new Set<number>()),
    /** @param line without its line end; every language but English is left out by the caller */
    answer(line: Buffer): Expected {
      if (awaited) {
        awaited = false
        if (line.length > LIMIT || line.toString('latin1') === '*') return ERR
        return response(line.toString('latin1'))
      }
      if (line.length > LIMIT || line.includes(0) || !isUtf8(line)) return ERR
      const text = line.toString()
      const blank = text.indexOf(' ')
      const verb = (blank < 0 ? text : text.slice(0, blank)).toUpperCase()
      if (BARE.test(verb) && blank >= 0) return ERR
      const args = blank < 0 ? '' : verb === 'PASS' ? text.slice(blank + 1) : text.slice(blank + 1).trim()
      if (verb === 'QUIT') {
        over = true
        return { status: '+OK', rest: 'bye' }
      }
      if (verb === 'CAPA') return { status: '+OK', lines: 'any' }
      if (ANY.test(verb)) return lang(args)
      if (!inside && AUTHORIZATION.test(verb)) return authorization(verb, args)
      if (inside && TRANSACTION.test(verb)) return transaction(verb, args)
      return ERR
    },
  }
}

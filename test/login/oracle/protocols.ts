import type { Demo } from '../../e2e/demo'
import type { Identification, Recorded } from './recorded'

/** One round of an exchange: a challenge, or the end. */
export interface Round {
  readonly text: string
  readonly challenge: Buffer | undefined
}

/** How a protocol frames a login. */
export interface Protocol {
  readonly name: string
  port(demo: Demo, sieve: number): number
  /** From the connection to TLS and the greeting. */
  greet(wire: Recorded, identification?: Partial<Identification>): Promise<void>
  /** Begins a SASL exchange. */
  begin(wire: Recorded, mechanism: string, initial: Buffer | undefined): Promise<Round>
  /** Goes on with it. */
  respond(wire: Recorded, response: Buffer): Promise<Round>
  /** Gives it up. @returns what the server says to that */
  cancel(wire: Recorded): Promise<string>
  /** the protocol's own command for name and password */
  readonly password?: (wire: Recorded, user: string, password: string) => Promise<Round>
}

const b64 = (octets: Buffer): string => octets.toString('base64')
const initialWord = (initial: Buffer | undefined): string =>
  initial === undefined ? '' : ` ${initial.length === 0 ? '=' : b64(initial)}`
const challengeOf = (text: string, pattern: RegExp): Buffer | undefined => {
  const [, coded] = pattern.exec(text) ?? []
  return coded === undefined ? undefined : Buffer.from(coded, 'base64')
}

const LINE = /^.*\r\n/
const plus = (text: string): Round => ({ text, challenge: challengeOf(text, /^\+ (.*)\r\n$/) })

export const pop3: Protocol = {
  name: 'POP3',
  port: ({ pop3s }) => pop3s,
  greet: async (wire, identification) => {
    await wire.startTls(identification)
    await wire.until(LINE)
  },
  begin: async (wire, mechanism, initial) => plus(await wire.ask(`AUTH ${mechanism}${initialWord(initial)}`, LINE)),
  respond: async (wire, response) => plus(await wire.ask(b64(response), LINE)),
  cancel: (wire) => wire.ask('*', LINE),
  password: async (wire, user, password) => {
    await wire.ask(`USER ${user}`, LINE)
    return { text: await wire.ask(`PASS ${password}`, LINE), challenge: undefined }
  },
}

const TAGGED = /^(?:\+ .*|(?:\* .*\r\n)*a .*)\r\n/
export const imap: Protocol = {
  name: 'IMAP',
  port: ({ imaps }) => imaps,
  greet: pop3.greet,
  begin: async (wire, mechanism, initial) =>
    plus(await wire.ask(`a AUTHENTICATE ${mechanism}${initialWord(initial)}`, TAGGED)),
  respond: async (wire, response) => plus(await wire.ask(b64(response), TAGGED)),
  cancel: (wire) => wire.ask('*', TAGGED),
  password: async (wire, user, password) => ({
    text: await wire.ask(`a LOGIN ${user} "${password}"`, TAGGED),
    challenge: undefined,
  }),
}

const SIEVE = /^(?:"[^"]*"\r\n|(?:"[^"]*"(?: "[^"]*")?\r\n)*(?:OK|NO|BYE)\b.*\r\n)/
const sieveRound = (text: string): Round => ({ text, challenge: challengeOf(text, /^"([A-Za-z0-9+/=]*)"\r\n$/) })
export const sieve: Protocol = {
  name: 'ManageSieve',
  port: (_demo, port) => port,
  greet: async (wire, identification) => {
    await wire.until(/^OK\b.*\r\n/m)
    await wire.ask('STARTTLS', /^OK\b.*\r\n/m)
    await wire.startTls(identification)
    await wire.until(/^OK\b.*\r\n/m)
  },
  begin: async (wire, mechanism, initial) =>
    sieveRound(
      await wire.ask(`AUTHENTICATE "${mechanism}"${initial === undefined ? '' : ` "${b64(initial)}"`}`, SIEVE),
    ),
  respond: async (wire, response) => sieveRound(await wire.ask(`"${b64(response)}"`, SIEVE)),
  cancel: (wire) => wire.ask('"*"', SIEVE),
}

const smtpRound = (text: string): Round => ({ text, challenge: challengeOf(text, /^334 (.*)\r\n$/) })
export const smtp: Protocol = {
  name: 'SMTP',
  port: ({ submission }) => submission,
  greet: async (wire, identification) => {
    await wire.until(/^220 .*\r\n/m)
    await wire.ask('EHLO client', /^250 .*\r\n/m)
    await wire.ask('STARTTLS', /^220 .*\r\n/m)
    await wire.startTls(identification)
    await wire.ask('EHLO client', /^250 .*\r\n/m)
  },
  begin: async (wire, mechanism, initial) =>
    smtpRound(await wire.ask(`AUTH ${mechanism}${initialWord(initial)}`, LINE)),
  respond: async (wire, response) => smtpRound(await wire.ask(b64(response), LINE)),
  cancel: (wire) => wire.ask('*', LINE),
}

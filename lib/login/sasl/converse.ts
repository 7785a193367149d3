import type { LoginAnswer, SaslExchange, SaslStep } from '../login'

/** RFC 4648 4, without line breaks, padded */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** @returns undefined: that is no base64 */
export const fromBase64 = (text: string): Buffer | undefined =>
  BASE64.test(text) ? Buffer.from(text, 'base64') : undefined

/** RFC 4954 4, RFC 5034 4: `=` is an initial response of no octets. @returns undefined: that is no base64 */
export const initialResponse = (text: string): Buffer | undefined => fromBase64(text === '=' ? '' : text)

/** What the server says next. */
export type Turn = { readonly kind: 'challenge'; readonly base64: string } | Settled

/** How a conversation ends. */
export type Settled =
  | { readonly kind: 'answered'; readonly answer: LoginAnswer; readonly final?: Buffer }
  /** counts as a failed try, or a connection could ask for first answers of SCRAM without end */
  | { readonly kind: 'given-up'; readonly why: 'cancelled' | 'base64' }

/**
 * Where a protocol puts additional data with success: into one more challenge, which the client answers with nothing
 * (RFC 4954 4, RFC 5034 4, RFC 9051 6.2.2), or beside its word of success (RFC 5804 2.1).
 */
export type FinalData = 'challenge' | 'success'

/** A SASL exchange as text (RFC 4422 3): base64, `*`, and additional data with success. */
export interface Conversation {
  /** @param response undefined: the client sent no initial response */
  begin(response: Buffer | undefined): Promise<Turn>
  /** @param line the client's answer to a challenge */
  hear(line: string): Promise<Turn>
}

export function createConversation(exchange: SaslExchange, finalData: FinalData): Conversation {
  let granted: LoginAnswer | undefined

  function turnOf(step: SaslStep): Turn {
    if (step.kind === 'challenge') return { kind: 'challenge', base64: step.octets.toString('base64') }
    const { answer, final } = step
    if (answer.kind !== 'granted' || final === undefined) return { kind: 'answered', answer }
    if (finalData === 'success') return { kind: 'answered', answer, final }
    granted = answer
    return { kind: 'challenge', base64: final.toString('base64') }
  }

  return {
    begin: async (response) => turnOf(await exchange.step(response)),
    hear: async (line) => {
      if (line === '*') return { kind: 'given-up', why: 'cancelled' }
      if (granted) return { kind: 'answered', answer: granted }
      const response = fromBase64(line)
      return response ? turnOf(await exchange.step(response)) : { kind: 'given-up', why: 'base64' }
    },
  }
}

/** The wire of a protocol, while a client logs in. `Unread`: why there is no answer; it ends the conversation. */
export interface Wire<Unread> {
  readonly finalData: FinalData
  challenge(base64: string): void
  read(): Promise<string | Unread>
}

/** A whole conversation, for protocols that can wait for their client. */
export async function converse<Unread extends { readonly kind: string }>(
  exchange: SaslExchange,
  initial: Buffer | undefined,
  wire: Wire<Unread>,
): Promise<Settled | Unread> {
  const conversation = createConversation(exchange, wire.finalData)
  let turn = await conversation.begin(initial)
  while (turn.kind === 'challenge') {
    wire.challenge(turn.base64)
    const line = await wire.read()
    if (typeof line !== 'string') return line
    turn = await conversation.hear(line)
  }
  return turn
}

import type { LoginPeer } from '../../login/login'
import type { AccountMail } from '../../mailbox/mailbox'
import type { Account } from '../../mailbox/vocabulary'
import type { BodyKind } from '../kernel/body/kinds'
import { flag, type Of, object, type Schema } from '../kernel/schema'
import type { Principal } from '../who/principal'
import type { Scope } from '../who/sessions'

/** One request, its parts checked against the route's schemas. */
export interface Call<Query, Body> {
  readonly params: Readonly<Record<string, string>>
  readonly query: Query
  readonly body: Body
  /** octets that came beside it, by the names of their fields */
  readonly files: ReadonlyMap<string, Buffer>
  readonly peer: LoginPeer
  readonly userAgent: string
  /** of the page that asks, as its browser says; undefined: it says none */
  readonly origin: string | undefined
  /** the browser's, if any; `principal()` is the checked one */
  readonly secret: string | undefined
  /** Throws 401. */
  principal(): Principal
  /** Whose mail `mail()` is. Throws 404. */
  owner(): Promise<Account>
  /** The mail of the account, or of the one that an administrator has entered, with the shared lock held. Throws 423. */
  mail(): Promise<AccountMail>
}

export type Answer =
  | { readonly kind: 'json'; readonly value: unknown; readonly cookie?: string | null }
  | {
      readonly kind: 'octets'
      readonly octets: Buffer
      readonly headers: Readonly<Record<string, string>>
    }
  | {
      /** octets that are made while they are sent */
      readonly kind: 'stream'
      readonly pieces: AsyncIterable<Buffer>
      readonly headers: Readonly<Record<string, string>>
    }
  | {
      readonly kind: 'events'
      /** AccountId; the stream ends when the session is in another mailbox, or in none any more */
      readonly owner: string
      start(send: (event: string, data: unknown) => void): () => void
    }

export const json = (value: unknown): Answer => ({ kind: 'json', value })
export const DONE = json({ done: true })
export const done = object({ done: flag() })

/** A row of the API: what it needs, what it takes, what it gives. The OpenAPI document is made of these rows. */
export interface Route {
  readonly method: 'get' | 'post' | 'patch' | 'delete' | 'put'
  /** `/mailboxes/:mailbox` */
  readonly path: string
  /** `public`: anybody; `session`: a browser's session only */
  readonly scope: Scope | 'public' | 'session'
  /** fields of the body that do more than `scope` allows, and what they need */
  readonly also?: readonly { readonly field: string; readonly scope: Scope }[]
  readonly summary: string
  readonly query?: Schema<unknown>
  readonly body?: Schema<unknown>
  /** what the body may be; JSON, if nothing is said */
  readonly bodies?: readonly BodyKind[]
  readonly answer: Schema<unknown>
  /** of success; default 200 */
  readonly status?: 201
  /** media type of an answer that is no JSON */
  readonly produces?: string
  run(call: Call<unknown, unknown>): Promise<Answer>
}

interface Typed<Q extends Schema<unknown>, B extends Schema<unknown>> extends Omit<Route, 'query' | 'body' | 'run'> {
  readonly query?: Q
  readonly body?: B
  run(call: Call<Of<Q>, Of<B>>): Promise<Answer>
}

/** The schemas give the types of `call.query` and `call.body`. */
export const defineRoute = <Q extends Schema<unknown>, B extends Schema<unknown>>(route: Typed<Q, B>): Route => ({
  ...route,
  run: (call) => route.run(call as Call<Of<Q>, Of<B>>), // the server has read both with the route's own schemas
})

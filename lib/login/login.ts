/** The one door (docs/login.md): POP3, IMAP, SMTP AUTH, HTTP and LMTP ask here and nowhere else. */

export const LOGIN_PROTOCOLS = ['pop3', 'imap', 'smtp', 'http', 'sieve'] as const
export type LoginProtocol = (typeof LOGIN_PROTOCOLS)[number]

/** Where an attempt comes from; made once per connection. */
export interface LoginPeer {
  readonly protocol: LoginProtocol
  /** client's address as a trusted front-end told it, else the TCP peer's */
  readonly address: string
  /** the TCP peer, when a trusted front-end stands between */
  readonly proxy?: string
  readonly tls: boolean
  /** a name may say which mailbox it wants: `user+mailbox@domain` (POP3, when it is enabled) */
  readonly mailboxInName?: boolean
  /** one per connection: the same credential tried by several mechanisms on one connection counts once */
  readonly connection: string
  /** channel bindings for SCRAM -PLUS by type, `tls-exporter` and `tls-server-end-point` */
  readonly channelBindings?: Readonly<Record<string, Buffer>>
  /** mail addresses of whom a verified client certificate names, for EXTERNAL */
  readonly certificateNames?: readonly string[]
}

/** The account that came in. */
export interface Identity {
  /** AccountId of the store */
  readonly id: string
  /** full address */
  readonly name: string
  /** per-account overrides as text (`lock.mode`, `lock.wait`, `lock.takeover`) */
  readonly overrides: Readonly<Record<string, string>>
  readonly admin: boolean
  /** changes with every new password: what a login opened ends when it does */
  readonly epoch?: string
  /** the app password that opened, not the account's own */
  readonly appPassword?: string
  /** POP3 on another mailbox (`user+mailbox`), when that is enabled */
  readonly mailbox?: string
}

/** `invalid` is all that a client ever hears of wrong, unknown, barred, disabled and not allowed. */
export type LoginAnswer =
  | { readonly kind: 'granted'; readonly identity: Identity }
  | {
      readonly kind: 'invalid'
      /** the password is right and nobody is barred, but the code of the second factor was not given; only after `attempt` with `second` */
      readonly incomplete?: true
    }
  | { readonly kind: 'unavailable'; readonly why: string }

/** A SASL exchange (RFC 4422) over decoded octets; the protocol does base64, `*` and the initial response. */
export interface SaslExchange {
  /** @param response undefined: the client sent no initial response. Never rejects. */
  step(response: Buffer | undefined): Promise<SaslStep>
}
export type SaslStep =
  | { readonly kind: 'challenge'; readonly octets: Buffer }
  /** `final` is additional data with success (SCRAM's server signature), to be sent as a challenge first by protocols without it */
  | { readonly kind: 'done'; readonly answer: LoginAnswer; readonly final?: Buffer }

/**
 * What is asked of who knows the password. `text`: as it was typed, to tell wrong ones apart. `check` is asked of nobody
 * (undefined) when the password is wrong, for the same work.
 */
export interface SecondFactor {
  readonly text: string
  check(identity: Identity | undefined): Promise<'right' | 'wrong' | 'missing'>
}

/** Something else than a password that shows who somebody is, and that the protocol looks at itself. */
interface Claim {
  /** whose it says it is; a name that nobody has when it does not tell */
  readonly user: string
  /** for hooks and the log: `PASSKEY` */
  readonly mechanism: string
  /** tells wrong ones apart without keeping them */
  readonly distinct: string
  /** @param id AccountId of that name; undefined: nobody has it, which is as much work */
  check(id: string | undefined): Promise<boolean>
}

export interface Login {
  /** Checks a password, and with it a second factor: a wrong code is a wrong credential. Never rejects, never logs it. */
  attempt(peer: LoginPeer, user: string, password: string, second?: SecondFactor): Promise<LoginAnswer>
  /** The same without a password. Never rejects. */
  claim(peer: LoginPeer, claim: Claim): Promise<LoginAnswer>
  /**
   * The lockouts' say about a token that the protocol has looked up itself.
   * @param user whose it is; undefined: nobody's, which counts as a failure
   * @returns whether it opens now
   */
  admitsToken(peer: LoginPeer, token: string, user: string | undefined): Promise<boolean>
  /** Mechanisms that may be offered to this peer now, strongest first (nothing clear without TLS). */
  mechanisms(peer: LoginPeer): readonly string[]
  /** undefined: not offered to this peer */
  sasl(peer: LoginPeer, mechanism: string): SaslExchange | undefined
  /** Whether this peer may send a clear password: TLS, or its address is in `cleartext_from`. */
  allowsCleartext(peer: LoginPeer): boolean
  /** Whether a password is one that everybody knows, by the operator's list. Never rejects: what cannot be asked is not known. */
  knowsPassword(password: string): Promise<boolean>
  /** whether this TCP peer may tell another address (PROXY, XCLIENT, IMAP ID) */
  trustsProxy(address: string): boolean
  /** whether this TCP peer begins each connection with a PROXY header; `never` for who is not trusted */
  proxyHeader(address: string): 'always' | 'auto' | 'never'
  /** file in config/ with the authorities (PEM) whose client certificates are asked for; undefined: none are */
  readonly clientCa: string | undefined
  close(): Promise<void>
}

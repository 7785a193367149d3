/** This many failures within `window` bar for `bar` milliseconds. */
export interface Rule {
  readonly failures: number
  readonly window: number
  readonly bar: number
}

export interface LockoutPolicy {
  readonly enabled: boolean
  /** consecutive failures of one account from one network, the short and the long view */
  readonly account: readonly [Rule, Rule]
  /** failures from one address (IPv4 /32, IPv6 /128) over all accounts, unknown ones too */
  readonly address: readonly [Rule, Rule]
  /** limits of wider prefixes (IPv6 /64, then IPv4 /24 and IPv6 /48) as multiples of the address's */
  readonly siteFactor: number
  readonly prefixFactor: number
  /** limits are this much higher where somebody logged in within `knownFor` (an office behind one address) */
  readonly goodFactor: number
  /** failures of one account from at least `spreadNetworks` networks: only known networks may come in */
  readonly spread: Rule
  readonly spreadNetworks: number
  /** recipients named by one network that nobody has */
  readonly recipients: Rule
  /** how long a network stays known to an account after a success, in milliseconds */
  readonly knownFor: number
}

/** Everything that a client must not tell apart. */
export interface Refusal {
  /** without a domain; all are of one length */
  readonly user: string
  /** whether the password (token, certificate) would open if nothing stood against it */
  readonly right: boolean
  /** failures before, of this name and of others from the same address */
  readonly own: number
  readonly others: number
  /** of the second factor (HTTP) */
  readonly code?: string
}

const BARRED = { own: 4, others: 0 } as const
const FREE = { own: 2, others: 0 } as const

export const REFUSALS: Readonly<Record<string, Refusal>> = {
  wrong: { user: 'alice', right: false, ...FREE },
  unknown: { user: 'nobod', right: false, ...FREE },
  'unknown, right for others': { user: 'nobod', right: true, ...FREE },
  'barred account, wrong': { user: 'alice', right: false, ...BARRED },
  'barred account, right': { user: 'alice', right: true, ...BARRED },
  'barred name of nobody': { user: 'nobod', right: false, ...BARRED },
  'barred address': { user: 'alice', right: true, own: 2, others: 8 },
  disabled: { user: 'caro1', right: true, ...FREE },
  'protocol taken away': { user: 'dave1', right: true, ...FREE },
  'cheap scheme': { user: 'cheap', right: false, ...FREE },
}

/** Of HTTP only: what is said about a code that is missing is the login form's next question, unless somebody is barred. */
export const SECOND_FACTOR: Readonly<Record<string, Refusal>> = {
  'wrong code': { user: 'gina1', right: true, code: '000000', ...FREE },
  'no code at all': { user: 'gina1', right: true, code: 'é23456', ...FREE },
  'second factor missing, barred': { user: 'gina1', right: true, ...BARRED },
  'wrong password and code': { user: 'gina1', right: false, code: '000000', ...FREE },
}

export const RIGHT = 'wonder land'
export const WRONG = 'an old one.'
export const address = ({ user }: Refusal): string => `${user}@example.org`

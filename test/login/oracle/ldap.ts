import { personOf, ROOT, slapdOrSkip } from '../directories/slapd'
import { WAYS, type Way } from './ask'
import { REFUSALS, type Refusal, RIGHT } from './classes'
import { type Oracle, startOracle, USERS } from './server'

/** Whom one of both does not know: the directory has the password, the store the account. */
const HALVES: Readonly<Record<string, Refusal>> = {
  'in LDAP, without an account': { user: 'ldap1', right: true, own: 2, others: 0 },
  'an account, not in LDAP': { user: 'erin1', right: true, own: 2, others: 0 },
}

/** Ways to log in where an LDAP server checks the password (docs/login.md). */
export const LDAP_WAYS: readonly Way[] = WAYS.filter(({ name }) => ['IMAP PLAIN', 'POP3 password'].includes(name)).map(
  (way) => ({ ...way, name: `${way.name}, LDAP`, refusals: { ...REFUSALS, ...HALVES } }),
)

/** undefined: there is no slapd on this machine. */
export async function startLdapOracle(): Promise<Oracle | undefined> {
  const inLdap = [...USERS.filter((user) => user !== 'nobod' && user !== 'erin1'), 'ldap1']
  const slapd = await slapdOrSkip(inLdap.map((user) => personOf(user, RIGHT)).join(''))
  if (!slapd) return undefined
  const ldap = {
    'main.directories': 'ldap',
    'ldap.url': `ldap://127.0.0.1:${slapd.port}`,
    'ldap.base': 'dc=example,dc=org',
    'ldap.bind_dn': ROOT.dn,
    'ldap.bind_password': ROOT.password,
  }
  try {
    const oracle = await startOracle(Object.entries(ldap).map(([key, value]) => `mailbox_login.ini:${key}=${value}`))
    return {
      ...oracle,
      stop: async () => {
        await oracle.stop()
        await slapd.stop()
      },
    }
  } catch (error) {
    await slapd.stop()
    throw error
  }
}
